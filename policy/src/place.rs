//! Where an end is, as far as that is known: its k8s cluster, namespace and name, and whether it is outside of the mesh at all.
//!
//! A name with a dot in it may be anything: a service of Kubernetes in one of its short forms, a host of a ServiceEntry whose endpoints are
//! workloads, or one on the internet. What it does not tell for certain is not known.

use crate::fact::End;

/// Domains of Kubernetes clusters whose services are called `NAME.NAMESPACE.svc.DOMAIN`; none is the short form of it.
const DOMAINS: [&[&str]; 3] = [&[], &["cluster", "local"], &["clusterset", "local"]];

/// K8s cluster, namespace and name of an end, as far as they are known.
pub(crate) fn place(end: &End) -> [Option<&str>; 3] {
    let known = |text: &&str| !text.is_empty();
    let namespace = if end.kind == "service" { namespace_of_host(&end.name) } else { Some(end.namespace.as_str()) };
    let name = Some(end.name.as_str()).filter(|_| end.is_workload());
    [Some(end.cluster.as_str()).filter(known), namespace.filter(known), name.filter(known)]
}

/// The namespace of an end; `None` where nobody knows it, or it has none.
pub(crate) fn namespace(end: &End) -> Option<&str> {
    let [_, namespace, _] = place(end);
    namespace
}

/// The namespace of a Kubernetes service or of one of its pods by its host: `NAME.NAMESPACE.svc` or `POD.NAME.NAMESPACE.svc`, with a domain of
/// Kubernetes or none. `NAME.NAMESPACE` alone is none for certain: `db.pay` may be a host of the internet.
fn namespace_of_host(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let of = |place: usize| {
        let (before, rest) = labels.split_at_checked(place)?;
        let (svc, domain) = rest.split_first()?;
        let is_one = *svc == "svc" && DOMAINS.contains(&domain) && before.iter().all(|label| !label.is_empty());
        before.last().copied().filter(|_| is_one)
    };
    // Where both forms may fit, as in a.b.svc.svc, neither is certain.
    let may_be_both = [2, 3].into_iter().all(|place| labels.get(place) == Some(&"svc"));
    match (of(2), of(3)) {
        (Some(namespace), None) | (None, Some(namespace)) if !may_be_both => Some(namespace),
        _ => None,
    }
}

/// True for a host that names a service or a pod of Kubernetes.
pub(crate) fn is_of_kubernetes(host: &str) -> bool {
    namespace_of_host(host).is_some()
}

#[cfg(test)]
mod tests {
    use super::namespace_of_host;

    #[test]
    fn a_host_names_a_namespace_where_it_can_be_read_in_one_way_only() {
        for (host, namespace) in [
            ("cart.shop.svc.cluster.local", Some("shop")),
            ("cart.shop.svc.cluster.local.", Some("shop")),
            ("cart.shop.svc", Some("shop")),
            ("db-0.db.pay.svc.cluster.local", Some("pay")),
            ("db-0.db.pay.svc", Some("pay")),
            ("cart.shop.svc.clusterset.local", Some("shop")),
            ("db.pay", None),
            ("cart", None),
            ("10.1.2.3", None),
            ("api.example.com", None),
            ("x.shop.svc.evil.com", None),
            ("a.b.svc.svc", None),
            (".shop.svc", None),
            ("svc", None),
            ("PassthroughCluster", None),
            ("", None),
        ] {
            assert_eq!(namespace_of_host(host), namespace, "{host}");
        }
    }
}
