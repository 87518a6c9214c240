//! An application that answers after as many microseconds as the path says.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Debug)]
pub struct SlowApplication {
    address: SocketAddr,
    acceptor: JoinHandle<()>,
}

impl SlowApplication {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let acceptor = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(answer(stream));
            }
        });
        Ok(Self { address, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for SlowApplication {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn answer(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::with_capacity(4096);
    loop {
        while !read.windows(4).any(|window| window == b"\r\n\r\n") {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        let line = read.split(|byte| *byte == b' ').nth(1).context("no path")?;
        let micros = std::str::from_utf8(line)?.trim_start_matches('/').parse()?;
        read.clear();
        tokio::time::sleep(Duration::from_micros(micros)).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
    }
}
