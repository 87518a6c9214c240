//! Source workloads that cannot be told apart at a destination, since they share a principal.
//!
//! A workload is tied to every principal it used or was seen with; what is tied together is one kin, and counts are
//! compared per kin, never split (rule 7).

use foldhash::HashMap;
use hogusu_model::edge::End;

use super::flow::{FlowKey, Flows};
use super::numbered::{EndId, Numbered, PrincipalId};

/// Number of a kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KinId(usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Member {
    Workload(EndId),
    Principal(PrincipalId),
}

/// Who belongs together in a period.
#[derive(Debug, Clone, Default)]
pub struct Kinship {
    numbers: HashMap<Member, usize>,
    /// Parent of each number; a root is its own parent.
    parents: Vec<usize>,
}

impl Kinship {
    /// Ties the workloads and principals of all flows.
    #[must_use]
    pub fn of(flows: &Flows, numbered: &Numbered) -> Self {
        let mut kinship = Self::default();
        for flow in flows.keys() {
            let mut members = members(flow, numbered).map(|member| kinship.number(member));
            let (one, other) = (members.next(), members.next());
            if let (Some(one), Some(other)) = (one, other) {
                kinship.tie(one, other);
            }
        }
        kinship
    }

    /// The kin of a flow's source; `None` when neither workload nor principal is known.
    #[must_use]
    pub fn of_flow(&self, flow: &FlowKey, numbered: &Numbered) -> Option<KinId> {
        members(flow, numbered).find_map(|member| self.kin(member))
    }

    /// The kin of an edge's source.
    #[must_use]
    pub fn of_source<'a>(
        &self,
        source: EndId,
        principals: impl Iterator<Item = &'a String>,
        numbered: &Numbered,
    ) -> Option<KinId> {
        if matches!(numbered.of(source), End::Workload(_)) {
            return self.kin(Member::Workload(source));
        }
        let mut kins =
            principals.map(|one| numbered.known_principal(one).and_then(|one| self.kin(Member::Principal(one))));
        let first = kins.next()??;
        kins.all(|one| one == Some(first)).then_some(first)
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

    fn kin(&self, member: Member) -> Option<KinId> {
        self.numbers.get(&member).map(|number| KinId(self.root(*number)))
    }
}

fn members(flow: &FlowKey, numbered: &Numbered) -> impl Iterator<Item = Member> {
    let is_workload = matches!(numbered.of(flow.source), End::Workload(_));
    let workload = is_workload.then_some(Member::Workload(flow.source));
    workload.into_iter().chain(flow.principal.map(Member::Principal))
}
