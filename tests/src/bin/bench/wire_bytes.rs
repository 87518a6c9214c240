//! Bytes of telemetry per 1,000 exchanges: our filter and the native gRPC access log beside each other on the same listeners, so that
//! both tell of the same exchanges.

use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;

use crate::batches::Reader;
use crate::configurations::{Configuration, Observer};
use crate::lines::{Limits, Lines, Same};
use crate::pair::{HOST, Pair};
use crate::report::Row;
use crate::surroundings::{Bench, Servers};

/// Exchanges per second on the only edge.
const RATE: f64 = 1_000.0;
const NAME: &str = "both";

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let servers = Servers::start(bench, "wire").await?;
    let configuration = Configuration { name: NAME, observer: Observer::GrpcAccessLogAndFilter };
    let pair = Pair::start(&[configuration], servers.around(), &servers.folder, &servers.block).await?;
    let request = format!("GET /users/42 HTTP/1.1\r\nhost: {HOST}\r\nuser-agent: bench/1\r\naccept: */*\r\n\r\n");
    let mut lines = Lines::open(pair.ways[0], std::iter::repeat_n(Same(Bytes::from(request)), 4)).await?;
    let period = Duration::from_secs(if bench.quick { 2 } else { 21 });
    let done = lines.run(Limits::rate(RATE, period)).await?;
    // The native log is flushed each second, ours each five: when ours is complete, so is the other.
    let mut reader = Reader::default();
    let both = |reader: &Reader| reader.proxies_that_counted(NAME, done.exchanges) == 2;
    reader.wait(&servers.sink, "both proxies' batches", Duration::from_secs(20), both).await?;
    let received = servers.sink.received();
    for one in &received {
        if std::env::var_os("SHOW").is_some() {
            let batch = hogusu_wire::walk(&one.body).unwrap();
            eprintln!(
                "{:?} {} sender {} seq {} cum {} points {} resource {} span {}",
                one.at,
                one.body.len(),
                &batch.sender.to_string()[..6],
                batch.header.sequence,
                batch.header.cumulative,
                batch.points.len(),
                batch.resource.len(),
                (batch.header.end - batch.header.start) as f64 / 1e9
            );
            if batch.points.len() > 0 {
                eprintln!("{} attr, {:?}", batch.points[0].attributes.len(), batch.header);
                std::fs::write("/tmp/body.bin", &one.body).unwrap();
            }
        }
    }
    let ours = received.iter().map(|one| one.body.len()).sum::<usize>() as f64;
    let native = servers.receiver.bytes() as f64;
    ensure!(native > 0.0, "the native gRPC access log did not arrive");
    pair.stop().await?;
    let thousands = done.exchanges as f64 / 1e3;
    let note = format!("{} exchanges, outbound and inbound together, {} batches", done.exchanges, received.len());
    Ok(vec![
        Row::new("bytes per 1,000 exchanges at 1,000/s: native gRPC access log", native / thousands, "B")
            .note(note.clone()),
        Row::new("bytes per 1,000 exchanges at 1,000/s: access logger", ours / thousands, "B").note(note),
        Row::new("bytes: access logger / native gRPC access log", ours / native, "x").goal(1e-3),
    ])
}
