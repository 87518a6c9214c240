//! Putting excerpts together into a period.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use hogusu_model::{Hook, SenderId, Slot};

use super::{HookConflict, Period, PodKey, Reporter, Row, SenderInPeriod};
use crate::aggregate::{Covered, Excerpt, Folded, Loss, ProxyKey, Sender, Sides, proxy_key};

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3600 * SECOND;

/// When the senders of each proxy, by k8s cluster and node id, and hook began, ascending.
type Starts = HashMap<(String, String, Hook), Vec<u64>>;

/// The period from what each place holds of it, the newest place first: its word on a sender is the last one. Every row is
/// attributed already; the owners themselves are not known here.
/// `from` and `to` are borders of slots.
#[must_use]
pub fn build(excerpts: Vec<Excerpt>, (from, to): (u64, u64), sealed_to: u64, now: u64) -> Period {
    let mut merging = Merging::default();
    for excerpt in excerpts {
        merging.excerpt(excerpt, from, to);
    }
    let starts = merging.starts();
    let (mut senders, mut earlier) = (Vec::new(), BTreeMap::new());
    for (id, sender) in &merging.senders {
        let covered = merging.covered.get(id).copied().unwrap_or_default();
        let loss = merging.losses.get(id).copied().unwrap_or_default();
        if let Some(sender) = in_period(*id, sender, (covered.0, loss), &starts, (from, to, now)) {
            senders.push(sender);
        } else if sender.progress.first_start < to && sender.resource.hook == Hook::HttpFilter {
            let end: &mut u64 = earlier.entry(PodKey::of(&sender.resource.proxy)).or_default();
            *end = sender.progress.last_end.max(*end);
        }
    }
    senders.sort_by(|a, b| (&a.proxy.id, a.hook, a.first_start, a.id).cmp(&(&b.proxy.id, b.hook, b.first_start, b.id)));
    let conflicts = merging.conflicts();
    let (late_parts, mut folded) = (merging.late_parts, std::mem::take(&mut merging.folded));
    folded.sort_unstable_by_key(|(id, folded)| (*id, folded.start, folded.end));
    let (reporters, rows) = merging.sorted();
    Period {
        from,
        to,
        sealed_to,
        now,
        reporters,
        rows,
        senders,
        folded,
        earlier,
        late_parts,
        conflicts,
        ..Period::default()
    }
}

#[derive(Default)]
struct Merging {
    reporters: HashMap<Arc<Reporter>, usize>,
    /// With the reporter's place, before its rank is known; one row may be here several times.
    rows: Vec<Row>,
    senders: BTreeMap<SenderId, Sender>,
    covered: HashMap<SenderId, (u64, Sides)>,
    /// When a sender counted requests, and of which sides.
    counted: HashMap<SenderId, Vec<Covered>>,
    losses: HashMap<SenderId, Loss>,
    folded: Vec<(SenderId, Folded)>,
    late_parts: u64,
}

impl Merging {
    fn excerpt(&mut self, excerpt: Excerpt, from: u64, to: u64) {
        self.late_parts += excerpt.late_parts;
        let reporters: Vec<usize> =
            excerpt.reporters.into_iter().map(|reporter| place(&mut self.reporters, reporter)).collect();
        let rows = excerpt.rows.into_list().into_iter().filter_map(|((reporter, key, owner), data)| {
            let (reporter, key) = (*reporters.get(reporter)?, Arc::clone(excerpt.series.get(key)?));
            Some(Row { reporter, key, owner, data })
        });
        self.rows.extend(rows);
        for (id, stretch) in excerpt.coverage {
            let (covered, sides) = self.covered.entry(id).or_default();
            *covered += stretch.end.min(to).saturating_sub(stretch.start.max(from));
            if stretch.start < to && stretch.end >= from {
                *sides = sides.or(stretch.sides);
                if !stretch.sides.is_empty() {
                    self.counted.entry(id).or_default().push(stretch);
                }
            }
        }
        for (id, loss) in excerpt.losses {
            let sum = self.losses.entry(id).or_default();
            sum.batches = sum.batches.saturating_add(loss.batches);
            sum.exchanges = sum.exchanges.saturating_add(loss.exchanges);
        }
        self.folded.extend(excerpt.folded);
        for (id, sender) in excerpt.senders {
            self.senders.entry(id).or_insert(sender);
        }
    }

    /// Reporters and rows in one order: the same period always reads the same, wherever its parts lie.
    fn sorted(mut self) -> (Vec<Reporter>, Vec<Row>) {
        let (reporters, ranks) = ranked(self.reporters);
        for row in &mut self.rows {
            row.reporter = ranks.get(row.reporter).copied().unwrap_or(usize::MAX);
        }
        (reporters.into_iter().map(|reporter| Reporter::clone(&reporter)).collect(), merged(self.rows))
    }

    /// When each sender of a proxy and hook began, ascending.
    fn starts(&self) -> Starts {
        let mut starts = Starts::new();
        for sender in self.senders.values() {
            let (k8s_cluster, id) = proxy_key(&sender.resource.proxy);
            let key = (k8s_cluster.to_owned(), id.to_owned(), sender.resource.hook);
            starts.entry(key).or_default().push(sender.progress.first_start);
        }
        starts.values_mut().for_each(|of_proxy| of_proxy.sort_unstable());
        starts
    }

    /// Proxies of which two hooks counted requests of one side at the same time, by filters that do not tell which were the same.
    fn conflicts(&self) -> Vec<HookConflict> {
        let mut proxies: BTreeMap<ProxyKey<'_>, [Vec<(SenderId, &Sender)>; 2]> = BTreeMap::new();
        for (id, sender) in &self.senders {
            let hooks = proxies.entry(proxy_key(&sender.resource.proxy)).or_default();
            let [loggers, filters] = hooks;
            match sender.resource.hook {
                Hook::AccessLog => loggers.push((*id, sender)),
                Hook::HttpFilter => filters.push((*id, sender)),
                Hook::UpstreamLog | Hook::ListenerLog => {}
            }
        }
        let mut conflicts = std::collections::BTreeSet::new();
        for ((_, proxy), [loggers, filters]) in proxies {
            for (logger, filter) in loggers.iter().flat_map(|logger| filters.iter().map(move |filter| (logger, filter)))
            {
                if logger.1.resource.marks && filter.1.resource.marks {
                    continue;
                }
                for side in self.at_once(logger.0, filter.0) {
                    let (proxy, workload) = (proxy.to_owned(), filter.1.resource.proxy.workload.clone());
                    conflicts.insert(HookConflict {
                        proxy,
                        workload,
                        side,
                        hooks: (Hook::AccessLog, Hook::HttpFilter),
                    });
                }
            }
        }
        conflicts.into_iter().collect()
    }

    /// The sides that both senders counted requests of at the same time.
    fn at_once(&self, one: SenderId, other: SenderId) -> Vec<hogusu_model::Reporter> {
        let of = |id: SenderId| self.counted.get(&id).map_or(&[][..], Vec::as_slice);
        let (mut source, mut destination) = (false, false);
        for (a, b) in of(one).iter().flat_map(|a| of(other).iter().map(move |b| (a, b))) {
            // Where one hook takes the place of another, both are there for a moment.
            if a.end.min(b.end) > a.start.max(b.start).saturating_add(SECOND) {
                source |= a.sides.source && b.sides.source;
                destination |= a.sides.destination && b.sides.destination;
            }
        }
        let sides = [(hogusu_model::Reporter::Source, source), (hogusu_model::Reporter::Destination, destination)];
        sides.into_iter().filter(|(_, both)| *both).map(|(side, _)| side).collect()
    }
}

/// The place of a value among those seen before.
fn place<T: Eq + Hash>(places: &mut HashMap<Arc<T>, usize>, value: Arc<T>) -> usize {
    let next = places.len();
    *places.entry(value).or_insert(next)
}

/// The values in order, and the rank of each place.
fn ranked<T: Ord>(places: HashMap<Arc<T>, usize>) -> (Vec<Arc<T>>, Vec<usize>) {
    let mut order: Vec<_> = places.into_iter().collect();
    order.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let mut ranks = vec![0; order.len()];
    for (rank, (_, place)) in order.iter().enumerate() {
        if let Some(own) = ranks.get_mut(*place) {
            *own = rank;
        }
    }
    (order.into_iter().map(|(value, _)| value).collect(), ranks)
}

/// Rows in order, each once. They are large: their places are sorted, and then each is moved where it belongs.
fn merged(mut list: Vec<Row>) -> Vec<Row> {
    let mut order: Vec<(usize, usize)> = list.iter().map(|row| row.reporter).zip(0..).collect();
    let rest = |place: usize| list.get(place).map(|row| (&row.key, row.owner));
    order.sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| rest(one.1).cmp(&rest(other.1))));
    let mut rows: Vec<Row> = Vec::with_capacity(list.len());
    for row in order.into_iter().filter_map(|(_, place)| {
        let row = list.get_mut(place)?;
        Some(Row { data: std::mem::take(&mut row.data), key: Arc::clone(&row.key), ..*row })
    }) {
        // What several places hold of one row stands side by side now.
        let is_same =
            |before: &&mut Row| (before.reporter, before.owner) == (row.reporter, row.owner) && before.key == row.key;
        match rows.last_mut().filter(is_same) {
            Some(before) => before.data.merge(&row.data),
            None => rows.push(row),
        }
    }
    rows
}

/// The sender as the period shows it; `None` when it has nothing to do with it.
fn in_period(
    id: SenderId,
    sender: &Sender,
    (covered, loss): (u64, Loss),
    starts: &Starts,
    (from, to, now): (u64, u64, u64),
) -> Option<SenderInPeriod> {
    let (resource, progress) = (&sender.resource, &sender.progress);
    let flush = sender.flush_interval();
    let unclosed = sender.is_unclosed(now);
    let grace = sender.report_interval().saturating_mul(2);
    // By arrival too: one whose clock is behind is there, though what it counts lies before the period.
    let heard = progress.last_end.max(progress.last_arrival);
    let overlaps = progress.first_start < to && heard.saturating_add(grace) >= from;
    let fell_silent = unclosed && now.saturating_sub(progress.last_end) <= HOUR && progress.first_start < to;
    if !overlaps && !fell_silent {
        return None;
    }
    // By whole slots: what is missing grows with them, and not with each question.
    let running = Slot::of(now.saturating_sub(grace.saturating_add(SECOND))).start();
    let end = if progress.closed {
        progress.last_end
    } else if unclosed {
        let (k8s_cluster, id) = proxy_key(&resource.proxy);
        let successors =
            starts.get(&(k8s_cluster.to_owned(), id.to_owned(), resource.hook)).map_or(&[][..], Vec::as_slice);
        let successor = successors.iter().copied().find(|start| *start >= progress.last_end);
        successor.map_or(running, |start| start.min(running))
    } else {
        running.max(progress.last_end.min(to))
    };
    let silent = covered == 0 && unclosed && progress.last_end <= from;
    let expected = if silent { 0 } else { end.min(to).saturating_sub(progress.first_start.max(from)) };
    Some(SenderInPeriod {
        id,
        proxy: resource.proxy.clone(),
        hook: resource.hook,
        filter_version: resource.filter_version.clone(),
        filter_digest: resource.filter_digest.clone(),
        revision: resource.revision.clone(),
        wire_version: resource.wire_version,
        flush_interval: flush,
        first_start: progress.first_start,
        last_end: progress.last_end,
        last_arrival: progress.last_arrival,
        closed: progress.closed,
        covered,
        expected,
        lost_batches: loss.batches,
        lost_exchanges: loss.exchanges,
        exchanges: progress.cumulative,
        unclosed,
        counters: progress.counters,
        clock_skew_ns: progress.clock_skew,
        clock_shift_ns: progress.clock_shift,
        clock_set_at: progress.clock_set_at,
    })
}
