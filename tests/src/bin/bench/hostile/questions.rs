//! Questions that nobody waits for.

use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::account::{Account, Metrics};
use crate::report::Row;

const CONNECTIONS: usize = 30;
const OF_A_CONNECTION: usize = 10;
/// Questions that are worked on at the same time.
const AT_ONCE: f64 = 4.0;
/// Threads for what blocks, and beside the runtime's those for writing, looking, and the process' own.
const THREADS: usize = 16 + 4;

/// Asks over HTTP/2 and drops what it asked. One question alone takes `of_one` MB.
pub async fn dropped(collector: &Collector, account: Account, of_one: f64) -> Result<Vec<Row>> {
    account.forget_peak()?;
    let before = account.memory()?;
    for _ in 0..CONNECTIONS {
        ask_and_leave(collector).await?;
    }
    let workers = std::thread::available_parallelism()?.get();
    let threads = account.threads()?;
    eventually("nobody works for askers who left", Duration::from_secs(60), async || {
        match Metrics::of(collector).await.and_then(|metrics| metrics.value("questions")) {
            Ok(0.0) => Seen::Done(()),
            Ok(left) => Seen::Waiting(format!("{left} questions")),
            Err(error) => Seen::Never(error.to_string()),
        }
    })
    .await?;
    let grown = account.peak_memory()? - before;
    Ok(vec![
        Row::new("hostile: threads after 300 questions that were dropped", threads, "1")
            .goal((workers + THREADS) as f64)
            .note("once 254"),
        Row::new("hostile: memory of 300 questions that were dropped, at its peak", grown, "MB")
            .goal((AT_ONCE * of_one).max(50.0))
            .note(format!("at most that of {AT_ONCE} questions; once 3.2 GB")),
    ])
}

/// A few at a time: a connection that resets a hundred at once is closed.
async fn ask_and_leave(collector: &Collector) -> Result<()> {
    let stream = TcpStream::connect(collector.address()).await?;
    let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    let running = tokio::spawn(connection);
    let url = format!("{}/api/v1/map?since=30m", collector.url());
    let mut asked = Vec::new();
    for _ in 0..OF_A_CONNECTION {
        let mut client = client.clone();
        client.ready().await?;
        let question = hyper::Request::get(&url).body(Empty::<Bytes>::new())?;
        asked.push(tokio::spawn(async move { client.send_request(question).await.map(drop) }));
    }
    // It is worked on once it is counted.
    eventually("questions are worked on", Duration::from_secs(60), async || {
        match Metrics::of(collector).await.and_then(|metrics| metrics.value("questions")) {
            Ok(0.0) => Seen::Waiting("none".to_owned()),
            Ok(_) => Seen::Done(()),
            Err(error) => Seen::Never(error.to_string()),
        }
    })
    .await?;
    asked.iter().for_each(tokio::task::JoinHandle::abort);
    for one in asked {
        drop(one.await);
    }
    drop(client);
    running.abort();
    drop(running.await);
    Ok(())
}
