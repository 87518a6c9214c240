//! The application behind the proxy: what a request's `x-do` asks for, step by step, over raw HTTP/1. TCP bytes come back.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Serves until it is dropped with the runtime.
pub async fn start(at: SocketAddr, is_http: bool) -> Result<JoinHandle<()>> {
    let listener = TcpListener::bind(at).await?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // A connection that breaks is what the scripts ask for.
                let _ = if is_http { serve(stream).await } else { echo(stream).await };
            });
        }
    }))
}

async fn echo(mut stream: TcpStream) -> Result<()> {
    let mut bytes = [0; 1024];
    loop {
        match stream.read(&mut bytes).await? {
            0 => return Ok(()),
            _ if bytes.starts_with(b"reset") => return reset(stream),
            count => stream.write_all(&bytes[..count]).await?,
        }
    }
}

async fn serve(stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut steps = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("x-do:") {
                value.trim().clone_into(&mut steps);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        for step in steps.split(", ") {
            if !take(&mut stream, step).await? {
                return if steps.ends_with("reset") { reset(stream.into_inner()) } else { Ok(()) };
            }
        }
    }
}

/// One step; false when the connection ends with it.
async fn take(stream: &mut BufReader<TcpStream>, step: &str) -> Result<bool> {
    let (word, code) = step.split_once(' ').unwrap_or((step, "200"));
    let text = match word {
        "interim" => format!("HTTP/1.1 {code} X\r\nlink: x\r\n\r\n"),
        "part" => format!("HTTP/1.1 {code} X\r\ncontent-length: 12\r\n\r\nok"),
        "moved" => "HTTP/1.1 302 X\r\nlocation: http://a/\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "garbage" => "this is no HTTP\r\n\r\n".to_owned(),
        "answer" => format!("HTTP/1.1 {code} X\r\ncontent-length: 2\r\n\r\nok"),
        "silence" => {
            // Nothing more, until the other side has had enough.
            while !stream.fill_buf().await?.is_empty() {
                let length = stream.buffer().len();
                stream.consume(length);
            }
            return Ok(false);
        }
        _ => return Ok(false),
    };
    stream.get_mut().write_all(text.as_bytes()).await?;
    Ok(true)
}

fn reset(stream: TcpStream) -> Result<()> {
    stream.set_zero_linger()?;
    Ok(())
}
