//! What a reporter says of exchanges that it cannot tell apart, all in one: how they were secured, by which certificates, how they ended. Policies are
//! judged by it, for what is true of two sums need not be true of one exchange.

use hogusu_model::{AnsweredBy, Outcome, Reason, Reporter, Security, SeriesKey, TlsVersion, Traffic};

use super::numbered::{Numbered, PrincipalId};

/// A class of exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// How their connection was secured.
    pub security: Security,
    /// Version of TLS.
    pub tls_version: TlsVersion,
    /// URI SAN of the source's certificate, by its number.
    pub source_principal: Option<PrincipalId>,
    /// That of the destination's.
    pub destination_principal: Option<PrincipalId>,
    /// How they ended.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// Whose traffic the source says that it is.
    pub traffic: Traffic,
}

impl Evidence {
    /// That of a series.
    pub fn of(key: &SeriesKey, numbered: &mut Numbered) -> Self {
        let (own, peer) = (numbered.principal(&key.own_principal), numbered.principal(&key.peer.principal));
        let (source_principal, destination_principal) = match key.reporter {
            Reporter::Source => (own, peer),
            Reporter::Destination => (peer, own),
        };
        Self {
            security: key.security,
            tls_version: key.tls_version,
            source_principal,
            destination_principal,
            outcome: key.outcome,
            reason: key.reason,
            answered_by: key.answered_by,
            traffic: key.traffic,
        }
    }
}
