//! How an edge is secured, joined from what each side can assert.
//!
//! A source sees that the server authenticated, or that there was no TLS. Only a destination sees whether the client
//! authenticated. Where a side saw more than one word, the worst one is its word, with its share.
//!
//! `plaintext` of a TCP connection says that a proxy made no TLS and saw none: a side whose listener looks into what passes
//! through knows more than one whose listener does not.

use hogusu_model::{Outcome, Security};

use super::edge::{Class, Side};
use super::numerals::{grouped, share};

/// The joined state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecurityState {
    /// Both ends authenticated.
    MutualTls,
    /// The server authenticated; of the client nothing is known, or it did not.
    Tls,
    /// The applications speak TLS themselves: not plaintext, and no proxy proved the peer.
    ApplicationTls,
    /// No TLS, at least for a part.
    Plaintext,
    /// Nothing was connected, or nobody says.
    #[default]
    Unknown,
    /// The sides contradict each other.
    Disagreement,
}

impl SecurityState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::MutualTls, Self::Tls, Self::ApplicationTls, Self::Plaintext, Self::Unknown, Self::Disagreement];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MutualTls => "mutual_tls",
            Self::Tls => "tls",
            Self::ApplicationTls => "application_tls",
            Self::Plaintext => "plaintext",
            Self::Unknown => "unknown",
            Self::Disagreement => "disagreement",
        }
    }
}

/// Exchanges of one side by how their connection was secured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecurityCounts {
    /// Both ends authenticated.
    pub mutual_tls: u64,
    /// The server authenticated.
    pub tls: u64,
    /// TLS of the applications' own; the peer is unproven.
    pub application_tls: u64,
    /// No TLS.
    pub plaintext: u64,
    /// No connection, or nothing known.
    pub unknown: u64,
}

/// State and what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeSecurity {
    /// The state.
    pub state: SecurityState,
    /// Who says so, and for which share.
    pub statement: String,
}

impl SecurityCounts {
    /// Counts `count` exchanges.
    pub fn add(&mut self, security: Security, count: u64) {
        let slot = match security {
            Security::MutualTls => &mut self.mutual_tls,
            Security::Tls => &mut self.tls,
            Security::ApplicationTls => &mut self.application_tls,
            Security::Plaintext => &mut self.plaintext,
            Security::Unknown => &mut self.unknown,
        };
        *slot = slot.saturating_add(count);
    }

    /// The worst word that was seen; `None` when nothing was connected.
    fn worst(self) -> Option<Security> {
        match self {
            Self { plaintext: 1.., .. } => Some(Security::Plaintext),
            Self { application_tls: 1.., .. } => Some(Security::ApplicationTls),
            Self { tls: 1.., .. } => Some(Security::Tls),
            Self { mutual_tls: 1.., .. } => Some(Security::MutualTls),
            _ => None,
        }
    }

    /// Told by the other side that so many connections were TLS of the applications' own: what was plaintext to this side
    /// was that.
    fn told(mut self, by_other: u64) -> Self {
        let unseen = by_other.saturating_sub(self.application_tls).min(self.plaintext);
        self.plaintext -= unseen;
        self.application_tls = self.application_tls.saturating_add(unseen);
        self
    }

    fn of(self, word: Security) -> u64 {
        match word {
            Security::MutualTls => self.mutual_tls,
            Security::Tls => self.tls,
            Security::ApplicationTls => self.application_tls,
            Security::Plaintext => self.plaintext,
            Security::Unknown => self.unknown,
        }
    }

    fn connected(self) -> u64 {
        [self.tls, self.application_tls, self.plaintext].into_iter().fold(self.mutual_tls, u64::saturating_add)
    }

    /// `, 10 of 1,000 (1 %)` when the worst word is not the only one.
    fn part(self, word: Security) -> String {
        let (part, whole) = (self.of(word), self.connected());
        if part == whole {
            return String::new();
        }
        format!(", {} of {} ({})", grouped(part), grouped(whole), share(part, whole))
    }
}

/// Joins both sides' words.
#[must_use]
pub fn join(source: Option<&Side>, destination: Option<&Side>) -> EdgeSecurity {
    let sides = [source, destination];
    let is_shut = destination.is_some_and(let_nobody_in);
    let (source, destination) = seen(source, destination);
    let seen_by_source = source.and_then(SecurityCounts::worst);
    let seen_by_destination = destination.and_then(SecurityCounts::worst);
    match (seen_by_source, seen_by_destination) {
        (None, None) => said(SecurityState::Unknown, why_unknown(sides).to_owned()),
        (Some(Security::Tls), None) if is_shut => {
            said(SecurityState::Unknown, "the destination let no connection in".to_owned())
        }
        (Some(word), None) => source_alone(word, source.unwrap_or_default()),
        (None, Some(word)) => destination_alone(word, destination.unwrap_or_default()),
        (Some(ours), Some(theirs)) => both(ours, source.unwrap_or_default(), theirs, destination.unwrap_or_default()),
    }
}

/// Why neither side has a word for it.
fn why_unknown([source, destination]: [Option<&Side>; 2]) -> &'static str {
    let has = |side: Option<&Side>, is: fn(Class) -> bool| side.is_some_and(|side| side.count_where(is) > 0);
    // Whatever a destination counts came to it.
    let came = has(destination, |_| true) || has(source, |class| class.outcome == Outcome::TlsFailure);
    // Within these a connection may have been made, or not.
    let is_undecided = |class: Class| {
        let outcomes = [Outcome::Timeout, Outcome::ResetBeforeHeaders, Outcome::ResetAfterHeaders, Outcome::Other];
        outcomes.contains(&class.outcome)
    };
    if [source, destination].into_iter().flatten().any(Side::is_answered) {
        "nothing shows how its connections were secured"
    } else if came {
        "nothing shows that a handshake ended"
    } else if has(source, is_undecided) {
        "nothing shows that a connection was made"
    } else {
        "no connection was made"
    }
}

/// True when every handshake with the destination failed, or its listener took none: under TLS 1.3 a source cannot know.
fn let_nobody_in(side: &Side) -> bool {
    let is_refusal = |outcome| matches!(outcome, Outcome::TlsFailure | Outcome::Denied);
    !side.outcomes.is_empty() && side.outcomes.keys().all(|class| is_refusal(class.outcome))
}

/// The counts of both sides, each with what the other one saw of the applications' own TLS.
#[must_use]
pub fn seen(source: Option<&Side>, destination: Option<&Side>) -> (Option<SecurityCounts>, Option<SecurityCounts>) {
    let source = source.map(|side| side.security);
    let destination = destination.map(|side| side.security);
    let (by_source, by_destination) =
        (source.map_or(0, |counts| counts.application_tls), destination.map_or(0, |counts| counts.application_tls));
    (source.map(|counts| counts.told(by_destination)), destination.map(|counts| counts.told(by_source)))
}

fn said(state: SecurityState, statement: String) -> EdgeSecurity {
    EdgeSecurity { state, statement }
}

fn source_alone(word: Security, counts: SecurityCounts) -> EdgeSecurity {
    match word {
        Security::Plaintext => said(SecurityState::Plaintext, format!("one side{}", counts.part(word))),
        Security::ApplicationTls => {
            said(SecurityState::ApplicationTls, format!("TLS by the application, peer unproven{}", counts.part(word)))
        }
        // A source cannot assert more than that the server authenticated, whatever it was configured to present.
        _ => said(SecurityState::Tls, "TLS, client authentication unobserved".to_owned()),
    }
}

fn destination_alone(word: Security, counts: SecurityCounts) -> EdgeSecurity {
    let part = counts.part(word);
    match word {
        Security::Plaintext => said(SecurityState::Plaintext, format!("one side{part}")),
        Security::ApplicationTls => {
            said(SecurityState::ApplicationTls, format!("TLS by the application, peer unproven{part}"))
        }
        Security::Tls => said(SecurityState::Tls, format!("TLS, no client certificate, one side{part}")),
        Security::MutualTls | Security::Unknown => said(SecurityState::MutualTls, "one side".to_owned()),
    }
}

fn both(ours: Security, source: SecurityCounts, theirs: Security, destination: SecurityCounts) -> EdgeSecurity {
    let part = destination.part(theirs);
    match (ours == Security::Plaintext, theirs) {
        (true, Security::Plaintext) => said(SecurityState::Plaintext, format!("both sides{part}")),
        (true, _) | (false, Security::Plaintext) => {
            let words = |word: Security, counts: SecurityCounts| format!("{}{}", in_words(word), counts.part(word));
            let statement =
                format!("the source says {}; the destination says {}", words(ours, source), words(theirs, destination));
            said(SecurityState::Disagreement, statement)
        }
        (false, Security::ApplicationTls) if ours == Security::ApplicationTls => {
            said(SecurityState::ApplicationTls, format!("TLS by the application, peer unproven{part}"))
        }
        // The source's proxy authenticated the server, which is the application itself.
        (false, Security::ApplicationTls) => {
            said(SecurityState::Tls, "TLS, client authentication unobserved".to_owned())
        }
        // The destination's proxy ends what the source's application began: its word is the stronger one.
        (false, Security::Tls) => said(SecurityState::Tls, format!("TLS, no client certificate, both sides{part}")),
        (false, _) => said(SecurityState::MutualTls, "both sides".to_owned()),
    }
}

const fn in_words(word: Security) -> &'static str {
    match word {
        Security::MutualTls => "mutual TLS",
        Security::Tls => "TLS",
        Security::ApplicationTls => "TLS by the application",
        Security::Plaintext => "plaintext",
        Security::Unknown => "unknown",
    }
}
