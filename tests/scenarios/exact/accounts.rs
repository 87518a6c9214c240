//! Reads the accounts of a plan that was run: the load generator's or the calling backend's for the source, each Envoy's own log for
//! attempts and for the destination. What an entry of a log means is said by the script that it carries.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use hogusu_tests::accesslog::Entry;
use hogusu_tests::load::Account;
use hogusu_tests::mesh::Mesh;
use hogusu_tests::tcp::TcpAccount;

use crate::exact::counts::{By, Counts, Place};
use crate::exact::plan::{CLOSED_PORT, Class, Port, Row, Talk};
use crate::exact::sending;

/// Sends everything at once, waits until every proxy has logged it, and reads the accounts.
pub async fn run(mesh: &Mesh, talks: &[Talk]) -> Result<Counts> {
    let accounts = sending::send(mesh, talks).await?;
    mesh.settle().await?;
    let logs = Logs::read(mesh)?;
    let mut counts = Counts::default();
    let mut used = BTreeMap::new();
    for (talk, (account, tcp)) in talks.iter().zip(&accounts) {
        let account = if talk.by_application { &sending::calls(mesh, talk)? } else { account };
        let reader = Reader { mesh, logs: &logs, talk };
        let mut told = || {
            reader.source(account, tcp, &mut counts)?;
            reader.attempts(&mut counts)?;
            reader.destination(&mut counts)
        };
        *used.entry(talk.destination).or_default() +=
            told().with_context(|| format!("{} -> {} ({})", talk.source, talk.service, talk.destination))?;
    }
    logs.all_used(&used)?;
    Ok(counts)
}

/// Every proxy's log, read once.
struct Logs(BTreeMap<String, Vec<Entry>>);

impl Logs {
    fn read(mesh: &Mesh) -> Result<Self> {
        let read =
            |sidecar: &hogusu_tests::mesh::Sidecar| Ok((sidecar.key().to_owned(), sidecar.access_log().entries()?));
        Ok(Self(mesh.sidecars().iter().map(read).collect::<Result<_>>()?))
    }

    fn of(&self, workload: &str) -> &[Entry] {
        self.0.get(workload).map_or(&[], Vec::as_slice)
    }

    /// What a destination logged, every talk accounts for.
    fn all_used(&self, used: &BTreeMap<&str, usize>) -> Result<()> {
        for (workload, entries) in &self.0 {
            let arrived = entries.iter().filter(|entry| entry.direction == "inbound").count();
            let told = used.get(workload.as_str()).copied().unwrap_or_default();
            ensure!(arrived == told, "{workload} logged {arrived} exchanges, the plan accounts for {told}");
        }
        Ok(())
    }
}

struct Reader<'a> {
    mesh: &'a Mesh,
    logs: &'a Logs,
    talk: &'a Talk,
}

impl Reader<'_> {
    fn place(&self, by: By) -> Result<Place> {
        let talk = self.talk;
        let source = self.mesh.layout().workload(talk.source)?;
        Ok(Place {
            // Nobody says who an application without a proxy is: it is its address.
            source: if source.spec.proxied { talk.source.to_owned() } else { source.address.to_string() },
            destination: talk.destination.to_owned(),
            protocol: talk.protocol,
            port: self.port()?,
            by,
        })
    }

    fn port(&self) -> Result<u16> {
        match self.talk.port {
            Port::Of(port) => Ok(port),
            Port::Target(port) => {
                // A fleet's workloads are names: their port is that of the workload behind them.
                let fleets = &self.mesh.layout().fleets;
                let fleet = fleets.iter().find(|fleet| fleet.namespace == self.talk.service);
                let workload = fleet.map_or(self.talk.destination, |fleet| fleet.behind.as_str());
                Ok(self.mesh.layout().workload(workload)?.port(port)?.number)
            }
        }
    }

    /// The account of the one who asks, which must be what the plan says.
    fn source(&self, account: &Account, tcp: &TcpAccount, counts: &mut Counts) -> Result<()> {
        let proxied = self.mesh.layout().workload(self.talk.source)?.spec.proxied;
        for row in &self.talk.rows {
            let label = row.script.label();
            let count = account.count(|of, answer| of == label && answer == row.answer);
            ensure!(count == row.count as u64, "{label}: {count} of {} got {:?}: {account:?}", row.count, row.answer);
            if proxied {
                counts.add(self.place(By::Source)?, row.at_source, count);
            }
        }
        for row in &self.talk.tcp_rows {
            let count: u64 = row.ends.iter().filter_map(|end| tcp.get(&(row.script, *end))).sum();
            ensure!(count == row.count as u64, "{:?}: {count} ended as {:?}: {tcp:?}", row.script, row.ends);
            counts.add(self.place(By::Source)?, row.at_source, count);
        }
        let planned: usize = self.talk.rows.iter().map(|row| row.count).sum();
        ensure!(account.sent() == planned as u64, "sent {}, planned {planned}: {account:?}", account.sent());
        Ok(())
    }

    /// The router's own log, where the source has our logger in it.
    fn attempts(&self, counts: &mut Counts) -> Result<()> {
        use hogusu_tests::xds::plugin::Hook;
        let source = self.mesh.layout().workload(self.talk.source)?;
        if !source.spec.plugins.iter().any(|plugin| plugin.hook == Hook::UpstreamLog) {
            return Ok(());
        }
        let cluster = self.cluster()?;
        let closed = format!(":{CLOSED_PORT}");
        let mine = |entry: &&Entry| entry.kind == "upstream" && entry.cluster == cluster;
        let entries: Vec<&Entry> = self.logs.of(self.talk.source).iter().filter(mine).collect();
        let (refused, sent): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.upstream_host.ends_with(&closed));
        let place = self.place(By::Attempts)?;
        let refused_class = crate::exact::words::REFUSED_ATTEMPT;
        counts.add(Place { port: CLOSED_PORT, ..place.clone() }, refused_class, refused.len() as u64);
        self.by_script(&sent, |row| &row.attempts, &place, counts)?;
        Ok(())
    }

    /// The destination's own log; says how many entries of it this talk accounts for.
    fn destination(&self, counts: &mut Counts) -> Result<usize> {
        let layout = self.mesh.layout();
        let Port::Target(_) = self.talk.port else { return Ok(0) };
        let from = format!("{}:", layout.workload(self.talk.source)?.address);
        let at = format!(":{}", self.port()?);
        let mine = |entry: &&Entry| {
            entry.direction == "inbound"
                && entry.downstream_remote.starts_with(&from)
                && entry.downstream_local.ends_with(&at)
        };
        let entries: Vec<&Entry> = self.logs.of(self.talk.destination).iter().filter(mine).collect();
        let place = self.place(By::Destination)?;
        if self.talk.tcp_rows.is_empty() {
            return self.by_script(&entries, |row| &row.at_destination, &place, counts);
        }
        self.by_size(&entries, &place, counts)
    }

    /// Entries of the talk's scripts: the n-th entry of one request is its n-th attempt.
    fn by_script(
        &self,
        entries: &[&Entry],
        expected: impl Fn(&Row) -> &Vec<Class>,
        place: &Place,
        counts: &mut Counts,
    ) -> Result<usize> {
        let mut used = 0;
        let mut rows: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
        for row in &self.talk.rows {
            rows.entry(row.script.label()).or_default().push(row);
        }
        for (label, rows) in rows {
            let mut requests: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
            for entry in entries.iter().filter(|entry| entry.script == label) {
                requests.entry(&entry.load_id).or_default().push(entry);
            }
            let classes = rows.first().map(|row| expected(row)).context("a script has a row")?;
            let alike = rows.iter().all(|row| expected(row) == classes);
            ensure!(alike, "{label}: one script cannot mean two things at one place");
            let planned: usize = rows.iter().map(|row| if classes.is_empty() { 0 } else { row.count }).sum();
            ensure!(
                requests.len() == planned,
                "{label}: {:?} logged {} requests of {planned}",
                place.by,
                requests.len()
            );
            for (id, mut entries) in requests {
                entries.sort_by(|a, b| a.start.cmp(&b.start));
                ensure!(entries.len() == classes.len(), "{label}: {id} has other attempts than planned: {entries:?}");
                classes.iter().for_each(|class| counts.add(place.clone(), *class, 1));
                used += entries.len();
            }
        }
        Ok(used)
    }

    fn by_size(&self, entries: &[&Entry], place: &Place, counts: &mut Counts) -> Result<usize> {
        let mut used = 0;
        for row in &self.talk.tcp_rows {
            let Some(class) = row.at_destination else { continue };
            let is_only = self.talk.tcp_rows.len() == 1;
            let size = row.script.word().len() + 1 + row.bytes;
            let mine = |entry: &&&Entry| is_only || entry.bytes_received == Some(size as u64);
            let found = entries.iter().filter(mine).count();
            ensure!(found == row.count, "{:?}: {found} of {} were logged: {entries:?}", row.script, row.count);
            counts.add(place.clone(), class, found as u64);
            used += found;
        }
        Ok(used)
    }

    fn cluster(&self) -> Result<String> {
        let layout = self.mesh.layout();
        Ok(match (self.talk.authority, layout.service(self.talk.service)) {
            (Some(host), _) => format!("outbound|80||{host}"),
            (None, service) => {
                let service = service?;
                format!("outbound|{}||{}", service.port, service.host())
            }
        })
    }
}
