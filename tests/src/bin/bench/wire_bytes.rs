//! Bytes of telemetry per 1,000 exchanges: our filter and the native gRPC access log beside each other on the same listeners, so that
//! both tell of the same exchanges.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hogusu_tests::otlp_sink::Received;
use hogusu_wire::walk;

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
    // Long enough for four flush intervals of five seconds, whenever it begins; one will do for a smoke test.
    let period = Duration::from_secs(if bench.quick { 11 } else { 26 });
    let begin = now();
    let done = lines.run(Limits::rate(RATE, period)).await?;
    let end = now();
    // The native log is flushed each second, ours each five: when ours is complete, so is the other.
    let mut reader = Reader::default();
    let both = |reader: &Reader| reader.proxies_that_counted(NAME, done.exchanges) == 2;
    reader.wait(&servers.sink, "both proxies' batches", Duration::from_secs(20), both).await?;
    let whole = Sum::of(&servers.sink.received(), begin, end)?;
    let native = servers.receiver.bytes() as f64 / (done.exchanges as f64 / 1e3);
    ensure!(native > 0.0, "the native gRPC access log did not arrive");
    pair.stop().await?;
    // Each exchange is counted by both proxies.
    let ours = whole.bytes as f64 / (whole.exchanges as f64 / 2.0 / 1e3);
    let note = "outbound and inbound together, one edge, one worker each";
    let batches =
        format!("{} batches ({} presence only) of whole flush intervals", whole.batches, whole.without_points);
    Ok(vec![
        Row::new("bytes per 1,000 exchanges at 1,000/s: native gRPC access log", native, "B").note(note),
        Row::new("bytes per 1,000 exchanges at 1,000/s: access logger", ours, "B").note(batches),
        Row::new("bytes: access logger / native gRPC access log", ours / native, "x").goal(1e-3),
    ])
}

/// Batches of flush intervals that lie whole within the load.
#[derive(Debug, Default)]
struct Sum {
    bytes: usize,
    exchanges: u64,
    batches: usize,
    without_points: usize,
}

impl Sum {
    fn of(received: &[Received], begin: u64, end: u64) -> Result<Self> {
        let mut sum = Self::default();
        for one in received {
            let batch = walk(&one.body).context("a batch")?;
            if batch.header.start < begin || batch.header.end > end {
                continue;
            }
            sum.bytes += one.body.len();
            sum.batches += 1;
            sum.without_points += usize::from(batch.points.is_empty());
            for point in batch.points {
                if let hogusu_wire::Value::Duration(histogram, _) = point.value {
                    sum.exchanges += histogram.count();
                }
            }
        }
        ensure!(sum.exchanges > 0, "no whole flush interval within the load");
        Ok(sum)
    }
}

#[expect(clippy::disallowed_methods, reason = "batches carry wall time: the bench compares it with its own")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_nanos()).expect("this side of 2554")
}
