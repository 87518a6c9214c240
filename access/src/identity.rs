//! Conditions about who asks, as they are compared with the names of a certificate.

use crate::authorization::Field;
use crate::mesh::Mesh;
use crate::pattern::{Pattern, glob};

const SCHEME: &str = "spiffe://";

/// Whether a value of such a field matches a name; `namespace` is the policy's own. `None`: it is no field of this kind.
pub(crate) fn matches(field: &Field, value: &str, name: &str, namespace: &str, mesh: &Mesh) -> Option<bool> {
    Some(match field {
        Field::Principal => rewritten(value, mesh).iter().any(|value| principal(value, name)),
        Field::Namespace => glob(&format!("*/ns/{value}/*"), name),
        Field::ServiceAccount => service_account(value, name, namespace),
        Field::TrustDomain => {
            let is_known = mesh.trust_domains().any(|known| known == value);
            let own = (!is_known).then_some(value);
            let all = mesh.trust_domains().filter(|_| is_known).chain(own);
            all.into_iter().any(|value| trust_domain(value, name))
        }
        _ => return None,
    })
}

/// The same at ztunnel: nothing is rewritten, and a namespace has one `*` at most.
pub(crate) fn matches_at_ztunnel(field: &Field, value: &str, name: &str) -> Option<bool> {
    match field {
        Field::Principal => Some(principal(value, name)),
        Field::Namespace => {
            let namespace = parts(name).map(|[_, namespace, _]| namespace);
            Some(namespace.is_some_and(|namespace| Pattern::of(value).matches(namespace)))
        }
        _ => None,
    }
}

/// True where a name is that of a workload, and its certificate has no further ones.
pub(crate) fn is_workload(name: &str) -> bool {
    parts(name).is_some()
}

/// Trust domain, namespace and service account.
pub(crate) fn parts(name: &str) -> Option<[&str; 3]> {
    let mut parts = name.strip_prefix(SCHEME)?.split('/');
    let found = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    match (found, parts.next()) {
        ([domain, "ns", namespace, "sa", account], None) => Some([domain, namespace, account]),
        _ => None,
    }
}

fn principal(value: &str, name: &str) -> bool {
    if value == "*" {
        return !name.is_empty();
    }
    name.strip_prefix(SCHEME).is_some_and(|name| Pattern::of(value).matches(name))
}

/// A principal of five parts under a known trust domain stands for each of them.
fn rewritten(value: &str, mesh: &Mesh) -> Vec<String> {
    let as_written = || vec![value.to_owned()];
    let Some((domain, rest)) = value.split_once('/') else { return as_written() };
    if domain == "*" || value.split('/').count() != 5 {
        return as_written();
    }
    let is_suffix = |known: &str| domain.strip_prefix('*').is_some_and(|suffix| known.ends_with(suffix));
    let is_prefix = |known: &str| domain.strip_suffix('*').is_some_and(|prefix| known.starts_with(prefix));
    let is_known = |known: &str| known == domain || is_suffix(known) || is_prefix(known);
    if domain != "cluster.local" && !mesh.trust_domains().any(is_known) {
        return as_written();
    }
    let one = |known: &str| if is_suffix(known) { value.to_owned() } else { format!("{known}/{rest}") };
    mesh.trust_domains().map(one).collect()
}

/// `spiffe://.+/ns/NS/(.+/|)sa/SA(/.+)?`
fn service_account(value: &str, name: &str, own: &str) -> bool {
    let (namespace, account) = value.split_once('/').unwrap_or((own, value));
    let Some(name) = name.strip_prefix(SCHEME) else { return false };
    let (within, account) = (format!("/ns/{namespace}/"), format!("sa/{account}"));
    let ends = |tail: &str| tail.is_empty() || tail.strip_prefix('/').is_some_and(|more| !more.is_empty());
    let is_account = |rest: &str| rest.strip_prefix(account.as_str()).is_some_and(ends);
    name.match_indices(&within).filter(|(at, _)| *at > 0).any(|(at, _)| {
        let rest = name.get(at + within.len()..).unwrap_or_default();
        let deeper = |(at, _): (usize, &str)| at > 0 && rest.get(at + 1..).is_some_and(is_account);
        is_account(rest) || rest.match_indices('/').any(deeper)
    })
}

fn trust_domain(value: &str, name: &str) -> bool {
    let Some(name) = name.strip_prefix(SCHEME) else { return false };
    match name.split_once('/') {
        _ if value == "*" => true,
        Some((domain, _)) => glob(value, domain),
        None => false,
    }
}
