//! What was seen of one source and one port of a workload: what was counted, and what that says of who was let in.

use std::collections::BTreeMap;

use crate::call::{Call, Peer};
use crate::truth::Missing;
use crate::wire::{Client, Server, Wire};
use crate::workload::Labels;

/// What is missing where refused exchanges may be any of an edge's.
const WHICH: &str = "which of the exchanges were let in";
/// What is missing where those of one name may all have been refused.
const WHO: &str = "whose exchanges were let in";

/// What was seen of one source and one port of a workload, alike in all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who asked.
    pub client: Client,
    /// Who was asked.
    pub server: Server,
    /// What is known of the exchanges; who asked stands in `principals`.
    pub call: Call,
    /// Names of the source's certificates, of those that were let in and of those that were refused; none: not recorded.
    pub principals: Vec<String>,
    /// Some of those over mutual TLS perhaps have another name, or none that is recorded.
    pub has_unnamed: bool,
    /// Exchanges by what the connection was, refused ones among them; [`Wire::Refused`] is none of them.
    pub counted: BTreeMap<Wire, u64>,
    /// Exchanges over connections of which nobody says what they were, refused ones among them.
    pub unclear: u64,
    /// Exchanges that were refused, by a policy or by what else refuses.
    pub denied: u64,
    /// Exchanges of which nothing tells whether policies let them in: they ended before the application answered.
    pub unanswered: u64,
    /// Connections that the server's listener refused; in none of the counts above.
    pub refused: u64,
    /// Labels of the workload's pods after the change, where it changes them or what else steers their proxy.
    pub becomes: Option<Labels>,
    /// What a change changes of the pods of either end beside labels, in words.
    pub remade: Vec<String>,
    /// Why nothing of it is certain, whatever is decided.
    pub doubts: Missing,
}

/// How many of some exchanges were let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LetIn {
    /// At most so many.
    pub(crate) most: u64,
    /// At least so many, whichever of the edge's were refused.
    pub(crate) least: u64,
}

impl Seen {
    /// How many of `count` were let in.
    pub(crate) fn let_in(&self, count: u64) -> LetIn {
        let all = self.counted.values().copied().fold(self.unclear, u64::saturating_add);
        let stopped = self.denied.saturating_add(self.unanswered);
        LetIn { most: count.min(all.saturating_sub(self.denied)), least: count.saturating_sub(stopped) }
    }

    /// Why it is not certain that one of those who ask as `among` others, of whom so many exchanges were let in, was let in.
    pub(crate) fn doubt(&self, let_in: LetIn, among: usize) -> Missing {
        let is_any_stopped = self.denied > 0 || self.unanswered > 0;
        let why = match (let_in.least, among) {
            (0, _) => Some(WHICH),
            (_, 2..) if is_any_stopped => Some(WHO),
            _ => None,
        };
        why.into_iter().map(str::to_owned).collect()
    }

    /// What all connections were, where they are alike.
    #[must_use]
    pub fn only_wire(&self) -> Option<Wire> {
        let mut all = self.counted.keys().copied();
        all.next().filter(|_| all.next().is_none() && self.unclear == 0)
    }

    /// Who asked, where that is one name.
    pub(crate) fn only_principal(&self) -> Option<String> {
        let is_one = !self.has_unnamed && self.only_wire() == Some(Wire::MutualTls);
        self.principals.first().filter(|_| is_one && self.principals.len() == 1).cloned()
    }

    /// Who asked, as each connection of a kind shows it.
    pub(crate) fn peers(&self, wire: Wire) -> Vec<Option<Peer>> {
        if matches!(wire, Wire::Plaintext | Wire::OtherTls) {
            return vec![Some(Peer::Nobody)];
        }
        let named = self.principals.iter().map(|name| Some(Peer::Certificate(name.clone())));
        let unnamed = (self.principals.is_empty() || self.has_unnamed).then_some(None);
        named.chain(unnamed).collect()
    }

    /// Who may be those that were refused: everybody who asked.
    pub(crate) fn peers_refused(&self) -> Vec<Option<Peer>> {
        let is_seen = |wire: Wire| self.unclear > 0 || self.counted.get(&wire).is_some_and(|count| *count > 0);
        let mut all = if is_seen(Wire::MutualTls) { self.peers(Wire::MutualTls) } else { Vec::new() };
        if is_seen(Wire::Plaintext) || is_seen(Wire::OtherTls) {
            all.push(Some(Peer::Nobody));
        }
        if all.is_empty() { vec![None] } else { all }
    }

    /// The call, as one who asks so makes it.
    pub(crate) fn call_of(&self, peer: Option<Peer>) -> Call {
        Call { peer, ..self.call.clone() }
    }
}
