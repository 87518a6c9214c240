//! How the watch goes: which kinds were listed, which are missing or refused, whether the API server answers. Pure.

use std::collections::BTreeMap;

use super::objects::Kind;
use super::record::WatchState;

/// Without a further failure for so long, a watch that failed goes on: 35 s, beyond the longest pause between two tries.
const RECOVERY_NANOS: u64 = 35_000_000_000;

/// Why the API server did not give a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has no such kind.
    Absent,
    /// It does not let us.
    Forbidden(String),
    /// Anything else: no answer, an error, a broken connection.
    Failed(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("no such kind"),
            Self::Forbidden(why) | Self::Failed(why) => f.write_str(why),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OfKind {
    is_listed: bool,
    refusal: Option<(Refusal, u64)>,
}

/// How the watch goes.
#[derive(Debug, Clone, Default)]
pub struct Health {
    kinds: BTreeMap<Kind, OfKind>,
    server: Option<String>,
    /// Why the API server did not answer when it was asked last.
    silence: Option<String>,
    /// Since when it is not watched.
    unreachable_since: Option<u64>,
}

impl Health {
    /// Nothing known, as of `now`.
    #[must_use]
    pub fn begun(now: u64) -> Self {
        Self { unreachable_since: Some(now), silence: Some("not listed yet".to_owned()), ..Self::default() }
    }

    /// News of a kind came.
    pub fn heard(&mut self, kind: Kind) {
        self.kinds.entry(kind).or_default().refusal = None;
    }

    /// A kind was listed whole.
    pub fn listed(&mut self, kind: Kind) {
        self.kinds.entry(kind).or_default().is_listed = true;
    }

    /// A kind could not be had. True when that is new.
    pub fn failed(&mut self, kind: Kind, why: &Refusal, now: u64) -> bool {
        let of_kind = self.kinds.entry(kind).or_default();
        let is_new = of_kind.refusal.as_ref().is_none_or(|(known, _)| known != why);
        of_kind.refusal = Some((why.clone(), now));
        // An extension that is not installed is as good as an empty list of it.
        is_new && *why != Refusal::Absent
    }

    /// The API server was asked for its version.
    pub fn pinged(&mut self, answer: Result<String, String>, now: u64) {
        match answer {
            Ok(version) => {
                self.server = Some(version);
                self.silence = None;
            }
            Err(why) => self.silence = Some(why),
        }
        for of_kind in self.kinds.values_mut() {
            let is_over = |at: u64| self.silence.is_none() && now.saturating_sub(at) > RECOVERY_NANOS;
            if matches!(of_kind.refusal, Some((Refusal::Failed(_), at)) if is_over(at)) {
                of_kind.refusal = None;
            }
        }
        self.unreachable_since = match (self.is_watching(now), self.unreachable_since) {
            (true, _) => None,
            (false, since) => since.or(Some(now)),
        };
    }

    /// Version of the API server.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// True once every kind was listed, or is known not to come: only then pods are seen for what they are.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let is_told = |kind: Kind| self.kinds.get(&kind).is_some_and(|of| of.is_listed || of.refusal.is_some());
        self.has(Kind::Pods) && Kind::ALL.into_iter().all(is_told)
    }

    /// True while the API server answers and the watch of pods goes on.
    #[must_use]
    pub fn is_watching(&self, _now: u64) -> bool {
        self.silence.is_none() && self.has(Kind::Pods) && self.refusal(Kind::Pods).is_none()
    }

    /// True when it is known which plugin objects there are.
    #[must_use]
    pub fn has_plugins(&self) -> bool {
        let is_known = |kind| self.has(kind) || self.refusal(kind) == Some(&Refusal::Absent);
        [Kind::WasmPlugins, Kind::TrafficExtensions].into_iter().all(is_known)
    }

    /// For those who ask.
    #[must_use]
    pub fn state(&self, now: u64) -> WatchState {
        let refused = || {
            let named = Kind::ALL.into_iter().filter_map(|kind| Some((kind, self.refusal(kind)?)));
            let named = named.filter(|(_, refusal)| **refusal != Refusal::Absent);
            let named: Vec<String> = named.map(|(kind, refusal)| format!("{}: {refusal}", kind.as_str())).collect();
            (!named.is_empty()).then(|| named.join("; "))
        };
        if self.is_watching(now) {
            return WatchState::Watching { refused: refused() };
        }
        let error = self.silence.clone().or_else(refused).unwrap_or_else(|| "not listed yet".to_owned());
        WatchState::Unreachable { error, since: self.unreachable_since.unwrap_or(now) }
    }

    fn has(&self, kind: Kind) -> bool {
        self.kinds.get(&kind).is_some_and(|of| of.is_listed)
    }

    fn refusal(&self, kind: Kind) -> Option<&Refusal> {
        self.kinds.get(&kind)?.refusal.as_ref().map(|(refusal, _)| refusal)
    }
}
