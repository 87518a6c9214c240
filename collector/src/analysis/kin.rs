//! Source workloads that cannot be told apart at a destination, since they share a principal.
//!
//! A workload is tied to every principal it used or was seen with; what is tied together is one kin, and counts are
//! compared per kin, never split (rule 7).

use std::collections::BTreeMap;

use hogusu_model::Workload;
use hogusu_model::edge::End;

use super::flow::{FlowKey, Flows};

/// Number of a kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KinId(usize);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Workload(Workload),
    Principal(String),
}

/// Who belongs together in a period.
#[derive(Debug, Clone, Default)]
pub struct Kinship {
    numbers: BTreeMap<Member, usize>,
    /// Parent of each number; a root is its own parent.
    parents: Vec<usize>,
}

impl Kinship {
    /// Ties the workloads and principals of all flows.
    #[must_use]
    pub fn of(flows: &Flows) -> Self {
        let mut kinship = Self::default();
        for flow in flows.keys() {
            let mut members = members(flow).map(|member| kinship.number(member)).collect::<Vec<_>>().into_iter();
            if let (Some(one), Some(other)) = (members.next(), members.next()) {
                kinship.tie(one, other);
            }
        }
        kinship
    }

    /// The kin of a flow's source; `None` when neither workload nor principal is known.
    #[must_use]
    pub fn of_flow(&self, flow: &FlowKey) -> Option<KinId> {
        members(flow).find_map(|member| self.kin(&member))
    }

    /// The kin of an edge's source.
    #[must_use]
    pub fn of_source<'a>(&self, source: &End, mut principals: impl Iterator<Item = &'a String>) -> Option<KinId> {
        if let End::Workload(workload) = source {
            return self.kin(&Member::Workload(workload.clone()));
        }
        let first = principals.next().and_then(|one| self.kin(&Member::Principal(one.clone())))?;
        principals.all(|one| self.kin(&Member::Principal(one.clone())) == Some(first)).then_some(first)
    }

    fn number(&mut self, member: Member) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.entry(member).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    fn tie(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(parent) = self.parents.get_mut(one.max(other)) {
            *parent = one.min(other);
        }
    }

    /// Parents only ever point to smaller numbers, so this ends.
    fn root(&self, mut number: usize) -> usize {
        while let Some(parent) = self.parents.get(number).copied().filter(|parent| *parent != number) {
            number = parent;
        }
        number
    }

    fn kin(&self, member: &Member) -> Option<KinId> {
        self.numbers.get(member).map(|number| KinId(self.root(*number)))
    }
}

fn members(flow: &FlowKey) -> impl Iterator<Item = Member> {
    let workload = match &flow.source {
        End::Workload(workload) => Some(Member::Workload(workload.clone())),
        _ => None,
    };
    let principal = (!flow.principal.is_empty()).then(|| Member::Principal(flow.principal.clone()));
    workload.into_iter().chain(principal)
}
