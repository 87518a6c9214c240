//! Which edges a policy, an exception or a rule speaks of: selectors over both ends, matched in three values. An end of which a field is not
//! known may be one that is selected, and then that field is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::{Edge, End};
use crate::given;
use crate::place::place;
use crate::rule::Side;
use crate::truth::Truth;
use crate::words::Cause;

/// Kinds of ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A workload of the mesh.
    Workload,
    /// A service of which no workload was reached, or a host outside the mesh.
    Service,
    /// An address whose owner is not known.
    Address,
    /// Nobody knows who.
    Unknown,
    /// What exceeded a sender's bound on edges.
    Overflow,
}

/// Protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// HTTP that is not gRPC.
    Http,
    /// gRPC.
    Grpc,
    /// Plain TCP.
    Tcp,
}

/// Which edges: everything that is given holds at once, and of a list one entry. Nothing given: all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Who asks.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub source: Selector,
    /// Who is asked.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub destination: Selector,
    /// Protocols.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub protocol: Vec<Protocol>,
    /// Ports at the destination.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub port: Vec<u16>,
}

/// Which ends: everything that is given holds at once, and of a list one entry. An entry is a name, or part of one with `*` at its beginning,
/// its end or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// What it is.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub kind: Vec<Kind>,
    /// Kubernetes clusters.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub cluster: Vec<String>,
    /// Kubernetes namespaces.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub namespace: Vec<String>,
    /// Names of workloads, without their namespace.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub workload: Vec<String>,
    /// Service accounts, without their namespace.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub service_account: Vec<String>,
    /// Trust domains.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub trust_domain: Vec<String>,
    /// Zones.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub zone: Vec<String>,
    /// Hosts of services of which no workload is known, such as those outside the mesh.
    #[serde(default, deserialize_with = "given::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub host: Vec<String>,
    /// Ends for which this does not hold.
    #[serde(default, deserialize_with = "given::field", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Box<Self>")]
    pub not: Option<Box<Self>>,
}

impl Scope {
    /// True where nothing is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those of both ends.
    pub fn selectors(&self) -> [(Side, &Selector); 2] {
        [(Side::Source, &self.source), (Side::Destination, &self.destination)]
    }

    /// Whether it speaks of an edge.
    #[must_use]
    pub fn takes(&self, edge: &Edge) -> Truth {
        self.takes_traffic(edge)
            .and(|| self.source.takes(&edge.source, Cause::SourceWorkload))
            .and(|| self.destination.takes(&edge.destination, Cause::DestinationWorkload))
    }

    /// Whether it speaks of what passes on an edge, whoever is at its ends.
    pub(crate) fn takes_traffic(&self, edge: &Edge) -> Truth {
        let protocol = |one: &Protocol| edge.protocol == one.as_str();
        let port = || match edge.port {
            _ if self.port.is_empty() => Truth::True,
            0 => Truth::Unknown(Cause::Port),
            port => Truth::of(self.port.contains(&port)),
        };
        Truth::of(self.protocol.is_empty() || self.protocol.iter().any(protocol)).and(port)
    }
}

impl Selector {
    /// True where nothing is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it selects an end; where nobody knows who that is, `nobody` is what is missing.
    #[must_use]
    pub fn takes(&self, end: &End, nobody: Cause) -> Truth {
        let of_place = |wanted: &[String], known: Option<&str>, missing: Cause| match (end.kind.as_str(), known) {
            _ if wanted.is_empty() => Truth::True,
            (_, Some(text)) => Truth::of(wanted.iter().any(|pattern| fits(pattern, text))),
            ("workload", None) => Truth::Unknown(missing),
            // A host outside the mesh is in no namespace of it.
            (_, None) if end.is_outside => Truth::False,
            (_, None) => Truth::Unknown(nobody),
        };
        let [cluster, namespace, workload] = place(end);
        let domain = Some(end.trust_domain.as_str()).filter(|text| !text.is_empty());
        self.kinds(end, nobody)
            .and(|| of_place(&self.cluster, cluster, Cause::Cluster))
            .and(|| of_place(&self.namespace, namespace, Cause::Namespace))
            .and(|| of_place(&self.workload, workload, nobody))
            .and(|| of_place(&self.trust_domain, domain, Cause::TrustDomain))
            .and(|| of_set(&self.service_account, &end.service_accounts, end, (Cause::ServiceAccount, nobody)))
            .and(|| of_set(&self.zone, &end.zones, end, (Cause::Zone, nobody)))
            .and(|| match end.kind.as_str() {
                _ if self.host.is_empty() => Truth::True,
                "service" => Truth::of(self.names_host(&end.name)),
                // Whoever claims the address of a host may be that host.
                "workload" => maybe(end.hosts.iter().any(|host| self.names_host(host)), nobody),
                _ => Truth::Unknown(nobody),
            })
            .and(|| self.not.as_ref().map_or(Truth::True, |not| not.takes(end, nobody).not()))
    }

    fn names_host(&self, host: &str) -> bool {
        self.host.iter().any(|pattern| fits(pattern, host))
    }

    /// Whether it is of a kind that is selected. What nobody knows may be a workload, and so may be what stands behind a service's name or
    /// an address; what exceeded a sender's bound on edges may be anything.
    fn kinds(&self, end: &End, nobody: Cause) -> Truth {
        let is = |kind: Kind| self.kind.contains(&kind);
        match end.kind.as_str() {
            _ if self.kind.is_empty() || self.kind.iter().any(|kind| kind.as_str() == end.kind) => Truth::True,
            "workload" => maybe(is(Kind::Service) && end.may_be_host(), nobody),
            _ if end.is_outside => Truth::False,
            // Envoy's own names, as PassthroughCluster, stand for anything.
            "service" if end.name.contains('.') => maybe(is(Kind::Workload), nobody),
            "address" => maybe(is(Kind::Workload) || is(Kind::Service), nobody),
            _ => Truth::Unknown(nobody),
        }
    }

    /// True where ends are left out that nothing is said of: that is all of them.
    #[must_use]
    pub fn leaves_all_out(&self) -> bool {
        self.not.as_ref().is_some_and(|not| not.is_empty() || not.leaves_all_out())
    }

    /// Entries that cannot be part of a name of Kubernetes, where one is meant.
    pub fn no_names(&self) -> impl Iterator<Item = &str> {
        let is_name = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.*".contains(&byte))
        };
        let of_kubernetes = self.namespace.iter().chain(&self.service_account).map(String::as_str);
        let own = of_kubernetes.filter(move |text| !is_name(text));
        let others = [&self.cluster, &self.workload, &self.trust_domain, &self.zone, &self.host];
        let spaced = others.into_iter().flatten().map(String::as_str).filter(|text| text.contains(char::is_whitespace));
        let inner: Vec<&str> = self.not.iter().flat_map(|not| not.no_names().collect::<Vec<_>>()).collect();
        own.chain(spaced).chain(inner)
    }

    /// Namespaces that it names in full, wherever they stand in it.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        let own = self.namespace.iter().filter(|name| !name.contains('*')).map(String::as_str);
        let inner: Vec<&str> = self.not.iter().flat_map(|not| not.namespaces().collect::<Vec<_>>()).collect();
        own.chain(inner)
    }

    /// Every pattern in it.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.cluster, &self.namespace, &self.workload, &self.service_account, &self.trust_domain];
        let own = lists.into_iter().chain([&self.zone, &self.host]).flatten().map(String::as_str);
        let inner: Vec<&str> = self.not.iter().flat_map(|not| not.patterns().collect::<Vec<_>>()).collect();
        own.chain(inner)
    }
}

impl Protocol {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Tcp => "tcp",
        }
    }
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Service => "service",
            Self::Address => "address",
            Self::Unknown => "unknown",
            Self::Overflow => "overflow",
        }
    }
}

const fn maybe(may_be: bool, missing: Cause) -> Truth {
    if may_be { Truth::Unknown(missing) } else { Truth::False }
}

/// Of several values it is told only where all of them are selected, or none.
fn of_set(wanted: &[String], known: &[String], end: &End, (missing, nobody): (Cause, Cause)) -> Truth {
    let taken = known.iter().filter(|text| wanted.iter().any(|pattern| fits(pattern, text))).count();
    match end.kind.as_str() {
        _ if wanted.is_empty() => Truth::True,
        _ if end.is_outside => Truth::False,
        "workload" if known.is_empty() => Truth::Unknown(missing),
        "workload" if taken == known.len() => Truth::True,
        "workload" if taken == 0 => Truth::False,
        "workload" => Truth::Unknown(missing),
        _ => Truth::Unknown(nobody),
    }
}

impl std::fmt::Display for Selector {
    /// As it stands in a file.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<String> = self.kind.iter().map(|kind| kind.as_str().to_owned()).collect();
        let lists = [
            ("kind", &kinds),
            ("cluster", &self.cluster),
            ("namespace", &self.namespace),
            ("workload", &self.workload),
            ("service_account", &self.service_account),
            ("trust_domain", &self.trust_domain),
            ("zone", &self.zone),
            ("host", &self.host),
        ];
        let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let given = given.map(|(name, list)| format!("{name}: [{}]", list.join(", ")));
        let not = self.not.iter().map(|not| format!("not: {not}"));
        write!(to, "{{{}}}", given.chain(not).collect::<Vec<_>>().join(", "))
    }
}

/// Whether a text is a name, or part of one with `*` at its beginning, its end or both.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    let inner = text.strip_prefix('*').unwrap_or(text);
    !text.is_empty() && !inner.strip_suffix('*').unwrap_or(inner).contains('*')
}

/// Whether a text is that name, or has that part where the pattern has none of its `*`.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) if pattern.len() == 1 => true,
        (Some(rest), Some(_)) => text.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (Some(end), None) => text.ends_with(end),
        (None, Some(begin)) => text.starts_with(begin),
        (None, None) => text == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(kind: &str, namespace: &str, name: &str) -> End {
        let [kind, namespace, name] = [kind, namespace, name].map(str::to_owned);
        End { kind, namespace, name, ..End::default() }
    }

    fn namespace(pattern: &str) -> Selector {
        Selector { namespace: vec![pattern.to_owned()], ..Selector::default() }
    }

    fn taken(selector: &Selector, end: &End) -> Truth {
        selector.takes(end, Cause::SourceWorkload)
    }

    #[test]
    fn an_end_that_nobody_knows_may_be_any() {
        let missing = Truth::Unknown(Cause::SourceWorkload);
        assert_eq!(taken(&namespace("shop"), &end("unknown", "", "")), missing);
        assert_eq!(taken(&namespace("shop"), &end("address", "", "10.0.0.9")), missing);
        assert_eq!(taken(&Selector::default(), &end("unknown", "", "")), Truth::True);
        let not = Selector { not: Some(Box::new(namespace("shop"))), ..Selector::default() };
        assert_eq!(taken(&not, &end("unknown", "", "")), missing);
    }

    #[test]
    fn a_service_is_in_the_namespace_that_its_host_names_and_one_outside_in_none() {
        assert_eq!(taken(&namespace("shop"), &end("service", "", "cart.shop.svc.cluster.local")), Truth::True);
        assert_eq!(taken(&namespace("pay"), &end("service", "", "cart.shop.svc.cluster.local")), Truth::False);
        for host in ["api.example.com", "x.shop.svc.evil.com", "db.pay", "10.1.2.3", "PassthroughCluster"] {
            let mut service = end("service", "", host);
            assert_eq!(taken(&namespace("shop"), &service), Truth::Unknown(Cause::SourceWorkload), "{host}");
            service.is_outside = true;
            assert_eq!(taken(&namespace("shop"), &service), Truth::False, "{host}");
        }
    }

    #[test]
    fn what_is_no_known_workload_may_be_one() {
        let of = |kind: Kind| Selector { kind: vec![kind], ..Selector::default() };
        let missing = Truth::Unknown(Cause::SourceWorkload);
        let outside = End { is_outside: true, ..end("service", "", "api.example.com") };
        for (end, workload, service) in [
            (end("workload", "shop", "web"), Truth::True, Truth::False),
            (end("service", "", "cart.shop.svc.cluster.local"), missing, Truth::True),
            (outside, Truth::False, Truth::True),
            (end("address", "", "10.3.3.3"), missing, missing),
            (end("unknown", "", ""), missing, missing),
            (end("overflow", "", ""), missing, missing),
        ] {
            assert_eq!((taken(&of(Kind::Workload), &end), taken(&of(Kind::Service), &end)), (workload, service));
            let not = Selector { not: Some(Box::new(of(Kind::Workload))), ..Selector::default() };
            assert_eq!(taken(&not, &end), workload.not());
        }
    }

    #[test]
    fn of_two_zones_one_of_which_is_selected_nothing_is_told() {
        let selector = Selector { zone: vec!["z1".to_owned()], ..Selector::default() };
        let mut workload = end("workload", "shop", "web");
        assert_eq!(taken(&selector, &workload), Truth::Unknown(Cause::Zone));
        workload.zones = vec!["z1".to_owned()];
        assert_eq!(taken(&selector, &workload), Truth::True);
        workload.zones.push("z2".to_owned());
        assert_eq!(taken(&selector, &workload), Truth::Unknown(Cause::Zone));
    }

    #[test]
    fn a_star_stands_at_either_end() {
        for (pattern, text, is) in [
            ("shop", "shop", true),
            ("shop", "shop-eu", false),
            ("shop*", "shop-eu", true),
            ("*-eu", "shop-eu", true),
            ("*op-*", "shop-eu", true),
            ("*", "", true),
            ("*eu", "shop", false),
        ] {
            assert_eq!(fits(pattern, text), is, "{pattern} {text}");
        }
    }
}
