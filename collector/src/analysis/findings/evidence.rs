//! What a finding is about and what it rests on: names, numbers, moments. Its words are made in [`crate::report::findings`], nowhere else.

use hogusu_model::{Hook, Reporter};

use crate::analysis::proxies::ProxyState;
use crate::ownership::Dispute;
use crate::period::{DamagedFile, Refused};

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An edge, as a place among the edges.
    Edge(usize),
    /// A proxy that tells of itself.
    Proxy(ProxyName),
    /// Pods whose proxies are all the same way amiss.
    Pods(Vec<PodName>),
    /// An expected proxy by its node id, and the workload it stands before; of one that never reported the id may be empty.
    Expected {
        /// Node id.
        proxy: String,
        /// As people read it.
        workload: String,
    },
    /// All proxies of a workload.
    Workload {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// An address, in a k8s cluster where several have it.
    Address {
        /// The address.
        address: String,
        /// The k8s cluster; `None` where no other one disputes the same address.
        k8s_cluster: Option<String>,
    },
    /// Who sent batches, as it says of itself, and from where; either may be empty.
    Sender {
        /// What it says.
        who: String,
        /// Its address.
        peer: String,
    },
    /// A file of the collector's data folder.
    File(String),
    /// The API server of the collector's k8s cluster.
    ApiServer,
    /// The collector itself.
    Collector,
    /// Further subjects of the same kind, that are not listed.
    More,
}

/// A proxy by its workload and its pod; where that is not known by its node id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProxyName {
    /// Namespace of the workload.
    pub namespace: String,
    /// The workload's name.
    pub workload: String,
    /// Pod, or node id.
    pub pod: String,
}

/// A pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Where the silence of senders lies that ended without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// In the period, of which it leaves so many nanoseconds open.
    Within(u64),
    /// They told of nothing since before the period.
    Before,
    /// What they told lies after it.
    Ahead,
}

/// What a finding rests on. Times are nanoseconds, moments those since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Exchanges without TLS, of all that the same side counted.
    Plaintext {
        /// Without.
        plain: u64,
        /// All.
        of: u64,
    },
    /// The edge's agreement says it.
    Disagreement,
    /// What failed by the side that saw the larger share of failures.
    Failing {
        /// Whose report it is.
        reporter: Reporter,
        /// Failed, as it is declared.
        failed: u64,
        /// Of so many, without what was injected.
        of: u64,
        /// How many failed by themselves, where that is another number.
        otherwise: Option<u64>,
    },
    /// What was done on purpose.
    Injected {
        /// Failed.
        faults: u64,
        /// Delayed.
        delays: u64,
    },
    /// A P99 that nothing further down explains.
    Slow {
        /// As the source saw it.
        p99: u64,
        /// P99 of what the source itself answered.
        of_source: Option<u64>,
        /// As the destination saw it.
        at_destination: Option<u64>,
    },
    /// Exchanges beyond a sender's bound on edges.
    Overflow {
        /// How many.
        count: u64,
    },
    /// A stretch that may be missing.
    Damaged(DamagedFile),
    /// Batches that were refused.
    Refused(Box<Refused>),
    /// What never arrived.
    Lost {
        /// Batches.
        batches: u64,
        /// Exchanges in them.
        exchanges: u64,
    },
    /// Senders that ended without a word.
    Unclosed {
        /// How many.
        senders: u64,
        /// Where their silence lies.
        gap: Gap,
    },
    /// It was not seen in the period.
    NotSeen,
    /// Two hooks count the same.
    HookConflict {
        /// Which side's requests.
        side: Reporter,
        /// Whose count is left out.
        dropped: Hook,
        /// In how many proxies.
        proxies: u64,
        /// Requests left out.
        left_out: u64,
        /// Filters do not tell whether they are the same.
        is_guessed: bool,
    },
    /// A backlog.
    Folded {
        /// Its start.
        from: u64,
        /// Its end.
        to: u64,
        /// Exchanges, all counted at its start.
        exchanges: u64,
    },
    /// The configuration was refused.
    ConfigurationRefused,
    /// The collector's clock jumped.
    OwnClock,
    /// A proxy's clock differs.
    Skew {
        /// Smallest arrival minus what its clock showed.
        skew: i64,
        /// What it counts was moved to where it arrived.
        is_moved: bool,
    },
    /// A proxy's clock was set.
    ClockSet {
        /// How often.
        times: u64,
        /// How long ago last.
        ago: u64,
    },
    /// Who is said to have an address.
    Disputed {
        /// What is in dispute.
        dispute: Dispute,
        /// Workloads, and by whose word.
        claimants: Vec<String>,
    },
    /// Parts that came after their slot was sealed.
    Late {
        /// How many.
        parts: u64,
    },
    /// How expected proxies are amiss.
    Amiss {
        /// The state that they are in.
        state: ProxyState,
        /// Why, as an agent or a plugin object says.
        cause: String,
    },
    /// The API server does not answer.
    Unreachable {
        /// For how long.
        nanos: u64,
        /// Its error.
        error: String,
    },
    /// It does not let the collector read this.
    Forbidden(String),
    /// The k8s cluster is watched by a name that no proxy states.
    Misnamed {
        /// The name given.
        watched: String,
        /// Names that proxies state, some of them.
        stated: Vec<String>,
    },
    /// So many more of the same kind, none of them worse.
    More(u64),
}
