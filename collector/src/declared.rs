//! What people declare in one file, `hogusu.declare/v1`: traffic to leave out, what counts as failure and from which share on, which links
//! nobody waits on. Pure: a value, and questions to it. How its file is written is in `read`; what is counted beside is up to who leaves out.

mod read;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::{Outcome, Workload};

pub use self::read::{FILE_BYTES, SCHEMA, Wrong, read};
pub(crate) use self::read::{REMEDY, wrong_with};

/// Parts of a whole in which shares are compared.
const MILLION: u64 = 1_000_000;
/// From this share of failed exchanges on an edge is failing where nothing is declared, in millionths: one in a hundred.
const FAILING_FROM: u64 = 10_000;

/// All of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Traffic that is left out, in the file's order.
    pub left_out: Vec<LeftOut>,
    /// Places of those by the principal of who asks.
    by_principal: HashMap<String, usize>,
    /// Places of those by what is asked.
    by_operation: HashMap<String, usize>,
    /// What counts as failure, by namespace.
    failures: BTreeMap<String, Arc<Failures>>,
    /// The same of every other namespace.
    elsewhere: Option<Arc<Failures>>,
    /// Why nobody waits, by source and destination.
    asynchronous: BTreeMap<(Named, Named), Arc<str>>,
}

/// A workload by namespace and name.
type Named = (String, String);

/// Traffic that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub what: What,
    /// Why.
    pub reason: String,
}

/// By what it is told from other traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The principal of who asks.
    Principal(String),
    /// What is asked.
    Operation(String),
}

/// What counts as failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failures {
    /// Failures beside those that are by themselves.
    pub count: Vec<Outcome>,
    /// No failures.
    pub do_not_count: Vec<Outcome>,
    /// Share from which on an edge is called failing, in millionths; `None`: as where nothing is declared.
    pub failing_from: Option<u64>,
}

impl Failures {
    /// Share from which on an edge is called failing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most a million")]
    pub fn share(&self) -> Option<f64> {
        self.failing_from.map(|from| from as f64 / MILLION as f64)
    }

    /// True for what failed as it is declared. What was injected on purpose is never declared to be anything.
    #[must_use]
    pub fn is_failure(&self, outcome: Outcome) -> bool {
        let is_declared = self.count.contains(&outcome);
        is_declared || (outcome.is_failure() && !self.do_not_count.contains(&outcome))
    }
}

/// True where `failed` of `of` exchanges are as many as an edge is called failing for.
#[must_use]
pub fn is_failing(failures: Option<&Failures>, failed: u64, of: u64) -> bool {
    let from = failures.and_then(|failures| failures.failing_from).unwrap_or(FAILING_FROM);
    failed > 0 && u128::from(failed) * u128::from(MILLION) >= u128::from(of) * u128::from(from)
}

impl Declaration {
    /// The place of the entry by which an exchange is left out; of a principal's before an operation's.
    #[must_use]
    pub fn leaves_out(&self, principal: &str, operation: &str) -> Option<usize> {
        let of = |known: &HashMap<String, usize>, name: &str| {
            if name.is_empty() || known.is_empty() { None } else { known.get(name).copied() }
        };
        of(&self.by_principal, principal).or_else(|| of(&self.by_operation, operation))
    }

    /// True where traffic is left out by who asks.
    #[must_use]
    pub fn names_principals(&self) -> bool {
        !self.by_principal.is_empty()
    }

    /// What counts as failure on an edge: by the namespace of who is asked, and where that is no workload, of who asks.
    #[must_use]
    pub fn failures(&self, edge: &EdgeKey) -> Option<&Arc<Failures>> {
        let workload = [&edge.destination, &edge.source].into_iter().find_map(workload);
        workload.and_then(|workload| self.failures.get(&workload.namespace)).or(self.elsewhere.as_ref())
    }

    /// Why nobody waits on an edge; `None` where that is not declared.
    #[must_use]
    pub fn asynchronous(&self, edge: &EdgeKey) -> Option<&Arc<str>> {
        if self.asynchronous.is_empty() {
            return None;
        }
        let named = |end| workload(end).map(|one| (one.namespace.clone(), one.name.clone()));
        self.asynchronous.get(&(named(&edge.source)?, named(&edge.destination)?))
    }
}

const fn workload(end: &End) -> Option<&Workload> {
    if let End::Workload(workload) = end { Some(workload) } else { None }
}

/// What is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InForce {
    /// What is declared.
    pub declaration: Declaration,
    /// Another one is in force after each change; 0: nothing is declared.
    pub revision: u64,
    /// When it was read, nanoseconds since the epoch.
    pub loaded: u64,
    /// Why the file as it is now cannot be used, so that the one before it stays in force.
    pub refused: Option<String>,
}

/// What is in force, for whoever asks and for who changes it.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<RwLock<Arc<InForce>>>);

impl Shared {
    /// From now on this one.
    #[must_use]
    pub fn new(declaration: Declaration, loaded: u64) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(InForce { declaration, revision: 1, loaded, refused: None }))))
    }

    /// What is in force now.
    #[must_use]
    pub fn now(&self) -> Arc<InForce> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another declaration is in force from now on.
    pub fn change(&self, declaration: Declaration, loaded: u64) {
        self.put(|before| InForce { declaration, revision: before.revision + 1, loaded, refused: None });
    }

    /// The file cannot be used as it is, or can again: what is in force stays.
    pub fn refuse(&self, refused: Option<String>) {
        self.put(|before| InForce { refused, revision: before.revision + 1, ..before.clone() });
    }

    fn put(&self, made: impl FnOnce(&InForce) -> InForce) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Arc::new(made(&kept));
    }
}
