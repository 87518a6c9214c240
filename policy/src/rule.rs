//! The built-in rules, as files name them. What each says of an exchange is in [`crate::judge`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::selector::{Scope, Selector, is_pattern};

/// A rule. Own ones in an expression language would be one more variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Both ends authenticated in TLS, by the destination's word.
    MutualTls,
    /// TLS of this version or a newer one.
    MinimumTlsVersion {
        /// The oldest version that will do.
        version: Floor,
    },
    /// The proven principal of an end is of one of these trust domains.
    AllowedTrustDomains {
        /// Trust domains, or patterns of them.
        domains: Vec<String>,
        /// Whose principal.
        #[serde(default)]
        end: Side,
    },
    /// The source is one of these: the dependencies that are declared.
    AllowedSources {
        /// Who may ask.
        sources: Vec<Selector>,
    },
    /// None of these edges exists.
    ForbiddenEdges {
        /// Edges that must not be.
        edges: Vec<Scope>,
    },
    /// Both ends are in the same namespace, k8s cluster or zone.
    StaysWithin {
        /// What is not to be left.
        boundary: Boundary,
    },
    /// The proven principal of an end is that of its workload's namespace and service account.
    PrincipalFitsAccount {
        /// Whose principal.
        #[serde(default)]
        end: Side,
    },
    /// The source does not run under the service account `default`.
    NoDefaultAccount,
    /// The source's service account is no other workload's.
    NoSharedAccount,
    /// It is proven who asks.
    NoUnidentifiedSource,
    /// Both ends tell of it, and agree.
    ConfirmedByBoth,
    /// What is known of it is not older than this.
    ObservedWithin {
        /// A number and `s`, `m`, `h` or `d`.
        age: String,
    },
}

/// Versions of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Floor {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V1_3,
}

/// An end of an edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Who asks.
    #[default]
    Source,
    /// Who is asked.
    Destination,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }
}

/// What edges may be kept within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// Kubernetes namespace.
    Namespace,
    /// Kubernetes cluster.
    Cluster,
    /// Zone.
    Zone,
}

impl Rule {
    /// Every word, in the order of docs/compliance.md.
    pub const WORDS: [&'static str; 12] = [
        "mutual_tls",
        "minimum_tls_version",
        "allowed_trust_domains",
        "allowed_sources",
        "forbidden_edges",
        "stays_within",
        "principal_fits_account",
        "no_default_account",
        "no_shared_account",
        "no_unidentified_source",
        "confirmed_by_both",
        "observed_within",
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        let [tls, version, domains, sources, forbidden, within, fits, default, shared, unidentified, both, age] =
            Self::WORDS;
        match self {
            Self::MutualTls => tls,
            Self::MinimumTlsVersion { .. } => version,
            Self::AllowedTrustDomains { .. } => domains,
            Self::AllowedSources { .. } => sources,
            Self::ForbiddenEdges { .. } => forbidden,
            Self::StaysWithin { .. } => within,
            Self::PrincipalFitsAccount { .. } => fits,
            Self::NoDefaultAccount => default,
            Self::NoSharedAccount => shared,
            Self::NoUnidentifiedSource => unidentified,
            Self::ConfirmedByBoth => both,
            Self::ObservedWithin { .. } => age,
        }
    }

    /// It judges what was on the wire, which is there of what was refused too; other rules judge what got through.
    #[must_use]
    pub const fn is_of_wire(&self) -> bool {
        matches!(self, Self::MutualTls | Self::MinimumTlsVersion { .. })
    }

    /// Selectors within it, with the end that they are of.
    pub fn selectors(&self) -> impl Iterator<Item = (Side, &Selector)> {
        let (sources, edges): (&[Selector], &[Scope]) = match self {
            Self::AllowedSources { sources } => (sources, &[]),
            Self::ForbiddenEdges { edges } => (&[], edges),
            _ => (&[], &[]),
        };
        let of_edges = edges.iter().flat_map(Scope::selectors);
        sources.iter().map(|source| (Side::Source, source)).chain(of_edges)
    }

    /// What is wrong with it, though each field is what it should be.
    #[must_use]
    pub fn wrong(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::AllowedTrustDomains { domains, .. } if domains.is_empty() => {
                Some(("no trust domain is allowed", "name those that are, as domains: [cluster.local]"))
            }
            Self::AllowedTrustDomains { domains, .. } if !domains.iter().all(|domain| is_pattern(domain)) => Some((
                "one of its trust domains is no pattern",
                "write a name, with * at its beginning, its end or both",
            )),
            Self::AllowedTrustDomains { domains, .. }
                if domains.iter().any(|domain| domain.trim_matches('*').is_empty()) =>
            {
                Some(("it allows every trust domain", "name those that are, as domains: [cluster.local]"))
            }
            Self::AllowedTrustDomains { domains, .. } if !domains.iter().all(|domain| is_cut_at_a_dot(domain)) => {
                Some((
                    "one of its patterns takes trust domains that differ within a word",
                    "put the `*` beside a dot or a hyphen, as \"*.example.com\", or write the name",
                ))
            }
            Self::AllowedSources { sources } if sources.is_empty() => Some((
                "no source is declared",
                "name those that may ask, as namespace: [shop]; forbidden_edges forbids all",
            )),
            Self::AllowedSources { sources } if sources.iter().any(Selector::is_empty) => {
                Some(("an empty selector allows every source", "say which, as namespace: [shop]"))
            }
            Self::ForbiddenEdges { edges } if edges.is_empty() || edges.iter().any(Scope::is_empty) => {
                Some(("it does not say which edges are forbidden", "name source, destination or both of each"))
            }
            Self::ObservedWithin { age } if seconds(age).is_none() => {
                Some(("age is no length of time", "write a number and s, m, h or d, as 24h"))
            }
            _ => None,
        }
    }
}

/// A pattern of trust domains that ends and begins where a word does: `*l` is nearly every domain.
fn is_cut_at_a_dot(pattern: &str) -> bool {
    let is_border = |character: char| matches!(character, '.' | '-');
    let begin = pattern.strip_prefix('*').is_none_or(|rest| rest.starts_with(is_border));
    begin && pattern.strip_suffix('*').is_none_or(|rest| rest.ends_with(is_border))
}

/// Seconds of a length of time; `None` for what is none, and for none at all.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().next_back()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|number| is_number && *number > 0)?;
    number.checked_mul(unit)
}
