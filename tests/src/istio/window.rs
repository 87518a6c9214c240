//! A window into another network: a loopback address of ours whose connections are opened inside it. Copies bytes, reads none.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Connections that wait for their other half.
const WAITING: usize = 64;

type Opened = oneshot::Sender<io::Result<std::net::TcpStream>>;

#[derive(Debug)]
pub struct Window {
    address: SocketAddr,
    acceptor: JoinHandle<()>,
}

impl Window {
    /// A window into the network of process `inside`, to the address `to` there.
    pub async fn open(inside: i32, to: SocketAddr) -> Result<Self> {
        let path = format!("/proc/{inside}/ns/net");
        let network = File::open(&path).with_context(|| format!("opening {path}"))?;
        let (ask, mut asked) = mpsc::channel::<Opened>(WAITING);
        // A socket belongs to the network in which it was made; only a thread can change its network.
        std::thread::Builder::new().name("window".to_owned()).spawn(move || {
            let entered = setns(&network, CloneFlags::CLONE_NEWNET);
            while let Some(answer) = asked.blocking_recv() {
                let stream = entered.map_err(io::Error::from).and_then(|()| std::net::TcpStream::connect(to));
                let _ = answer.send(stream);
            }
        })?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, acceptor: tokio::spawn(accept(listener, ask)) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(listener: TcpListener, ask: mpsc::Sender<Opened>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((outside, _)) = listener.accept().await {
        let ask = ask.clone();
        connections.spawn(async move { drop(join(outside, &ask).await) });
        while connections.try_join_next().is_some() {}
    }
}

/// One connection's life; when nothing listens inside, the one outside is closed.
async fn join(mut outside: TcpStream, ask: &mpsc::Sender<Opened>) -> Result<()> {
    let (answer, answered) = oneshot::channel();
    ask.send(answer).await?;
    let inside = answered.await??;
    inside.set_nonblocking(true)?;
    let mut inside = TcpStream::from_std(inside)?;
    inside.set_nodelay(true)?;
    outside.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut outside, &mut inside).await?;
    Ok(())
}
