//! What clients do, in bytes: they ask, wait for what should come, and leave or break off as they are told.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub enum Ask {
    /// A request that asks the application for this; its connection ends with the answer.
    Get(&'static str),
    /// The same, of gRPC.
    Grpc(&'static str),
    /// Leaves when the first line of an answer is there.
    Leave(&'static str),
    /// These bytes, and then whatever comes until the connection ends.
    Raw(String),
    /// The same; what follows is sent when the first line of an answer is there.
    Then(&'static str, &'static str),
    /// A request over HTTP/2, and these bytes when its answer's headers are there.
    Http2(&'static str, &'static [u8]),
    /// Bytes over TCP that come back, then an orderly end.
    Echo,
    /// A reset after the echo.
    EchoReset,
    /// Bytes over TCP, and whatever comes until the connection ends.
    Say(&'static str),
    /// An echo, and while it is open another connection.
    Beside,
}

impl Ask {
    pub async fn run(&self, at: SocketAddr) -> Result<()> {
        let asked = tokio::time::timeout(LIMIT, self.really(at)).await.with_context(|| format!("{self:?} hangs"))?;
        // How the proxy ends a connection is what is tried: a reset is as good an end as any.
        asked.or_else(|error| if error.is::<std::io::Error>() { Ok(()) } else { Err(error) })
    }

    async fn really(&self, at: SocketAddr) -> Result<()> {
        let mut stream = TcpStream::connect(at).await?;
        match self {
            Self::Get(what) => all(&mut stream, &request(what, "")).await,
            Self::Grpc(what) => all(&mut stream, &request(what, "content-type: application/grpc\r\n")).await,
            Self::Raw(bytes) => all(&mut stream, bytes).await,
            Self::Say(bytes) => all(&mut stream, bytes).await,
            Self::Leave(what) => {
                stream.write_all(request(what, "").as_bytes()).await?;
                some(&mut stream).await
            }
            Self::Then(first, then) => {
                stream.write_all(first.as_bytes()).await?;
                some(&mut stream).await?;
                all(&mut stream, then).await
            }
            Self::Http2(what, then) => http2(&mut stream, what, then).await,
            Self::Echo | Self::EchoReset | Self::Beside => {
                stream.write_all(b"hello").await?;
                some(&mut stream).await?;
                if matches!(self, Self::EchoReset) {
                    stream.set_zero_linger()?;
                    return Ok(());
                }
                if matches!(self, Self::Beside) {
                    let mut other = TcpStream::connect(at).await?;
                    let _ = rest(&mut other).await;
                }
                stream.shutdown().await?;
                rest(&mut stream).await
            }
        }
    }
}

fn request(what: &str, more: &str) -> String {
    format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-do: {what}\r\n{more}\r\n")
}

async fn all(stream: &mut TcpStream, bytes: &str) -> Result<()> {
    stream.write_all(bytes.as_bytes()).await?;
    rest(stream).await
}

async fn some(stream: &mut TcpStream) -> Result<()> {
    let mut bytes = [0; 16];
    let count = stream.read(&mut bytes).await?;
    ensure!(count > 0, "it ended before anything came");
    Ok(())
}

async fn rest(stream: &mut TcpStream) -> Result<()> {
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// One stream, by its frames: settings, a request of indexed and literal fields, and what follows the answer's headers.
async fn http2(stream: &mut TcpStream, what: &str, then: &[u8]) -> Result<()> {
    let mut fields = vec![0x82, 0x84, 0x86, 0x41, 1, b'a', 0, 4];
    fields.extend_from_slice(b"x-do");
    fields.push(u8::try_from(what.len())?);
    fields.extend_from_slice(what.as_bytes());
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
    let length = u8::try_from(fields.len())?;
    stream.write_all(&[0, 0, length, 1, 5, 0, 0, 0, 1]).await?;
    stream.write_all(&fields).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        stream.read_exact(&mut vec![0; length]).await?;
        if head[3] == 1 {
            stream.write_all(then).await?;
            stream.shutdown().await?;
            return rest(stream).await;
        }
    }
}
