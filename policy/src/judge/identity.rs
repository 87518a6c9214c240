//! Who an end is, by the certificate that the other end verified: apart from what its metadata or its address says, which is but claimed.

use hogusu_model::identity::parse_spiffe;

use super::Told;
use crate::fact::End;
use crate::rule::Side;
use crate::selector::Selector;
use crate::truth::Truth;
use crate::words::Cause;

/// Whether an end is the one that it is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its verified certificate is one of that workload's.
    Proven,
    /// Its verified certificate is another's.
    Contradicted,
    /// This is missing.
    Missing(Cause),
}

/// What a verified certificate says.
#[derive(Debug, Clone, Copy)]
struct Certificate<'a> {
    domain: &'a str,
    namespace: &'a str,
    account: &'a str,
}

impl<'a> Told<'a> {
    /// Whether a source is proven to be the workload that it is taken for. It tells of itself, or its certificate proves it.
    pub(crate) fn source_proof(self) -> Proof {
        if self.by == Side::Source { self.own_proof() } else { self.certified(Side::Source) }
    }

    /// Whether a source's own certificate fits what it says of itself. Where it has none, as in plaintext, its word stands.
    fn own_proof(self) -> Proof {
        let source = &self.edge.source;
        let Some((domain, namespace, account)) = self.own_certificate() else { return Proof::Proven };
        let is_one = |one: &String| one == account;
        match source {
            _ if source.namespace != namespace => Proof::Contradicted,
            _ if !source.service_accounts.is_empty() && !source.service_accounts.iter().any(is_one) => {
                Proof::Contradicted
            }
            _ if !source.trust_domain.is_empty() && source.trust_domain != domain => Proof::Missing(Cause::TrustDomain),
            _ => Proof::Proven,
        }
    }

    /// The certificate with which a source that tells of itself authenticated: trust domain, namespace and account.
    pub(crate) fn own_certificate(self) -> Option<(&'a str, &'a str, &'a str)> {
        if self.by == Side::Source && self.class.is_tls() { parse_spiffe(&self.class.source_principal) } else { None }
    }

    /// Whether it is proven which workload an end is, and not only whose account it has: where another one has that account too, it may be
    /// either.
    pub(crate) fn proven_workload(self, side: Side) -> Proof {
        match self.certified(side) {
            Proof::Proven if self.is_shared(side) => Proof::Missing(nobody(side)),
            proof => proof,
        }
    }

    fn is_shared(self, side: Side) -> bool {
        let shared = &self.end(side).shared_accounts;
        self.certificate(side).is_some_and(|found| shared.iter().any(|account| account == found.account))
    }

    /// What no certificate says of a source, by the word of who verified it: which of those with its account it is, and in which k8s cluster.
    pub(crate) fn beyond_certificate(self, certified: Truth) -> Option<Cause> {
        match certified {
            Truth::Unknown(_) if self.by == Side::Source => None,
            Truth::Unknown(Cause::Cluster) => Some(Cause::Cluster),
            Truth::Unknown(_) if self.is_shared(Side::Source) => Some(Cause::SourceWorkload),
            _ => None,
        }
    }

    /// What the verified certificate of an end says of the workload that it is taken for: it is of its namespace, of one of its accounts and of
    /// its trust domain. A mesh may have aliases of its trust domain, so another one proves nothing and contradicts nothing.
    pub(crate) fn certified(self, side: Side) -> Proof {
        let end = self.end(side);
        if self.principal(side).is_none() {
            return Proof::Missing(self.unproven(side));
        }
        // What a certificate of another form says of accounts nobody knows.
        let Some(certificate) = self.certificate(side) else { return Proof::Missing(Cause::ServiceAccount) };
        let is_one = |account: &String| account == certificate.account;
        let another = if end.is_named_by_address_alone() { Proof::Missing(nobody(side)) } else { Proof::Contradicted };
        match end {
            _ if !end.is_workload() => Proof::Missing(nobody(side)),
            _ if end.namespace.is_empty() => Proof::Missing(Cause::Namespace),
            _ if end.namespace != certificate.namespace => another,
            _ if end.service_accounts.is_empty() => Proof::Missing(Cause::ServiceAccounts),
            _ if !end.service_accounts.iter().any(is_one) => another,
            _ if end.trust_domain != certificate.domain => Proof::Missing(Cause::TrustDomain),
            _ => Proof::Proven,
        }
    }

    /// Whether a selector selects who the certificate of an end names, whatever that end is taken for; `None` where none was verified. A
    /// certificate names a namespace and an account, and neither a workload, nor a k8s cluster, nor a zone. Namespaces and accounts of a
    /// foreign trust domain are the mesh's only where the selector names that domain.
    pub(crate) fn takes_certified(self, selector: &Selector, side: Side) -> Option<Truth> {
        self.principal(side)?;
        let Some(Certificate { domain, namespace, account }) = self.certificate(side) else {
            // It is verified and names nobody that a selector knows: not who the end is taken for, either.
            let nobody_known = End { kind: "workload".to_owned(), ..End::default() };
            return Some(match takes((&nobody_known, self.end(side)), selector, nobody(side)) {
                Truth::Unknown(_) => Truth::Unknown(Cause::ServiceAccount),
                told => told,
            });
        };
        let is_at_home = domain == self.end(side.other()).trust_domain;
        let is_known = is_at_home || !selector.trust_domain.is_empty();
        let mut certified = End { kind: "workload".to_owned(), trust_domain: domain.to_owned(), ..End::default() };
        if is_known {
            (certified.namespace, certified.service_accounts) = (namespace.to_owned(), vec![account.to_owned()]);
        }
        Some(match takes((&certified, self.end(side)), selector, nobody(side)) {
            Truth::Unknown(_) if !is_known => Truth::Unknown(Cause::TrustDomain),
            told => told,
        })
    }

    /// The namespace that the verified certificate of an end names, where it is of the trust domain of the end that verified it.
    pub(crate) fn certified_namespace(&self, side: Side) -> Option<&str> {
        let certificate = self.certificate(side)?;
        (certificate.domain == self.end(side.other()).trust_domain).then_some(certificate.namespace)
    }

    /// True where a certificate of an end was verified that names somebody.
    pub(crate) fn certifies(self, side: Side) -> bool {
        self.certificate(side).is_some()
    }

    fn certificate(&self, side: Side) -> Option<Certificate<'_>> {
        let (domain, namespace, account) = parse_spiffe(self.principal(side)?)?;
        Some(Certificate { domain, namespace, account })
    }

    fn end(&self, side: Side) -> &End {
        match side {
            Side::Source => &self.edge.source,
            Side::Destination => &self.edge.destination,
        }
    }
}

/// Of what kind an end is no certificate says: that is as it is taken for.
fn takes((certified, claimed): (&End, &End), selector: &Selector, nobody: Cause) -> Truth {
    let kinds = Selector { kind: selector.kind.clone(), ..Selector::default() };
    let fields = Selector { kind: Vec::new(), not: None, ..selector.clone() };
    let not = |not: &Selector| takes((certified, claimed), not, nobody).not();
    kinds
        .takes(claimed, nobody)
        .and(|| fields.takes(certified, nobody))
        .and(|| selector.not.as_deref().map_or(Truth::True, not))
}

/// What is missing where nobody knows which workload an end is.
const fn nobody(side: Side) -> Cause {
    match side {
        Side::Source => Cause::SourceWorkload,
        Side::Destination => Cause::DestinationWorkload,
    }
}
