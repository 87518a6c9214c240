//! A mesh as numbered workloads and the calls between them: what everything else here is worked out from.

use std::collections::HashMap;

/// Number of a workload: its place among the nodes of its mesh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadId(pub u32);

/// Number of a link: its place among the links of its mesh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

impl WorkloadId {
    pub(crate) const fn place(self) -> usize {
        self.0 as usize
    }
}

impl LinkId {
    pub(crate) const fn place(self) -> usize {
        self.0 as usize
    }
}

/// How much of what a workload calls was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// Nothing: no proxy reports for it. That it calls nobody is not known.
    #[default]
    Never,
    /// Not all: some of its proxies' time is not covered, or batches were lost.
    Partly,
    /// All of it, as far as is known.
    Whole,
}

/// Whether who calls waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interaction {
    /// It waits.
    Synchronous,
    /// A stream or a switched protocol: both ends hold it open.
    Streaming,
    /// It cannot be told, as of a connection whose protocol is not read.
    Unknown,
    /// It does not wait: declared, for no edge shows it.
    Asynchronous,
}

/// A workload, or something outside the mesh that is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Node {
    /// It lets traffic in: an entry point whoever calls it.
    pub is_gateway: bool,
    /// How much of its own calls was seen.
    pub sight: Sight,
    /// Several that nobody can tell apart, as ends that are not known: no finding is about it.
    pub is_crowd: bool,
}

/// Durations of exchanges that were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Time {
    /// How many.
    pub count: u64,
    /// Nanoseconds of all of them.
    pub nanos: u64,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Exchanges.
    pub exchanges: u64,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of: all but the injected faults.
    pub judged: u64,
    /// How long the source waited, by its proxies.
    pub waited: Time,
    /// How long the destination took, by its proxies.
    pub served: Time,
    /// Attempts, and the exchanges that they were made for; nothing where that was not measured.
    pub attempts: u64,
    /// See `attempts`.
    pub attempted: u64,
    /// Not everybody who made these exchanges measures attempts: there were more than `attempts`.
    pub is_partly_measured: bool,
}

impl Time {
    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

impl Traffic {
    pub(crate) fn add(&mut self, other: &Self) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.exchanges, other.exchanges);
        add(&mut self.failed, other.failed);
        add(&mut self.judged, other.judged);
        add(&mut self.attempts, other.attempts);
        add(&mut self.attempted, other.attempted);
        self.is_partly_measured |= other.is_partly_measured;
        self.waited.add(other.waited);
        self.served.add(other.served);
    }
}

/// Calls of one kind, as an edge has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Who calls; `None`: from outside, or nobody knows who.
    pub source: Option<WorkloadId>,
    /// Who is called.
    pub destination: WorkloadId,
    /// Whether the source waits.
    pub interaction: Interaction,
    /// What was counted.
    pub traffic: Traffic,
}

/// All calls from one workload to another, whatever their ports and protocols. Kinds are never added: a connection is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Who calls.
    pub source: WorkloadId,
    /// Who is called.
    pub destination: WorkloadId,
    /// Requests whose source waits.
    pub requests: Traffic,
    /// Streams.
    pub streams: u64,
    /// Exchanges of which it cannot be told whether anybody waits.
    pub unknown: u64,
}

impl Link {
    /// True where the source waits for at least some of its answers.
    #[must_use]
    pub const fn is_synchronous(&self) -> bool {
        self.requests.exchanges > 0
    }

    /// True where the source may depend on the destination: by anything but what nobody waits for.
    #[must_use]
    pub const fn is_coupled(&self) -> bool {
        self.is_synchronous() || self.is_open()
    }

    /// True where something beside requests couples it: how often it is used cannot be told from counts.
    pub(crate) const fn is_open(&self) -> bool {
        self.streams > 0 || self.unknown > 0
    }
}

/// Workloads and what passes between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mesh {
    nodes: Vec<Node>,
    links: Vec<Link>,
    /// Requests that each received, from wherever.
    received: Vec<Traffic>,
    /// Streams and connections that each received, from wherever.
    connected: Vec<Traffic>,
    /// What came from outside, by whom it reached: exchanges of all kinds, and requests among them.
    from_outside: Vec<(u64, u64)>,
    /// Nothing is known to be missing beside what single workloads lack.
    is_whole: bool,
}

impl Mesh {
    /// Puts calls together. Calls that name no node are left out. `is_whole`: nothing is known to be missing of which nobody can say whose it
    /// was.
    #[must_use]
    pub fn of(nodes: Vec<Node>, calls: impl IntoIterator<Item = Call>, is_whole: bool) -> Self {
        let count = nodes.len();
        let mut mesh = Self {
            nodes,
            received: vec![Traffic::default(); count],
            connected: vec![Traffic::default(); count],
            from_outside: vec![(0, 0); count],
            is_whole,
            ..Self::default()
        };
        let mut places: HashMap<(WorkloadId, WorkloadId), usize> = HashMap::new();
        for call in calls {
            mesh.add(&call, &mut places);
        }
        mesh
    }

    fn add(&mut self, call: &Call, places: &mut HashMap<(WorkloadId, WorkloadId), usize>) {
        let (place, exchanges) = (call.destination.place(), call.traffic.exchanges);
        if [call.source, Some(call.destination)].into_iter().flatten().any(|end| end.place() >= self.nodes.len()) {
            return;
        }
        let is_request = call.interaction == Interaction::Synchronous;
        let sums = match call.interaction {
            Interaction::Synchronous => self.received.get_mut(place),
            Interaction::Streaming | Interaction::Unknown => self.connected.get_mut(place),
            Interaction::Asynchronous => None,
        };
        if let Some(sum) = sums {
            sum.add(&call.traffic);
        }
        let Some(source) = call.source else {
            if let Some((all, requests)) = self.from_outside.get_mut(place) {
                *all = all.saturating_add(exchanges);
                *requests = requests.saturating_add(if is_request { exchanges } else { 0 });
            }
            return;
        };
        // Nobody depends on what nobody waits for.
        if exchanges == 0 || call.interaction == Interaction::Asynchronous {
            return;
        }
        let next = self.links.len();
        let place = *places.entry((source, call.destination)).or_insert(next);
        if place == next {
            let (destination, requests) = (call.destination, Traffic::default());
            self.links.push(Link { source, destination, requests, streams: 0, unknown: 0 });
        }
        let Some(link) = self.links.get_mut(place) else { return };
        match call.interaction {
            Interaction::Synchronous => link.requests.add(&call.traffic),
            Interaction::Streaming => link.streams = link.streams.saturating_add(exchanges),
            Interaction::Unknown => link.unknown = link.unknown.saturating_add(exchanges),
            Interaction::Asynchronous => {}
        }
    }

    /// How many workloads there are.
    #[must_use]
    pub const fn workloads(&self) -> usize {
        self.nodes.len()
    }

    /// All of them.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = WorkloadId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(WorkloadId)
    }

    /// A workload; of none that is here, the default.
    #[must_use]
    pub fn node(&self, id: WorkloadId) -> Node {
        self.nodes.get(id.place()).copied().unwrap_or_default()
    }

    /// All links.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// A link.
    #[must_use]
    pub fn link(&self, id: LinkId) -> Option<&Link> {
        self.links.get(id.place())
    }

    /// Requests that a workload received, from wherever.
    #[must_use]
    pub fn received(&self, id: WorkloadId) -> Traffic {
        self.received.get(id.place()).copied().unwrap_or_default()
    }

    /// Streams and connections that a workload received, from wherever; only their count and how many failed are known.
    #[must_use]
    pub fn connected(&self, id: WorkloadId) -> Traffic {
        self.connected.get(id.place()).copied().unwrap_or_default()
    }

    /// Exchanges of all kinds that reached it from outside, or from nobody knows whom.
    #[must_use]
    pub fn from_outside(&self, id: WorkloadId) -> u64 {
        self.from_outside.get(id.place()).map_or(0, |(all, _)| *all)
    }

    /// Requests among them.
    pub(crate) fn requests_from_outside(&self, id: WorkloadId) -> u64 {
        self.from_outside.get(id.place()).map_or(0, |(_, requests)| *requests)
    }

    /// Nothing is known to be missing beside what single workloads lack.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }
}
