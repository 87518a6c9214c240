//! Policies that say what a server accepts: Istio's PeerAuthentication, its levels, and which of several is the one that counts.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::mesh::Mesh;
use crate::object::Object;
use crate::possible::Possible;
use crate::truth::{Missing, Truth};
use crate::workload::{Proxy, Workload};

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAuthentication {
    /// Its name, place and age.
    pub object: Object,
    /// Pods with these labels; empty: it has no selector.
    pub selector: BTreeMap<String, String>,
    /// `mtls.mode`.
    pub mode: Mode,
    /// `portLevelMtls`, by port of the workload.
    pub ports: BTreeMap<u16, Mode>,
}

/// What a server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// What the level above says.
    Unset,
    /// Bytes as they come.
    Disable,
    /// Mutual TLS of the mesh, and plaintext.
    Permissive,
    /// Mutual TLS alone.
    Strict,
}

/// Whom a policy is for; a narrower level comes before a wider one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The mesh.
    Mesh,
    /// Its namespace.
    Namespace,
    /// Pods that it selects.
    Workload,
}

/// Why a policy does not count for a workload's port that it might be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// One of the same level is older: `NAMESPACE/NAME`. Nothing of the younger is merged.
    Younger(String),
    /// One of a narrower level says another mode.
    Wider(String),
    /// With a selector in the root namespace it is ignored everywhere.
    SelectorInRoot,
    /// It is not known whether it does.
    Undecided,
}

/// What a workload's port accepts, and by which policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'a> {
    /// What is accepted: never [`Mode::Unset`].
    pub mode: Possible<Mode>,
    /// The policy whose mode that is; `None`: Istio's default, or not known.
    pub winner: Option<&'a PeerAuthentication>,
    /// Places of those that perhaps count.
    counting: BTreeSet<usize>,
}

const AGES: &str = "metadata.creationTimestamp of PeerAuthentications of one scope";
const PORT: &str = "destination.port";

impl PeerAuthentication {
    /// Whom it is for; `None`: nobody.
    #[must_use]
    pub fn level(&self, mesh: &Mesh) -> Option<Level> {
        match (self.object.namespace == mesh.root_namespace, self.selector.is_empty()) {
            (true, true) => Some(Level::Mesh),
            (true, false) => None,
            (false, true) => Some(Level::Namespace),
            (false, false) => Some(Level::Workload),
        }
    }
}

/// The policies of one level that may be the one that counts, and `None` where perhaps none does.
#[derive(Debug)]
struct Candidates<'a> {
    all: Vec<Option<&'a PeerAuthentication>>,
    missing: Missing,
}

fn candidates<'a>(all: &'a [PeerAuthentication], level: Level, workload: &Workload, mesh: &Mesh) -> Candidates<'a> {
    let of_level = all.iter().filter(|one| one.level(mesh) == Some(level));
    let attached: Vec<(&PeerAuthentication, Truth)> = of_level
        .filter(|one| level == Level::Mesh || one.object.namespace == workload.namespace)
        .map(|one| (one, workload.selected_by(&one.selector)))
        .filter(|(_, is_attached)| *is_attached != Truth::No)
        .collect();
    let is_beaten = |one: &PeerAuthentication| {
        let beats = |other: &PeerAuthentication| other.object.older(&one.object) == Some(Ordering::Less);
        attached.iter().any(|(other, is_attached)| *is_attached == Truth::Yes && beats(other))
    };
    let mut found: Vec<Option<&PeerAuthentication>> =
        attached.iter().map(|(one, _)| *one).filter(|one| !is_beaten(one)).map(Some).collect();
    let mut missing = Missing::new();
    for (_, is_attached) in &attached {
        if let Truth::Unknown(fields) = is_attached {
            missing.extend(fields.iter().cloned());
        }
    }
    if found.len() > 1 {
        missing.insert(AGES.to_owned());
    }
    if !attached.iter().any(|(_, is_attached)| *is_attached == Truth::Yes) {
        found.push(None);
    }
    Candidates { all: found, missing }
}

impl<'a> Candidates<'a> {
    /// The mode of this level over the one above it, and whose it is.
    fn over(
        &self,
        above: &Possible<(Mode, Option<usize>)>,
        index: impl Fn(&PeerAuthentication) -> usize,
        port: Of,
    ) -> Possible<(Mode, Option<usize>)> {
        let one = |candidate: &Option<&'a PeerAuthentication>| match candidate {
            None => above.clone(),
            Some(policy) => {
                let whole = match policy.mode {
                    Mode::Unset => above.clone(),
                    mode => Possible::only((mode, Some(index(policy)))),
                };
                port.in_place_of(policy, index(policy), &whole)
            }
        };
        let mut joined = Possible { all: BTreeSet::new(), missing: self.missing.clone() };
        for candidate in &self.all {
            let own = one(candidate);
            joined.all.extend(own.all);
            joined.missing.extend(own.missing);
        }
        joined.and_then(Possible::only)
    }
}

/// Of which port, and before which proxy.
#[derive(Debug, Clone, Copy)]
enum Of {
    /// Of none: levels above the workload's know no ports.
    Any,
    /// Of this port of the workload, where it is known.
    Port { port: Option<u16>, is_ztunnel: bool },
}

impl Of {
    fn in_place_of(
        self,
        policy: &PeerAuthentication,
        index: usize,
        whole: &Possible<(Mode, Option<usize>)>,
    ) -> Possible<(Mode, Option<usize>)> {
        let Self::Port { port, is_ztunnel } = self else { return whole.clone() };
        let at = |mode: Mode| match mode {
            Mode::Unset => whole.clone(),
            // Read in its source, and not seen: ztunnel does not honour it.
            Mode::Disable if is_ztunnel && policy.mode == Mode::Unset => {
                let both = whole.all.iter().copied().chain([(Mode::Disable, Some(index))]);
                Possible::of(both, "whether ztunnel honours a port's DISABLE under an UNSET mode")
            }
            mode => Possible::only((mode, Some(index))),
        };
        match port {
            Some(port) => policy.ports.get(&port).map_or_else(|| whole.clone(), |mode| at(*mode)),
            None if policy.ports.is_empty() => whole.clone(),
            None => {
                let all = policy.ports.values().flat_map(|mode| at(*mode).all).chain(whole.all.iter().copied());
                Possible::of(all.collect::<Vec<_>>(), PORT)
            }
        }
    }
}

/// What a workload's port accepts.
#[must_use]
pub fn standing<'a>(
    all: &'a [PeerAuthentication],
    workload: &Workload,
    port: Option<u16>,
    mesh: &Mesh,
) -> Standing<'a> {
    let is_ztunnel = workload.proxy == Proxy::Ztunnel;
    let index = |policy: &PeerAuthentication| all.iter().position(|one| std::ptr::eq(one, policy)).unwrap_or_default();
    let mut reached = Possible::only((Mode::Permissive, None));
    for level in [Level::Mesh, Level::Namespace, Level::Workload] {
        let port = if level == Level::Workload { Of::Port { port, is_ztunnel } } else { Of::Any };
        reached = candidates(all, level, workload, mesh).over(&reached, index, port);
    }
    let winner = reached.known().and_then(|(_, index)| all.get((*index)?));
    let mode = reached.clone().and_then(|(mode, _)| {
        // What is taken in by ztunnel is a tunnel or plaintext, so DISABLE lets in what PERMISSIVE does.
        Possible::only(if is_ztunnel && mode == Mode::Disable { Mode::Permissive } else { mode })
    });
    Standing { mode, winner, counting: reached.all.iter().filter_map(|(_, index)| *index).collect() }
}

/// What the policies of mesh and namespace say of a namespace: all that a client's configuration looks at before it chooses.
#[must_use]
pub(crate) fn of_namespace(all: &[PeerAuthentication], namespace: &str, mesh: &Mesh) -> Possible<Mode> {
    let workload =
        Workload { namespace: namespace.to_owned(), name: String::new(), labels: None, proxy: Proxy::Sidecar };
    let mut reached = Possible::only((Mode::Permissive, None));
    for level in [Level::Mesh, Level::Namespace] {
        reached = candidates(all, level, &workload, mesh).over(&reached, |_| 0, Of::Any);
    }
    reached.and_then(|(mode, _)| Possible::only(mode))
}

impl Standing<'_> {
    /// Those of `all` that do not count, and why; of the same policies, workload and mesh as this.
    #[must_use]
    pub fn losers<'a>(
        &self,
        all: &'a [PeerAuthentication],
        workload: &Workload,
        mesh: &Mesh,
    ) -> Vec<(&'a PeerAuthentication, Lost)> {
        let winner = self.winner;
        let mut lost = Vec::new();
        for (index, one) in all.iter().enumerate() {
            let is_winner = winner.is_some_and(|winner| std::ptr::eq(winner, one));
            let is_selected = workload.selected_by(&one.selector) != Truth::No;
            let is_near = one.object.namespace == workload.namespace || one.object.namespace == mesh.root_namespace;
            if is_winner || !is_selected || !is_near {
                continue;
            }
            let Some(level) = one.level(mesh) else {
                lost.push((one, Lost::SelectorInRoot));
                continue;
            };
            let of_level = candidates(all, level, workload, mesh).all;
            let is_candidate = of_level.iter().flatten().any(|other| std::ptr::eq(*other, one));
            let why = match (is_candidate, of_level.as_slice(), winner) {
                (false, [Some(older)], _) => Lost::Younger(older.object.label()),
                (true, [_], Some(winner)) => Lost::Wider(winner.object.label()),
                _ if self.counting.contains(&index) => Lost::Undecided,
                _ => winner.map_or(Lost::Undecided, |winner| Lost::Wider(winner.object.label())),
            };
            lost.push((one, why));
        }
        lost
    }
}
