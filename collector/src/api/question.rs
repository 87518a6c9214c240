//! A question's parameters. Strict: what is unknown, repeated or unreadable is refused, never ignored.

use hogusu_model::slot::SLOT_NANOS;
use hogusu_model::{Outcome, Protocol};

use super::answer::Problem;
use super::cursor::Cursor;
use crate::analysis::join::Include;
use crate::analysis::security::SecurityState;
use crate::label::{self, Asked, GRAMMAR, NoName};
use crate::report::{Moment, Selection};
use crate::shown::word;

const SECOND: u64 = 1_000_000_000;
/// Length of a period when nothing is said.
const DEFAULT_SINCE: u64 = 300 * SECOND;
/// Longest period.
const LONGEST: u64 = 401 * 86_400 * SECOND;
/// Entries on a page when nothing is said.
pub(super) const DEFAULT_LIMIT: usize = 500;
/// Entries on a page at most.
pub(super) const LARGEST_LIMIT: usize = 1_000;
/// Longest name that is asked for, in bytes: three parts of 256, each written with escapes.
const LONGEST_NAME: usize = 8 * 1024;

/// When.
const PERIOD: [&str; 3] = ["since", "from", "to"];
/// Which edges.
const SELECTION: [&str; 7] = ["cluster", "namespace", "workload", "protocol", "security", "outcome", "include"];
/// Which part of a list.
const PAGE: [&str; 2] = ["limit", "cursor"];

/// Which parameters an address takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// All of them.
    Map,
    /// All but pages.
    Graph,
    /// Those of a graph, and by what ends are put together.
    Groups,
    /// A period and included traffic.
    Edge,
    /// A period and pages.
    Senders,
    /// The same.
    Facts,
    /// A period.
    Compliance,
    /// None.
    Nothing,
    /// Edges over time.
    Series,
    /// A period, included traffic, and a workload.
    Named,
    /// A period, included traffic, and how links are ranked.
    Coupling,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) selection: Selection,
    pub(super) limit: usize,
    /// Where its page begins; further ones begin there too, but for the offset.
    pub(super) page: Cursor,
}

#[derive(Default)]
struct Given {
    since: Option<u64>,
    from: Option<u64>,
    to: Option<u64>,
    cursor: Option<Cursor>,
    limit: Option<usize>,
    selection: Selection,
}

impl Allowed {
    const fn word(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Graph => "graph",
            Self::Groups => "groups",
            Self::Edge => "edge",
            Self::Senders => "senders",
            Self::Facts => "facts",
            Self::Compliance => "compliance",
            Self::Series => "series",
            Self::Named => "named",
            Self::Coupling => "coupling",
            Self::Nothing => "",
        }
    }

    fn names(self) -> Vec<&'static str> {
        let own: &[&[&str]] = match self {
            Self::Map => &[&PERIOD, &SELECTION, &PAGE],
            Self::Graph => &[&PERIOD, &SELECTION],
            Self::Groups => &[&PERIOD, &SELECTION, &["by"]],
            Self::Edge => &[&PERIOD, &["include"]],
            Self::Senders | Self::Facts => &[&PERIOD, &PAGE],
            Self::Series => &[&PERIOD, &["namespace", "workload", "include", "edge", "step", "format"]],
            Self::Named => &[&PERIOD, &["workload", "include"]],
            Self::Coupling => &[&PERIOD, &["include", "limit", "weights"]],
            Self::Compliance => &[&PERIOD],
            Self::Nothing => &[],
        };
        own.concat()
    }
}

impl Question {
    pub(super) fn parse(pairs: &[(String, String)], allowed: Allowed, now: u64) -> Result<Self, Problem> {
        let (mut given, names) = (Given::default(), allowed.names());
        for (place, (name, value)) in pairs.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                let known = names.join(", ");
                let remedy =
                    if known.is_empty() { "this address takes none".to_owned() } else { format!("known: {known}") };
                return Err(Problem::bad("unknown_parameter", &format!("there is no parameter {name}"), &remedy));
            }
            if pairs.iter().take(place).any(|(earlier, _)| earlier == name) {
                return Err(Problem::bad("repeated_parameter", &format!("{name} is given twice"), "give it once"));
            }
            given.take(name, value)?;
        }
        let (from, to) = given.period(now)?;
        let question = given.question(allowed);
        if given.cursor.is_some_and(|cursor| cursor.question != question) {
            let remedy = "give it to the address that it is from, with the same filters";
            return Err(Problem::bad("bad_cursor", "the cursor belongs to another question", remedy));
        }
        let (offset, answer) = given.cursor.map_or((0, 0), |cursor| (cursor.offset, cursor.answer));
        let page = Cursor { question, offset, from, to, answer };
        Ok(Self { from, to, selection: given.selection, limit: given.limit.unwrap_or(DEFAULT_LIMIT), page })
    }
}

impl Given {
    fn take(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "since" => self.since = Some(since(value)?),
            "from" => self.from = Some(moment("bad_from", value)?),
            "to" => self.to = Some(moment("bad_to", value)?),
            "cursor" => self.cursor = Some(cursor(value)?),
            "limit" => self.limit = Some(limit(value)?),
            "include" => self.selection.include = include(value)?,
            "protocol" => self.selection.protocol = Some(word_of(name, value, Protocol::ALL, Protocol::as_str)?),
            "security" => {
                self.selection.security = Some(word_of(name, value, &SecurityState::ALL, SecurityState::as_str)?);
            }
            "outcome" => self.selection.outcome = Some(word_of(name, value, Outcome::ALL, Outcome::as_str)?),
            "cluster" => self.selection.cluster = Some(named(name, value, label::namespace)?),
            "namespace" => self.selection.namespace = Some(named(name, value, label::namespace)?),
            _ => self.selection.workload = Some(named(name, value, Asked::parse)?),
        }
        Ok(())
    }

    /// What tells its list from that of another question, in short.
    fn question(&self, allowed: Allowed) -> u32 {
        let Selection { cluster, namespace, workload, protocol, security, outcome, include } = &self.selection;
        // By what is asked, however it was written.
        let (namespace, workload) = (format!("{namespace:?}"), format!("{workload:?}"));
        let included = format!("{}{}", u8::from(include.probe), u8::from(include.telemetry));
        let mut parts = vec![allowed.word(), &namespace, &workload, &included];
        // Cursors of before these could be asked for are still of their questions.
        let kind = format!("{cluster:?} {protocol:?} {security:?} {outcome:?}");
        if cluster.is_some() || protocol.is_some() || security.is_some() || outcome.is_some() {
            parts.push(&kind);
        }
        Cursor::question(&parts)
    }

    /// A cursor pins the period of its first page. Else `since` ends with the slot that now is in, so that nothing that
    /// arrived is missing.
    fn period(&self, now: u64) -> Result<(u64, u64), Problem> {
        if self.since.is_some() && (self.from.is_some() || self.to.is_some()) {
            let message = "since and from or to exclude each other";
            return Err(Problem::bad("bad_period", message, "give since alone, or from and to"));
        }
        if let Some(cursor) = self.cursor {
            let same = self.from.is_none_or(|from| from == cursor.from) && self.to.is_none_or(|to| to == cursor.to);
            if !same {
                let remedy = "repeat the first page's from and to, or leave them out";
                return Err(Problem::bad("bad_cursor", "the cursor belongs to another period", remedy));
            }
            // A cursor is a question as any other: nobody but its writer knows who wrote it.
            return possible("bad_cursor", cursor.from, cursor.to);
        }
        let end = now.saturating_add(1).next_multiple_of(SLOT_NANOS);
        let (from, to) = match (self.from, self.to) {
            (Some(from), None) if from >= end => {
                let message = "from is in the future, and without to the period ends now";
                return Err(Problem::bad("bad_period", message, "give a from in the past"));
            }
            (Some(from), to) => (from, to.unwrap_or(end)),
            (None, Some(_)) => return Err(Problem::bad("bad_period", "to without from", "give from too")),
            (None, None) => (end.saturating_sub(self.since.unwrap_or(DEFAULT_SINCE)), end),
        };
        possible("bad_period", from, to)
    }
}

/// A period that can be asked for, however it was said.
fn possible(code: &'static str, from: u64, to: u64) -> Result<(u64, u64), Problem> {
    if from >= to {
        return Err(Problem::bad(code, "the period is empty: from is not before to", "exchange them"));
    }
    if to - from > LONGEST {
        return Err(Problem::bad(code, "the period is longer than 401 days", "ask for a shorter one"));
    }
    Ok((from, to))
}

/// A length of time like `90s`, `5m`, `1h` or `7d`, in nanoseconds.
pub(crate) fn parse_length(text: &str) -> Option<u64> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    number.parse::<u64>().ok()?.checked_mul(seconds)?.checked_mul(SECOND).filter(|nanos| *nanos > 0)
}

fn since(value: &str) -> Result<u64, Problem> {
    let remedy = "give a number and s, m, h or d: since=5m";
    parse_length(value).ok_or_else(|| Problem::bad("bad_since", &format!("since={value} is no length of time"), remedy))
}

fn moment(code: &'static str, value: &str) -> Result<u64, Problem> {
    let remedy = "give a time in RFC 3339: 2026-11-24T14:02:00Z";
    Moment::parse(value)
        .map(|moment| moment.0)
        .ok_or_else(|| Problem::bad(code, &format!("{value} is no time"), remedy))
}

fn cursor(value: &str) -> Result<Cursor, Problem> {
    let remedy = "take next_cursor of the page before, as it is";
    Cursor::parse(value).ok_or_else(|| Problem::bad("bad_cursor", "the cursor cannot be read", remedy))
}

fn limit(value: &str) -> Result<usize, Problem> {
    let within = |limit: &usize| (1..=LARGEST_LIMIT).contains(limit);
    let message = format!("limit={value} is not between 1 and {LARGEST_LIMIT}");
    let remedy = format!("leave it out for {DEFAULT_LIMIT}");
    value.parse().ok().filter(within).ok_or_else(|| Problem::bad("bad_limit", &message, &remedy))
}

fn include(value: &str) -> Result<Include, Problem> {
    let mut include = Include::default();
    for word in value.split(',') {
        let given = match word {
            "probe" => &mut include.probe,
            "telemetry" => &mut include.telemetry,
            "declared" => &mut include.declared,
            _ => {
                let message = format!("include={value} names traffic that is not known");
                return Err(Problem::bad("bad_include", &message, "known: probe, telemetry, declared"));
            }
        };
        if std::mem::replace(given, true) {
            let message = format!("include={value} names {word} twice");
            return Err(Problem::bad("bad_include", &message, "give each once: probe, telemetry, declared"));
        }
    }
    Ok(include)
}

/// One of some words.
fn word_of<T: Copy>(
    parameter: &str,
    value: &str,
    all: &[T],
    written: impl Fn(T) -> &'static str,
) -> Result<T, Problem> {
    let code = match parameter {
        "protocol" => "bad_protocol",
        "security" => "bad_security",
        _ => "bad_outcome",
    };
    let known = || all.iter().map(|one| written(*one)).collect::<Vec<_>>().join(", ");
    let message = || format!("{parameter}={} is no word that is known", word(value));
    let found = all.iter().copied().find(|one| written(*one) == value);
    found.ok_or_else(|| Problem::bad(code, &message(), &format!("known: {}", known())))
}

/// A k8s cluster, a namespace or a workload, as a map shows it.
fn named<T>(parameter: &str, value: &str, read: fn(&str) -> Result<T, NoName>) -> Result<T, Problem> {
    let (code, forms) = match parameter {
        "cluster" => ("bad_cluster", "K8S_CLUSTER"),
        "namespace" => ("bad_namespace", "NAMESPACE"),
        _ => ("bad_workload", GRAMMAR),
    };
    let bad = |message: &str| Problem::bad(code, message, &format!("give {parameter}={forms}"));
    if value.len() > LONGEST_NAME {
        return Err(bad(&format!("{parameter} is longer than {LONGEST_NAME} bytes")));
    }
    read(value).map_err(|why| bad(&format!("{parameter}={} names nothing: {why}", word(value))))
}
