//! CPU of a sidecar per exchange under each configuration, all of them in every round, in an order that rotates.
//!
//! Figures of one window carry the machine's noise; what counts is the median over rounds of the difference to `no filter` in the same
//! round, and the ratio to what the native gRPC access log adds.

use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;

use crate::batches::Reader;
use crate::configurations::{self, Configuration, Direction, FILTER, LOGGER, NATIVE, NOTHING, Observer};
use crate::cpu;
use crate::lines::{Limits, Lines, Same};
use crate::numbers::Spread;
use crate::pair::{HOST, Pair};
use crate::report::Row;
use crate::surroundings::{Bench, Servers};

/// Connections of the load; more than the proxies can serve at once, so that they are never idle.
const CONNECTIONS: usize = 16;
/// Compiled code gets better while it runs hot; nothing is measured before.
const WARM_UP: Duration = Duration::from_millis(1500);

/// Microseconds of CPU per exchange in one window, at both proxies.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    outbound: f64,
    inbound: f64,
}

impl Window {
    fn of(&self, direction: Direction) -> f64 {
        match direction {
            Direction::Outbound => self.outbound,
            Direction::Inbound => self.inbound,
        }
    }
}

/// Rounds of windows, one for each configuration.
#[derive(Debug)]
struct Measured {
    configurations: Vec<Configuration>,
    rounds: Vec<Vec<Window>>,
}

pub async fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let servers = Servers::start(bench, "cost").await?;
    let configurations = configurations::all();
    let pair = Pair::start(&configurations, servers.around(), &servers.folder, &servers.block).await?;
    let mut run = Run::open(&pair, configurations.len()).await?;
    for number in 0..configurations.len() {
        run.window(number, if bench.quick { WARM_UP / 5 } else { WARM_UP }).await?;
    }
    let (count, length) = if bench.quick { (3, Duration::from_millis(200)) } else { (21, Duration::from_millis(900)) };
    let mut rounds = Vec::new();
    for round in 0..count {
        let mut windows = vec![Window::default(); configurations.len()];
        for step in 0..configurations.len() {
            let number = (round + step) % configurations.len();
            windows[number] = run.window(number, length).await?;
        }
        rounds.push(windows);
    }
    verify(&servers, &pair, &configurations, &run.exchanges).await?;
    pair.stop().await?;
    Ok(Measured { configurations, rounds }.rows())
}

struct Run<'a> {
    pair: &'a Pair,
    lines: Vec<Lines<Same>>,
    /// By configuration, to be compared with what was counted.
    exchanges: Vec<u64>,
}

impl<'a> Run<'a> {
    async fn open(pair: &'a Pair, configurations: usize) -> Result<Self> {
        let request = format!(
            "GET /users/42 HTTP/1.1\r\nhost: {HOST}\r\nuser-agent: bench/1\r\naccept: */*\r\n\
             traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"
        );
        let source = Same(Bytes::from(request));
        let mut lines = Vec::new();
        for way in &pair.ways {
            lines.push(Lines::open(*way, std::iter::repeat_n(source.clone(), CONNECTIONS)).await?);
        }
        Ok(Self { pair, lines, exchanges: vec![0; configurations] })
    }

    async fn window(&mut self, number: usize, length: Duration) -> Result<Window> {
        let (outbound, inbound) = (self.pair.outbound.process().id(), self.pair.inbound.process().id());
        let before = (cpu::nanos_of_threads(outbound)?, cpu::nanos_of_threads(inbound)?);
        let done = self.lines[number].run(Limits::period(length)).await?;
        let after = (cpu::nanos_of_threads(outbound)?, cpu::nanos_of_threads(inbound)?);
        self.exchanges[number] += done.exchanges;
        let each = |nanos: u64| nanos as f64 / 1000.0 / done.exchanges as f64;
        Ok(Window { outbound: each(after.0 - before.0), inbound: each(after.1 - before.1) })
    }
}

impl Measured {
    fn rows(&self) -> Vec<Row> {
        Direction::BOTH.into_iter().flat_map(|direction| self.side(direction)).collect()
    }

    fn side(&self, direction: Direction) -> Vec<Row> {
        let word = direction.word();
        let plain = Spread::of(self.rounds.iter().map(|windows| windows[self.place(NOTHING)].of(direction)));
        let mut rows =
            vec![Row::new(format!("{word}: {NOTHING}"), plain.median, "us/exchange").note(plain.to_string())];
        let native = self.added(NATIVE, direction);
        for configuration in self.configurations.iter().filter(|one| one.name != NOTHING && one.is_for(direction)) {
            let added = self.added(configuration.name, direction);
            let name = format!("{word}: {}", configuration.name);
            rows.push(Row::new(format!("{name}, added"), added.median, "us/exchange").note(added.to_string()));
            if configuration.name == NATIVE {
                continue;
            }
            let ratio = Row::new(format!("{name} / {NATIVE}"), added.median / native.median, "x");
            rows.push(match configuration.name {
                LOGGER => ratio.goal(1.5),
                FILTER => ratio.goal(1.9),
                _ => ratio,
            });
            if configuration.name == FILTER {
                let logger = self.added(LOGGER, direction);
                rows.push(Row::new(format!("{name} / {LOGGER}"), added.median / logger.median, "x").goal(1.4));
            }
        }
        rows
    }

    fn place(&self, name: &str) -> usize {
        self.configurations.iter().position(|one| one.name == name).expect("a configuration of this bench")
    }

    fn added(&self, name: &str, direction: Direction) -> Spread {
        let (plain, this) = (self.place(NOTHING), self.place(name));
        Spread::of(self.rounds.iter().map(|windows| windows[this].of(direction) - windows[plain].of(direction)))
    }
}

/// A figure is worth nothing when what was measured did not work: every exchange must have been counted, at both sides.
async fn verify(servers: &Servers, pair: &Pair, configurations: &[Configuration], exchanges: &[u64]) -> Result<()> {
    let sent = |observer| configurations.iter().position(|one| one.observer == observer).map_or(0, |at| exchanges[at]);
    let (native, stats) = (sent(Observer::GrpcAccessLog), sent(Observer::Stats));
    ensure!(servers.receiver.bytes() > native * 2 * 100, "the native gRPC access log did not arrive");
    for direction in Direction::BOTH {
        let admin = pair.proxy(direction).admin();
        let (logged, dropped) =
            (admin.sum("grpc_access_log.logs_written").await?, admin.sum("grpc_access_log.logs_dropped").await?);
        ensure!(
            logged == native && dropped == 0,
            "the native gRPC access log wrote {logged} of {native}, dropped {dropped}"
        );
        let counted = admin.sum("^edge\\.requests").await?;
        ensure!(counted == stats, "the stats logger counted {counted} of {stats} exchanges");
    }
    let mut reader = Reader::default();
    for (configuration, sent) in configurations.iter().zip(exchanges) {
        if !matches!(configuration.observer, Observer::Filter(..)) {
            continue;
        }
        let sides = Direction::BOTH.iter().filter(|direction| configuration.is_for(**direction)).count();
        let what = format!("{}: {sent} exchanges counted at {sides} proxies", configuration.name);
        let all = |reader: &Reader| reader.proxies_that_counted(configuration.name, *sent) == sides;
        reader.wait(&servers.sink, &what, Duration::from_secs(20), all).await?;
    }
    Ok(())
}
