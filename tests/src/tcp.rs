//! Plain TCP: a scripted backend and a bounded load of connections, each with an exact account. A connection's first line is its script.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::client::connect;

const PATIENCE: Duration = Duration::from_secs(60);

/// What a connection asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TcpScript {
    /// Bytes come back; the client closes.
    Echo,
    /// The backend closes at once, in order.
    Close,
    /// The backend resets the connection.
    Reset,
    /// The backend says nothing; the client closes after the backend has the connection.
    Silent,
}

impl TcpScript {
    /// The first line of a connection, without its end.
    pub fn word(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Close => "close",
            Self::Reset => "reset",
            Self::Silent => "silent",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Echo, Self::Close, Self::Reset, Self::Silent].into_iter().find(|script| script.word() == word.trim())
    }
}

/// How a connection ended for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TcpEnd {
    /// All bytes came back and we closed.
    Echoed,
    /// The other side closed before anything came back.
    Closed,
    Reset,
    /// We closed without an answer, as scripted.
    Left,
    NotConnected,
}

pub type TcpAccount = BTreeMap<(TcpScript, TcpEnd), u64>;

#[derive(Debug)]
pub struct TcpBackend {
    address: SocketAddr,
    accepted: Arc<Mutex<BTreeMap<Option<TcpScript>, u64>>>,
    acceptor: JoinHandle<()>,
}

impl TcpBackend {
    pub async fn start(at: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let address = listener.local_addr()?;
        let accepted = Arc::new(Mutex::new(BTreeMap::new()));
        let account = Arc::clone(&accepted);
        let acceptor = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&account)));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, accepted, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections by script; `None`: closed before a script came.
    pub fn account(&self) -> BTreeMap<Option<TcpScript>, u64> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for TcpBackend {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn serve(stream: TcpStream, account: Arc<Mutex<BTreeMap<Option<TcpScript>, u64>>>) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let script = match stream.read_line(&mut line).await {
        Ok(count) if count > 0 => TcpScript::parse(&line),
        _ => None,
    };
    *account.lock().unwrap_or_else(PoisonError::into_inner).entry(script).or_default() += 1;
    match script {
        Some(TcpScript::Echo) => {
            let _ = echo(&mut stream, &line).await;
        }
        Some(TcpScript::Reset) => {
            let _ = stream.get_ref().set_zero_linger();
        }
        Some(TcpScript::Silent) => {
            // One byte tells the client that the connection reached us; then only its end is awaited.
            let _ = stream.get_mut().write_all(b".").await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
        Some(TcpScript::Close) | None => {}
    }
}

async fn echo(stream: &mut BufReader<TcpStream>, line: &str) -> Result<()> {
    stream.get_mut().write_all(line.as_bytes()).await?;
    let mut bytes = [0; 16 * 1024];
    loop {
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        stream.get_mut().write_all(&bytes[..count]).await?;
    }
}

/// So many connections with this script, `bytes` payload each, at most `together` at a time.
#[derive(Clone, Debug)]
pub struct TcpLoad {
    to: SocketAddr,
    from: Option<IpAddr>,
    together: usize,
    shares: Vec<(TcpScript, usize, usize)>,
}

impl TcpLoad {
    pub fn new(to: SocketAddr) -> Self {
        Self { to, from: None, together: 4, shares: Vec::new() }
    }

    pub fn from(mut self, from: IpAddr) -> Self {
        self.from = Some(from);
        self
    }

    pub fn together(mut self, connections: usize) -> Self {
        self.together = connections.max(1);
        self
    }

    pub fn connections(mut self, count: usize, script: TcpScript, bytes: usize) -> Self {
        self.shares.push((script, count, bytes));
        self
    }

    pub async fn run(&self) -> TcpAccount {
        let mut account = TcpAccount::new();
        let mut running = tokio::task::JoinSet::new();
        for (script, count, bytes) in self.shares.clone() {
            for _ in 0..count {
                if running.len() >= self.together {
                    note(&mut account, running.join_next().await);
                }
                running.spawn(one(self.to, self.from, script, bytes));
            }
        }
        while !running.is_empty() {
            note(&mut account, running.join_next().await);
        }
        account
    }
}

fn note(account: &mut TcpAccount, ended: Option<Result<(TcpScript, TcpEnd), tokio::task::JoinError>>) {
    let key = ended.expect("a connection is running").expect("a connection's task does not panic");
    *account.entry(key).or_default() += 1;
}

async fn one(to: SocketAddr, from: Option<IpAddr>, script: TcpScript, bytes: usize) -> (TcpScript, TcpEnd) {
    let Ok(stream) = connect(to, from).await else { return (script, TcpEnd::NotConnected) };
    let end = tokio::time::timeout(PATIENCE, converse(stream, script, bytes)).await;
    (script, end.unwrap_or(TcpEnd::Left))
}

async fn converse(mut stream: TcpStream, script: TcpScript, bytes: usize) -> TcpEnd {
    let mut payload = format!("{}\n", script.word()).into_bytes();
    payload.resize(payload.len() + bytes, b'x');
    if stream.write_all(&payload).await.is_err() {
        return TcpEnd::Reset;
    }
    let wanted = if script == TcpScript::Silent { 1 } else { payload.len() };
    let mut back = vec![0; wanted];
    match stream.read_exact(&mut back).await {
        Ok(_) if script == TcpScript::Silent => TcpEnd::Left,
        Ok(_) => TcpEnd::Echoed,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => TcpEnd::Closed,
        Err(_) => TcpEnd::Reset,
    }
}
