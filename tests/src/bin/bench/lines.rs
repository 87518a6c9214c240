//! HTTP/1.1 client connections that stay open between windows of load and cost as little as they can.
//!
//! They read of an answer only its status and length; the harness's own load is exact about endings, and too slow here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, interval_at};

/// What one line sends.
pub trait Source: Send + 'static {
    /// The request of this turn, whole.
    fn request(&mut self, turn: u64) -> Bytes;

    /// Whether a request that got this status (not 200) is to be sent again.
    fn again(&mut self, _status: u16) -> bool {
        false
    }
}

/// The same request each time.
#[derive(Clone, Debug)]
pub struct Same(pub Bytes);

impl Source for Same {
    fn request(&mut self, _turn: u64) -> Bytes {
        self.0.clone()
    }
}

/// When to stop, and how fast to go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub period: Duration,
    pub count: u64,
    pub per_second: Option<f64>,
}

impl Limits {
    pub fn period(period: Duration) -> Self {
        Self { period, count: u64::MAX, per_second: None }
    }

    /// At an even rate, as long as `period` at that rate lasts.
    pub fn rate(per_second: f64, period: Duration) -> Self {
        let count = (per_second * period.as_secs_f64()) as u64;
        Self { period: period * 3, count, per_second: Some(per_second) }
    }

    /// As fast as answers come.
    pub fn count(count: u64) -> Self {
        Self { period: Duration::from_secs(120), count, per_second: None }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    pub exchanges: u64,
    pub sent_again: u64,
}

#[derive(Debug)]
pub struct Lines<S> {
    open: Vec<(Line, S)>,
}

/// One connection.
#[derive(Debug)]
pub struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

impl<S: Source> Lines<S> {
    /// One connection to `to` for each source.
    pub async fn open(to: SocketAddr, sources: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut open = Vec::new();
        for source in sources {
            open.push((Line::open(to).await?, source));
        }
        Ok(Self { open })
    }

    /// Sends within the limits; when it returns, nothing is under way.
    pub async fn run(&mut self, limits: Limits) -> Result<Done> {
        let next = Arc::new(AtomicU64::new(0));
        let begin = Instant::now();
        let lines = self.open.len();
        let mut running = JoinSet::new();
        for (number, (line, source)) in self.open.drain(..).enumerate() {
            let pace = limits.per_second.map(|rate| {
                let first = begin + Duration::from_secs_f64(number as f64 / rate);
                interval_at(first, Duration::from_secs_f64(lines as f64 / rate))
            });
            running.spawn(work(line, source, Work { limits, begin, pace, next: Arc::clone(&next) }));
        }
        let mut sum = Done::default();
        while let Some(ended) = running.join_next().await {
            let (line, source, done) = ended.context("a line of load panicked")??;
            sum.exchanges += done.exchanges;
            sum.sent_again += done.sent_again;
            self.open.push((line, source));
        }
        Ok(sum)
    }
}

/// One line's part of a window.
#[derive(Debug)]
struct Work {
    limits: Limits,
    begin: Instant,
    /// Lines of a rate take turns; one that is late catches up.
    pace: Option<Interval>,
    next: Arc<AtomicU64>,
}

async fn work<S: Source>(mut line: Line, mut source: S, mut work: Work) -> Result<(Line, S, Done)> {
    let mut done = Done::default();
    loop {
        if let Some(pace) = &mut work.pace {
            pace.tick().await;
        }
        let turn = work.next.fetch_add(1, Ordering::Relaxed);
        if turn >= work.limits.count || work.begin.elapsed() >= work.limits.period {
            return Ok((line, source, done));
        }
        let request = source.request(turn);
        loop {
            match line.exchange(&request).await? {
                200 => break,
                status if source.again(status) => done.sent_again += 1,
                status => bail!("{} answered {status}", line.stream.peer_addr()?),
            }
        }
        done.exchanges += 1;
    }
}

impl Line {
    pub async fn open(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).await.with_context(|| format!("connecting to {to}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    /// Sends a request and returns the status of its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.read.clear();
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("{} closed the connection", self.stream.peer_addr()?);
            }
            let Some(head) = self.read.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let length = content_length(&self.read[..head + 2])?;
            if self.read.len() >= head + 4 + length {
                let status = std::str::from_utf8(self.read.get(9..12).context("no status")?)?;
                return Ok(status.parse()?);
            }
        }
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    for line in head.split(|byte| *byte == b'\n') {
        let name = b"content-length:";
        if line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name) {
            return Ok(std::str::from_utf8(&line[name.len()..])?.trim().parse()?);
        }
    }
    bail!("an answer without content-length: {}", String::from_utf8_lossy(head))
}
