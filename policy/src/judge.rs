//! What a rule says of one class of exchanges, by the word of the end that counted them. Only what that end can assert is asserted: a
//! principal counts where its handshake was verified by who tells of it, and who only says who he is, is not proven.

mod access;
mod identity;
mod principals;
mod wire;

use crate::accounts::Accounts;
use crate::fact::{Class, Edge, Reporter};
use crate::rule::{Rule, Side};
use crate::words::Cause;
pub(crate) use access::is_cut;
pub(crate) use identity::Proof;

/// What is said of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// They are as the rule asks.
    Compliant,
    /// They are not.
    Violating(Cause),
    /// This is missing.
    Undecidable(Cause),
    /// Nothing passed of which the rule could say anything.
    Unobserved(Cause),
}

/// One class of exchanges and who tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// On which edge.
    pub edge: &'a Edge,
    /// Which end tells of it.
    pub by: Side,
    /// What it is.
    pub class: &'a Class,
}

/// What a rule says.
#[must_use]
pub fn judge(rule: &Rule, told: Told<'_>, accounts: &Accounts) -> Word {
    if let Some(cause) = nothing_passed(rule, told) {
        return Word::Unobserved(cause);
    }
    match rule {
        Rule::MutualTls => wire::mutual_tls(told),
        Rule::MinimumTlsVersion { version } => wire::minimum_version(told, *version),
        Rule::AllowedTrustDomains { domains, end } => principals::trust_domain(told, domains, *end),
        Rule::PrincipalFitsAccount { end } => principals::fits_account(told, *end),
        Rule::NoDefaultAccount => principals::no_default(told),
        Rule::NoSharedAccount => principals::not_shared(told, accounts),
        Rule::NoUnidentifiedSource => principals::identified(told, accounts),
        Rule::AllowedSources { sources } => access::allowed(told, sources),
        Rule::ForbiddenEdges { edges } => access::forbidden(told, edges),
        Rule::StaysWithin { boundary } => access::within(told, *boundary),
        Rule::ConfirmedByBoth => access::confirmed(told),
        Rule::ObservedWithin { age } => access::observed_within(told, age),
    }
}

/// Why there is nothing to be said of a class.
fn nothing_passed(rule: &Rule, told: Told<'_>) -> Option<Cause> {
    let class = told.class;
    // Whatever a destination tells of came to it, but for what its listener turned away.
    let is_heard = told.by == Side::Destination && !class.is_refused() && class.outcome != "tls_failure";
    if class.is_connected() || is_heard {
        return match () {
            () if class.is_refused() && !rule.is_of_wire() => Some(Cause::Refused),
            () if class.is_silent(&told.edge.protocol) && rule.is_of_wire() => Some(Cause::NothingSent),
            () => None,
        };
    }
    Some(match class.outcome.as_str() {
        "denied" => Cause::Refused,
        _ if class.has_unverified_certificate() => Cause::UnverifiedCertificate,
        "tls_failure" => Cause::HandshakeFailed,
        _ => Cause::NoConnection,
    })
}

impl<'a> Told<'a> {
    /// The principal of an end, where who tells of the class verified it in a handshake. A source verifies the destination, and a
    /// destination the source where the client had to authenticate.
    pub(crate) fn principal(self, end: Side) -> Option<&'a str> {
        let (is_verified, principal) = match (self.by, end) {
            (Side::Destination, Side::Source) => (self.class.security == "mutual_tls", &self.class.source_principal),
            (Side::Source, Side::Destination) => (self.class.is_tls(), &self.class.destination_principal),
            _ => (false, &self.class.source_principal),
        };
        (is_verified && !principal.is_empty()).then_some(principal)
    }

    /// What is missing where no principal is proven.
    pub(crate) fn unproven(self, end: Side) -> Cause {
        match end {
            _ if self.class.security == "application_tls" => Cause::ApplicationTls,
            Side::Source => Cause::SourcePrincipal,
            Side::Destination => Cause::DestinationPrincipal,
        }
    }
}

/// Both reports of an edge, the source's first.
#[must_use]
pub const fn reports(edge: &Edge) -> [(Side, Option<&Reporter>); 2] {
    [(Side::Source, edge.source_report.as_ref()), (Side::Destination, edge.destination_report.as_ref())]
}
