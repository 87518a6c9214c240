//! What ends of edges are called in words, and asked for: one grammar for both, so that what is printed can be given as the question,
//! and no two ends read the same.
//!
//! A workload is `NAMESPACE/NAME`; `NAME` where it has no namespace; `K8S_CLUSTER/NAMESPACE/NAME` where several on the map have those two.
//! A part that holds a slash, or what could be taken for the words around it, stands in quotes; and so does a name that would read as an
//! end of another kind.

pub mod between;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use hogusu_model::Workload;
use hogusu_model::edge::End;

use crate::shown::{is_word, quoted, told};

/// How a workload can be asked for, for people.
pub const GRAMMAR: &str = "K8S_CLUSTER/NAMESPACE/NAME, NAMESPACE/NAME or NAME, as a map shows it; what holds a slash \
                           stands in quotes: \"a/b\"/NAME";

const UNKNOWN: &str = "unknown";
const OVERFLOW: &str = "overflow";
/// A workload of which not even the name is known.
const UNNAMED: &str = "unnamed";

/// A part of a label.
#[must_use]
pub fn part(text: &str) -> Cow<'_, str> {
    let is_plain = !text.is_empty() && !text.contains('/') && is_word(text);
    if is_plain { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// The last part, behind which a port may stand.
fn last(name: &str) -> Cow<'_, str> {
    if split_port(name).is_some() { Cow::Owned(quoted(name)) } else { part(name) }
}

/// A name with nothing before it that says of what kind it is.
fn alone(name: &str) -> Cow<'_, str> {
    let is_of_another_kind = matches!(name, UNKNOWN | OVERFLOW | UNNAMED) || name.parse::<IpAddr>().is_ok();
    if is_of_another_kind { Cow::Owned(quoted(name)) } else { last(name) }
}

/// A workload, or whatever else has a name in a namespace.
#[must_use]
pub fn workload(namespace: &str, name: &str) -> String {
    match (namespace, name) {
        ("", "") => UNNAMED.to_owned(),
        ("", name) => alone(name).into_owned(),
        (namespace, name) => format!("{}/{}", part(namespace), last(name)),
    }
}

/// A workload with its k8s cluster.
#[must_use]
pub fn in_cluster(cluster: &str, namespace: &str, name: &str) -> String {
    format!("{}/{}/{}", part(cluster), part(namespace), last(name))
}

/// `host:port`; the host alone where no port is known.
#[must_use]
pub fn with_port(host: &str, port: u16) -> String {
    match port {
        0 => host.to_owned(),
        _ if host.parse::<Ipv6Addr>().is_ok() => format!("[{host}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

/// A name and the port behind it.
fn split_port(text: &str) -> Option<(&str, u16)> {
    let (name, port) = text.rsplit_once(':')?;
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    Some((name, port.parse().ok()?)).filter(|(name, _)| is_number && !name.is_empty())
}

/// What has to be told apart on one map.
#[derive(Debug, Default)]
pub struct Labels {
    /// Namespace and name of workloads that several k8s clusters have.
    namesakes: BTreeSet<(String, String)>,
    /// Names of workloads without a namespace.
    alone: BTreeSet<String>,
}

impl Labels {
    /// Of a map with these ends.
    pub fn among<'a>(ends: impl Iterator<Item = &'a End>) -> Self {
        let mut clusters: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for end in ends {
            if let End::Workload(workload) = end {
                clusters.entry((&workload.namespace, &workload.name)).or_default().insert(&workload.cluster);
            }
        }
        let owned = |(namespace, name): &(&str, &str)| ((*namespace).to_owned(), (*name).to_owned());
        let several = clusters.iter().filter(|(_, clusters)| clusters.len() > 1);
        let alone = clusters.keys().filter(|(namespace, _)| namespace.is_empty());
        Self {
            namesakes: several.map(|(workload, _)| owned(workload)).collect(),
            alone: alone.map(|(_, name)| (*name).to_owned()).collect(),
        }
    }

    fn is_namesake(&self, one: &Workload) -> bool {
        !self.namesakes.is_empty() && self.namesakes.contains(&(one.namespace.clone(), one.name.clone()))
    }

    /// An end as people read it. `port` is the one that its edge leads to; 0: none is known, or it is the source. Of a workload it is not
    /// part of the name.
    #[must_use]
    pub fn of(&self, end: &End, port: u16) -> String {
        match end {
            End::Workload(one) if !one.cluster.is_empty() && self.is_namesake(one) => {
                in_cluster(&one.cluster, &one.namespace, &one.name)
            }
            End::Workload(one) => workload(&one.namespace, &one.name),
            // An Envoy cluster may be called as a workload is.
            End::Service(host) if self.alone.contains(host) => format!("{} (service)", with_port(&alone(host), port)),
            End::Service(host) => with_port(&alone(host), port),
            End::Address(address) if address.parse::<IpAddr>().is_ok() => with_port(address, port),
            End::Address(claimed) => format!("{} (address)", with_port(&quoted(claimed), port)),
            End::Unknown => UNKNOWN.to_owned(),
            End::Overflow => OVERFLOW.to_owned(),
        }
    }
}

/// A workload that is asked for; what is not said may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Its k8s cluster.
    pub cluster: Option<String>,
    /// Its namespace; empty: it has none.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Only what leads to this port of it.
    pub port: Option<u16>,
}

/// Why a text names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoName {
    /// Nothing before, between or behind slashes.
    #[error("a part of it is empty")]
    Empty,
    /// More than k8s cluster, namespace and name.
    #[error("it has more than three parts")]
    TooManyParts,
    /// A quote without its end.
    #[error("a quote in it is not closed")]
    Open,
    /// Neither a slash nor a port.
    #[error("something stands behind a closing quote")]
    BehindQuote,
}

impl Asked {
    /// Reads a workload as it is printed, with or without a port.
    ///
    /// # Errors
    /// When nothing can be called so.
    pub fn parse(text: &str) -> Result<Self, NoName> {
        let text = told(text);
        let (mut parts, mut rest) = (Vec::new(), text.as_str());
        let behind = loop {
            let (part, after) = first(rest)?;
            parts.push(part);
            match after.strip_prefix('/') {
                Some(next) => rest = next,
                None => break after,
            }
        };
        let port = match behind.strip_prefix(':') {
            Some(port) => Some(port.parse().map_err(|_ignored| NoName::BehindQuote)?),
            None if behind.is_empty() => None,
            None => return Err(NoName::BehindQuote),
        };
        let mut parts = parts.into_iter().rev();
        let (name, namespace, cluster) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if parts.next().is_some() { Err(NoName::TooManyParts) } else { Ok(Self { cluster, namespace, name, port }) }
    }
}

/// Reads a namespace as it is printed. With nothing before or behind it, a slash in it needs no quotes.
///
/// # Errors
/// When nothing can be called so.
pub fn namespace(text: &str) -> Result<String, NoName> {
    let text = told(text);
    if !text.starts_with('"') {
        return if text.is_empty() { Err(NoName::Empty) } else { Ok(text) };
    }
    let (namespace, behind) = first(&text)?;
    if behind.is_empty() { Ok(namespace) } else { Err(NoName::BehindQuote) }
}

/// The first part of a label, and what stands behind it.
fn first(text: &str) -> Result<(String, &str), NoName> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find('/').or_else(|| split_port(text).map(|(name, _)| name.len())).unwrap_or(text.len());
        let (part, behind) = text.split_at(end);
        return if part.is_empty() { Err(NoName::Empty) } else { Ok((part.to_owned(), behind)) };
    };
    let (mut part, mut chars) = (String::new(), inner.chars());
    while let Some(char) = chars.next() {
        match char {
            '"' => return Ok((part, chars.as_str())),
            '\\' => part.extend(chars.next()),
            other => part.push(other),
        }
    }
    Err(NoName::Open)
}

#[cfg(test)]
mod laws;
