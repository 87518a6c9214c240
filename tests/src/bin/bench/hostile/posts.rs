//! Many requests over a few connections, each with a body of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use crate::lines::Line;

const LINES: usize = 64;

/// What is sent to be told to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    Again,
    Enough,
}

/// Posts the bodies of these numbers; returns how many got each status.
pub async fn post(
    to: SocketAddr,
    numbers: std::ops::Range<u64>,
    busy: Busy,
    body: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<BTreeMap<u16, u64>> {
    let (next, body) = (Arc::new(AtomicU64::new(numbers.start)), Arc::new(body));
    let mut running = JoinSet::new();
    for _ in 0..LINES {
        let (next, body, mut line) = (Arc::clone(&next), Arc::clone(&body), Line::open(to).await?);
        let end = numbers.end;
        running.spawn(async move {
            let mut statuses = BTreeMap::<u16, u64>::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return anyhow::Ok(statuses);
                }
                let request = request("", &body(number));
                let mut status = line.exchange(&request).await?;
                while status == 503 && busy == Busy::Again {
                    status = line.exchange(&request).await?;
                }
                *statuses.entry(status).or_default() += 1;
            }
        });
    }
    let mut sum = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        for (status, count) in ended.context("a connection panicked")?? {
            *sum.entry(status).or_default() += count;
        }
    }
    Ok(sum)
}

/// A batch as a filter sends it, with more `headers`.
pub fn request(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/metrics HTTP/1.1\r\nhost: collector\r\ncontent-type: application/x-protobuf\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
