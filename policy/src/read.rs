//! Files of policies, read within bounds and checked as far as a file alone tells.

use std::collections::BTreeMap;

use serde_saphyr::options::AliasLimits;
use serde_saphyr::{Budget, Options, Spanned};

use crate::policy::{Exception, Policy, SCHEMA, end_of_day};
use crate::problem::{At, Level, Problem};
use crate::selector::{Scope, Selector, is_pattern};
use crate::written::{Written, WrittenException};

/// Longest file.
pub const FILE_BYTES: usize = 10 * 1024 * 1024;
/// Most policies of one run.
pub const POLICIES: usize = 1_000;
/// Most values of a file, keys among them.
const NODES: usize = 250_000;
/// Most that aliases may stand for.
const ALIASED: usize = 10_000;
/// Deepest nesting.
const DEPTH: usize = 32;

/// A text and the name it is known by.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path, as it was given.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// Policies that are in order, by file and place in it.
    pub policies: Vec<Policy>,
    /// What is wrong, in the same order.
    pub problems: Vec<Problem>,
}

/// Reads files; `now` is what exceptions end by, nanoseconds since the epoch.
#[must_use]
pub fn read(files: &[File], now: u64) -> Read {
    let mut reading = Reading { now, ..Reading::default() };
    for file in files {
        reading.file(file);
    }
    reading.read
}

impl Read {
    /// True where nothing is wrong that would leave a policy out.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.problems.iter().all(|problem| problem.level != Level::Error)
    }
}

#[derive(Default)]
struct Reading {
    now: u64,
    read: Read,
    /// Where each id stands first.
    known: BTreeMap<String, String>,
}

fn options() -> Options {
    let mut options = Options::default();
    let mut budget = Budget::default();
    (budget.max_nodes, budget.max_depth, budget.max_documents) = (NODES, DEPTH, POLICIES);
    (budget.max_aliases, budget.max_anchors) = (ALIASED, ALIASED);
    options.budget = Some(budget);
    let mut limits = AliasLimits::default();
    (limits.max_total_replayed_events, limits.max_replay_stack_depth) = (ALIASED, DEPTH);
    options.alias_limits = limits;
    options
}

impl Reading {
    fn file(&mut self, file: &File) {
        let top = At { line: 1, column: 1 };
        if file.text.len() > FILE_BYTES {
            let said = format!("it is longer than {FILE_BYTES} bytes");
            self.read.problems.push(top.problem(&file.name, Level::Error, said, "split it into several files"));
            return;
        }
        match serde_saphyr::from_multiple_with_options::<Spanned<Written>>(&file.text, options()) {
            Err(error) => self.read.problems.push(Problem::unreadable(&file.name, &error)),
            Ok(documents) if documents.is_empty() => {
                let problem =
                    top.problem(&file.name, Level::Error, "there is no policy in it", "write one, or leave it away");
                self.read.problems.push(problem);
            }
            Ok(documents) => documents.into_iter().for_each(|document| self.document(&file.name, document)),
        }
    }

    fn document(&mut self, file: &str, document: Spanned<Written>) {
        let at = At::of(document.referenced);
        let written = document.value;
        let mut wrong = Wrong { file, found: Vec::new() };
        wrong.of(&written, self.now);
        if self.read.policies.len() >= POLICIES {
            wrong.error(at, format!("there are more than {POLICIES} policies"), "ask for fewer at once");
        }
        let place = format!("{file}:{}", At::of(written.id.referenced).line);
        if let Some(other) = self.known.get(&written.id.value) {
            let said = format!("the id {} stands in {other} too", written.id.value);
            wrong.error(At::of(written.id.referenced), said, "give each policy an id of its own");
        } else {
            self.known.insert(written.id.value.clone(), place);
        }
        let is_usable = wrong.found.iter().all(|problem| problem.level != Level::Error);
        self.read.problems.append(&mut wrong.found);
        if is_usable {
            self.read.policies.push(policy(file, at, written));
        }
    }
}

fn policy(file: &str, at: At, written: Written) -> Policy {
    let exception = |one: Spanned<WrittenException>| Exception {
        at: At::of(one.referenced),
        scope: one.value.scope,
        reason: one.value.reason,
        owner: one.value.owner,
        until: end_of_day(&one.value.expires.value).unwrap_or_default(),
        expires: one.value.expires.value,
    };
    Policy {
        id: written.id.value,
        question: written.question.value,
        severity: written.severity,
        owner: written.owner.value,
        controls: written.controls,
        scope_at: written.scope.as_ref().map_or(at, |scope| At::of(scope.referenced)),
        scope: written.scope.map(|scope| scope.value).unwrap_or_default(),
        rule: written.rule.value,
        bounds: written.completeness.map(|bounds| bounds.value).unwrap_or_default(),
        exceptions: written.exceptions.into_iter().map(exception).collect(),
        file: file.to_owned(),
        at,
    }
}

/// What is wrong with one policy.
struct Wrong<'a> {
    file: &'a str,
    found: Vec<Problem>,
}

impl Wrong<'_> {
    fn error(&mut self, at: At, said: impl Into<String>, remedy: &str) {
        self.found.push(at.problem(self.file, Level::Error, said, remedy));
    }

    fn of(&mut self, written: &Written, now: u64) {
        if written.schema.value != SCHEMA {
            let said = format!("{} is no format of policies that is read here", written.schema.value);
            self.error(At::of(written.schema.referenced), said, &format!("write schema: {SCHEMA}"));
        }
        if !is_id(&written.id.value) {
            let remedy = "write small letters, digits and -, at most 63, as mutual-tls";
            self.error(At::of(written.id.referenced), format!("{} is no id", written.id.value), remedy);
        }
        for (field, text) in [("question", &written.question), ("owner", &written.owner)] {
            if text.value.trim().is_empty() {
                self.error(
                    At::of(text.referenced),
                    format!("{field} is empty"),
                    "whoever reads the report asks for it",
                );
            }
        }
        let at_rule = At::of(written.rule.referenced);
        if let Some((said, remedy)) = written.rule.value.wrong() {
            self.error(at_rule, said, remedy);
        }
        written.rule.value.selectors().for_each(|(_, selector)| self.patterns(at_rule, selector));
        if let Some(scope) = &written.scope {
            self.scope(At::of(scope.referenced), &scope.value);
        }
        if let Some(bounds) = &written.completeness {
            let shares = [bounds.value.time_covered, bounds.value.undecidable];
            if !shares.into_iter().all(|share| (0.0..=1.0).contains(&share)) {
                let said = "time_covered and undecidable are shares";
                self.error(At::of(bounds.referenced), said, "write numbers from 0 to 1, as 0.99");
            }
        }
        written.exceptions.iter().for_each(|exception| self.exception(exception, now));
    }

    fn exception(&mut self, written: &Spanned<WrittenException>, now: u64) {
        let (at, exception) = (At::of(written.referenced), &written.value);
        if exception.scope.is_empty() {
            self.error(at, "it excepts every edge", "say which in its scope");
        }
        self.scope(at, &exception.scope);
        if exception.reason.trim().is_empty() || exception.owner.trim().is_empty() {
            self.error(at, "its reason or its owner is empty", "an auditor asks for both");
        }
        let (expires, at) = (&exception.expires.value, At::of(exception.expires.referenced));
        match end_of_day(expires) {
            None => self.error(at, format!("{expires} is no day"), "write its last day, as 2026-12-31"),
            Some(until) if until <= now => {
                let said = format!("it expired with {expires} and excepts nothing any more");
                let remedy = "remedy what it let off and leave it away, or have its owner renew it";
                self.found.push(at.problem(self.file, Level::Warning, said, remedy));
            }
            Some(_) => {}
        }
    }

    fn scope(&mut self, at: At, scope: &Scope) {
        self.patterns(at, &scope.source);
        self.patterns(at, &scope.destination);
        if scope.port.contains(&0) {
            self.error(at, "there is no port 0", "write 1 to 65535");
        }
    }

    fn patterns(&mut self, at: At, selector: &Selector) {
        for pattern in selector.patterns().filter(|pattern| !is_pattern(pattern)) {
            let said = format!("the pattern \"{pattern}\" selects nothing");
            self.error(at, said, "write a name, with * at its beginning, its end or both");
        }
        for name in selector.no_names().filter(|name| is_pattern(name)) {
            self.error(
                at,
                format!("\"{name}\" can be nobody's name"),
                "write it as Kubernetes has it: small letters, digits, - and .",
            );
        }
        if selector.leaves_all_out() {
            self.error(at, "an empty not leaves out every end", "say which, as not: {namespace: [dev]}");
        }
    }
}

/// What Kubernetes takes for a label: small letters, digits and `-`, at most 63.
pub(crate) fn is_id(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_inner = text.bytes().all(|byte| is_part(byte) || byte == b'-');
    let ends = [text.bytes().next(), text.bytes().next_back()];
    text.len() <= 63 && is_inner && ends.into_iter().all(|byte| byte.is_some_and(is_part))
}
