//! What a check found, as plain data: `hogusu.check/v1`. Judges nothing.

use serde::{Deserialize, Serialize};

use super::catalogue::{Check, Group as Part};
use super::facts::Unread;
use crate::report::Moment;

/// The schema.
pub const SCHEMA: &str = "hogusu.check/v1";

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The claim holds.
    Pass,
    /// What it rests on could not be read; nothing is known.
    Skipped,
    /// It may be meant so.
    Warn,
    /// The claim does not hold.
    Fail,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `hogusu.check/v1`.
    pub schema: String,
    /// The collector's clock; `None` when it did not answer.
    pub at: Option<Moment>,
    /// Version of the command.
    pub version: String,
    /// The worst state of a line; `pass` also when lines were skipped.
    pub result: State,
    /// How many lines ended how.
    pub counts: Counts,
    /// In the order of the way from Kubernetes to the collector.
    pub groups: Vec<Group>,
}

/// How many lines ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Lines that passed.
    pub pass: usize,
    /// Lines with something that may be meant so.
    pub warn: usize,
    /// Lines that failed.
    pub fail: usize,
    /// Lines about which nothing is known.
    pub skipped: usize,
}

/// One part of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub id: String,
    /// For people.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One claim and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Name of the check.
    pub id: String,
    /// What holds when it passes.
    pub claim: String,
    /// How it ended.
    pub state: State,
    /// What was seen, or why nothing could be.
    pub said: Vec<String>,
    /// What to do; `None` when it passed.
    pub remedy: Option<String>,
    /// Where it is explained.
    pub link: String,
}

impl Line {
    fn new(check: Check, state: State, said: Vec<String>) -> Self {
        let remedy = matches!(state, State::Warn | State::Fail).then(|| check.remedy().to_owned());
        let (id, claim) = (check.id().to_owned(), check.claim().to_owned());
        Self { id, claim, state, said, remedy, link: check.link() }
    }

    /// It holds.
    pub(super) fn pass(check: Check, said: impl Into<String>) -> Self {
        let said = said.into();
        Self::new(check, State::Pass, if said.is_empty() { Vec::new() } else { vec![said] })
    }

    /// It holds where nothing is said against it.
    pub(super) fn fail_if_any(check: Check, against: Vec<String>, otherwise: impl Into<String>) -> Self {
        if against.is_empty() { Self::pass(check, otherwise) } else { Self::new(check, State::Fail, against) }
    }

    /// The same, where what is said against it may be meant so.
    pub(super) fn warn_if_any(check: Check, against: Vec<String>, otherwise: impl Into<String>) -> Self {
        if against.is_empty() { Self::pass(check, otherwise) } else { Self::new(check, State::Warn, against) }
    }

    /// It does not hold where something fails it; what may be meant so stands behind that, or warns alone.
    pub(super) fn worst(
        check: Check,
        failing: Vec<String>,
        doubtful: Vec<String>,
        otherwise: impl Into<String>,
    ) -> Self {
        if failing.is_empty() {
            return Self::warn_if_any(check, doubtful, otherwise);
        }
        Self::new(check, State::Fail, [failing, doubtful].concat())
    }

    /// It does not hold.
    pub(super) fn fail(check: Check, said: impl Into<String>) -> Self {
        Self::new(check, State::Fail, vec![said.into()])
    }

    /// It may be meant so.
    pub(super) fn warn(check: Check, said: impl Into<String>) -> Self {
        Self::new(check, State::Warn, vec![said.into()])
    }

    /// Nothing is known.
    pub(super) fn skipped(check: Check, unread: &Unread) -> Self {
        Self::unclear(check, vec![unread.to_string()])
    }

    /// Whether it holds hangs on something that is not known.
    pub(super) fn unclear(check: Check, said: Vec<String>) -> Self {
        Self::new(check, State::Skipped, said)
    }
}

impl Report {
    /// Puts lines into their groups, in the catalogue's order.
    pub(super) fn of(at: Option<Moment>, lines: &[Line]) -> Self {
        let mut counts = Counts::default();
        for line in lines {
            *match line.state {
                State::Pass => &mut counts.pass,
                State::Warn => &mut counts.warn,
                State::Fail => &mut counts.fail,
                State::Skipped => &mut counts.skipped,
            } += 1;
        }
        let worst = lines.iter().map(|line| line.state).filter(|state| *state != State::Skipped).max();
        let of_part = |part: Part| {
            let checks = Check::ALL.iter().filter(move |check| check.group() == part);
            let lines = checks.flat_map(|check| lines.iter().filter(|line| line.id == check.id())).cloned();
            Group { id: part.id().to_owned(), title: part.title().to_owned(), lines: lines.collect() }
        };
        Self {
            schema: SCHEMA.to_owned(),
            at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            result: worst.unwrap_or(State::Pass),
            counts,
            groups: Part::ALL.into_iter().map(of_part).collect(),
        }
    }

    /// Every line.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.groups.iter().flat_map(|group| &group.lines)
    }
}
