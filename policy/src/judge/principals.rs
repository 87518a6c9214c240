//! Who the ends are, by their certificates and accounts.

use hogusu_model::identity::parse_spiffe;

use super::{Proof, Told, Word};
use crate::accounts::Accounts;
use crate::fact::End;
use crate::rule::Side;
use crate::selector::fits;
use crate::words::Cause;

pub(super) fn trust_domain(told: Told<'_>, domains: &[String], end: Side) -> Word {
    let Some(principal) = told.principal(end) else { return Word::Undecidable(told.unproven(end)) };
    let Some(domain) = domain(principal) else { return Word::Undecidable(Cause::TrustDomain) };
    match domains.iter().any(|pattern| fits(pattern, domain)) {
        true => Word::Compliant,
        false => Word::Violating(Cause::ForeignTrustDomain),
    }
}

fn domain(principal: &str) -> Option<&str> {
    principal.strip_prefix("spiffe://")?.split('/').next().filter(|domain| !domain.is_empty())
}

pub(super) fn fits_account(told: Told<'_>, side: Side) -> Word {
    match told.certified(side) {
        Proof::Proven => Word::Compliant,
        Proof::Contradicted => Word::Violating(Cause::PrincipalOfAnother),
        Proof::Missing(missing) => Word::Undecidable(missing),
    }
}

/// Accounts that a source runs under, with their namespace: by its verified certificate, or by its own proxies' word of themselves.
fn accounts_of(told: Told<'_>) -> Result<Vec<(&str, &str)>, Cause> {
    let source: &End = &told.edge.source;
    if let Some((_, namespace, account)) = told.own_certificate() {
        return Ok(vec![(namespace, account)]);
    }
    if let Some(principal) = told.principal(Side::Source) {
        return parse_spiffe(principal)
            .map(|(_, namespace, account)| vec![(namespace, account)])
            .ok_or(Cause::ServiceAccount);
    }
    match told.by {
        Side::Destination => Err(told.unproven(Side::Source)),
        Side::Source if source.service_accounts.is_empty() => Err(Cause::ServiceAccounts),
        Side::Source => {
            Ok(source.service_accounts.iter().map(|one| (source.namespace.as_str(), one.as_str())).collect())
        }
    }
}

/// Of several accounts one of which is wrong, nobody knows under which an exchange was.
fn judged(told: Told<'_>, cause: Cause, is_wrong: impl Fn(&(&str, &str)) -> bool) -> Word {
    let accounts = match accounts_of(told) {
        Ok(accounts) => accounts,
        Err(missing) => return Word::Undecidable(missing),
    };
    match accounts.iter().filter(|account| is_wrong(account)).count() {
        0 => Word::Compliant,
        all if all == accounts.len() => Word::Violating(cause),
        _ => Word::Undecidable(Cause::ServiceAccount),
    }
}

pub(super) fn no_default(told: Told<'_>) -> Word {
    judged(told, Cause::DefaultAccount, |(_, account)| *account == "default")
}

pub(super) fn not_shared(told: Told<'_>, accounts: &Accounts) -> Word {
    judged(told, Cause::SharedAccount, |(namespace, account)| accounts.is_shared(namespace, account))
}

/// A certificate identifies, though nobody may know which workload it is of; a name without one is but claimed.
pub(super) fn identified(told: Told<'_>, accounts: &Accounts) -> Word {
    let source = &told.edge.source;
    match told.by {
        Side::Destination if !source.is_workload() => match told.principal(Side::Source) {
            Some(principal) => by_certificate(told, principal, accounts),
            None if source.kind == "overflow" => Word::Undecidable(Cause::SourceWorkload),
            None if told.class.security == "application_tls" => Word::Undecidable(Cause::ApplicationTls),
            None => Word::Violating(Cause::UnidentifiedSource),
        },
        Side::Source | Side::Destination => match told.source_proof() {
            Proof::Proven if told.by == Side::Destination => match told.proven_workload(Side::Source) {
                Proof::Missing(missing) => Word::Undecidable(missing),
                Proof::Proven | Proof::Contradicted => Word::Compliant,
            },
            Proof::Proven => Word::Compliant,
            Proof::Contradicted => Word::Violating(Cause::PrincipalOfAnother),
            Proof::Missing(missing) => Word::Undecidable(missing),
        },
    }
}

/// Of who has no other name a certificate tells, where it is one of the mesh's own trust domain, and of an account that is not several workloads'.
fn by_certificate(told: Told<'_>, principal: &str, accounts: &Accounts) -> Word {
    let Some((domain, namespace, account)) = parse_spiffe(principal) else {
        return Word::Undecidable(Cause::ServiceAccount);
    };
    match () {
        () if domain != told.edge.destination.trust_domain => Word::Undecidable(Cause::TrustDomain),
        () if accounts.is_stated_twice(namespace, account) => Word::Undecidable(Cause::SourceWorkload),
        () => Word::Compliant,
    }
}
