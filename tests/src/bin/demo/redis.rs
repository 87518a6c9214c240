//! A real Redis behind a sidecar, and a client that counts its own connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::mesh::MeshBuilder;
use hogusu_tests::process::Process;
use hogusu_tests::workdir::Workdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Redis {
    address: SocketAddr,
    _process: Process,
}

impl Redis {
    /// Starts `redis-server`, in memory only, on an address of the mesh's own.
    pub async fn start(builder: &MeshBuilder, workdir: &Workdir) -> Result<Self> {
        let (host, port) = builder.free_address(6379)?;
        let address = SocketAddr::from((host, port));
        let folder = workdir.folder("redis")?;
        let mut command = Command::new("redis-server");
        command.args([
            "--protected-mode",
            "no",
            "--bind",
            &host.to_string(),
            "--port",
            &port.to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.current_dir(&folder);
        let process =
            Process::spawn("redis", command, &folder).context("redis-server comes with Debian's redis-server")?;
        eventually("Redis answers", Duration::from_secs(10), async || match ping(address).await {
            Ok(()) => Seen::Done(()),
            Err(error) => Seen::Waiting(format!("{error:#}")),
        })
        .await?;
        Ok(Self { address, _process: process })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// One connection: PING, PONG, closed.
pub async fn ping(address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::from_bits(to_bits(address)?), address.port())).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await?;
    ensure!(&answer == b"+PONG\r\n", "Redis said {:?}", String::from_utf8_lossy(&answer));
    Ok(())
}

fn to_bits(address: SocketAddr) -> Result<u32> {
    match address {
        SocketAddr::V4(v4) => Ok(v4.ip().to_bits()),
        SocketAddr::V6(_) => anyhow::bail!("the mesh is on 127.0.0.0/8"),
    }
}
