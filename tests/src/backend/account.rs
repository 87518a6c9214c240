//! The account of those who are asked: what arrived at a backend, what it did, and what it asked others.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::State;
use crate::load::Account as CallAccount;

/// What the backend did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Served {
    Answered(u16),
    AnsweredGrpc(u32),
    ResetBeforeHeaders,
    ResetMidBody,
    /// The other side gave up before there was an answer.
    Abandoned,
}

/// What arrived at one backend, and what it sent itself.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// (script of the attempt, end) -> count.
    pub served: BTreeMap<(String, Served), u64>,
    /// Calls of its own: service -> account.
    pub calls: BTreeMap<String, CallAccount>,
    pub under_way: u64,
}

impl Account {
    pub fn arrived(&self) -> u64 {
        self.served.values().sum::<u64>() + self.under_way
    }

    pub fn ended(&self, wanted: Served) -> u64 {
        self.served.iter().filter(|((_, served), _)| *served == wanted).map(|(_, count)| count).sum()
    }
}

/// One request under way: dropped without `close`, it was abandoned.
pub(super) struct Entry {
    state: Arc<State>,
    label: String,
    end: Option<Served>,
}

impl Entry {
    pub(super) fn open(state: &Arc<State>, label: String) -> Self {
        state.account().under_way += 1;
        Self { state: Arc::clone(state), label, end: None }
    }

    pub(super) fn close(mut self, end: Served) {
        self.end = Some(end);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let key = (std::mem::take(&mut self.label), self.end.unwrap_or(Served::Abandoned));
        let mut account = self.state.account();
        account.under_way -= 1;
        *account.served.entry(key).or_default() += 1;
    }
}
