//! Policies that say who may ask whom for what, in a model of our own: Istio's AuthorizationPolicy is read into it, others may be.

use std::collections::BTreeMap;

use crate::object::Object;

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Its name, place and age.
    pub object: Object,
    /// Whom it is about.
    pub target: Target,
    /// What a match does.
    pub action: Action,
    /// Its rules only say what they would do.
    pub is_dry_run: bool,
    /// One that matches is enough. None: it never matches.
    pub rules: Vec<Rule>,
}

/// What a match does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Lets in, and shuts out what no rule of this kind matches.
    Allow,
    /// Refuses.
    Deny,
    /// Changes nothing.
    Audit,
    /// Asks this provider.
    Custom(String),
}

/// Whom a policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Pods with these labels; all where there are none.
    Labels(BTreeMap<String, String>),
    /// These objects.
    References(Vec<Reference>),
}

/// An object that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its kind.
    pub kind: ReferenceKind,
    /// Its name.
    pub name: String,
}

/// Kinds of objects that a policy can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// A Service.
    Service,
    /// A ServiceEntry.
    ServiceEntry,
    /// A Gateway of the Gateway API.
    Gateway,
    /// A GatewayClass.
    GatewayClass,
    /// Another: nothing attaches by it.
    Other,
}

/// `any of from` and `any of to` and `all of when`; no `from` or `to` is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its line.
    pub line: usize,
    /// Sources.
    pub from: Vec<Clause>,
    /// Operations.
    pub to: Vec<Clause>,
    /// Further conditions.
    pub when: Clause,
}

/// All of these.
pub type Clause = Vec<Condition>;

/// One of `values`, where there are some, and none of `not_values`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Of what.
    pub field: Field,
    /// One of these matches.
    pub values: Vec<String>,
    /// None of these does.
    pub not_values: Vec<String>,
}

/// What a condition is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `principals`, `source.principal`.
    Principal,
    /// `namespaces`, `source.namespace`.
    Namespace,
    /// `serviceAccounts`, `source.serviceAccount`.
    ServiceAccount,
    /// `trustDomains`, `source.trustDomain`.
    TrustDomain,
    /// `ipBlocks`, `source.ip`.
    SourceIp,
    /// `remoteIpBlocks`, `remote.ip`.
    RemoteIp,
    /// `requestPrincipals`, `request.auth.principal`.
    RequestPrincipal,
    /// `request.auth.audiences`, `.presenter`, `.claims[a][b]`: the claim's path.
    Claim(Vec<String>),
    /// `hosts`.
    Host,
    /// `ports`, `destination.port`.
    Port,
    /// `methods`.
    Method,
    /// `paths`.
    Path,
    /// `destination.ip`.
    DestinationIp,
    /// `connection.sni`.
    Sni,
    /// `request.headers[X]`, in lower case.
    Header(String),
    /// `experimental.envoy.filters.F[k]`: the whole key.
    Metadata(String),
    /// A key that is none: Istio drops the rule.
    Unsupported(String),
}

impl Authorization {
    /// Whether two do the same, wherever they stand and however old they are.
    #[must_use]
    pub fn means_the_same(&self, other: &Self) -> bool {
        let rule =
            |(one, other): (&Rule, &Rule)| (&one.from, &one.to, &one.when) == (&other.from, &other.to, &other.when);
        self.object.namespace == other.object.namespace
            && self.object.name == other.object.name
            && (&self.target, &self.action, self.is_dry_run) == (&other.target, &other.action, other.is_dry_run)
            && self.rules.len() == other.rules.len()
            && self.rules.iter().zip(&other.rules).all(rule)
    }
}

impl Field {
    /// Only requests have it.
    #[must_use]
    pub const fn is_http_only(&self) -> bool {
        matches!(
            self,
            Self::Host | Self::Method | Self::Path | Self::RequestPrincipal | Self::Claim(_) | Self::Header(_)
        )
    }

    /// Ztunnel is told of it.
    #[must_use]
    pub const fn is_layer_4(&self) -> bool {
        matches!(self, Self::SourceIp | Self::Namespace | Self::Principal | Self::DestinationIp | Self::Port)
    }

    /// As `when` calls it.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Principal => "source.principal",
            Self::Namespace => "source.namespace",
            Self::ServiceAccount => "source.serviceAccount",
            Self::TrustDomain => "source.trustDomain",
            Self::SourceIp => "source.ip",
            Self::RemoteIp => "remote.ip",
            Self::RequestPrincipal => "request.auth.principal",
            Self::Claim(path) => return claim(path),
            Self::Host => "request.host",
            Self::Port => "destination.port",
            Self::Method => "request.method",
            Self::Path => "request.path",
            Self::DestinationIp => "destination.ip",
            Self::Sni => "connection.sni",
            Self::Header(name) => return format!("request.headers[{name}]"),
            Self::Metadata(key) | Self::Unsupported(key) => key,
        }
        .to_owned()
    }
}

fn claim(path: &[String]) -> String {
    match path {
        [one] if one == "aud" => "request.auth.audiences".to_owned(),
        [one] if one == "azp" => "request.auth.presenter".to_owned(),
        path => format!("request.auth.claims[{}]", path.join("][")),
    }
}
