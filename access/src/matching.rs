//! Whether a condition of a rule holds for what is known of an exchange.

use std::net::IpAddr;

use crate::authorization::{Condition, Field};
use crate::call::{Call, Peer, Token};
use crate::identity;
use crate::mesh::Mesh;
use crate::pattern::{Pattern, path};
use crate::truth::Truth;

/// What conditions are looked at with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) call: &'a Call,
    pub(crate) mesh: &'a Mesh,
    /// The policy's namespace.
    pub(crate) namespace: &'a str,
    pub(crate) is_ztunnel: bool,
}

impl Context<'_> {
    /// One of the values, where there are some, and none of the others.
    pub(crate) fn holds(&self, condition: &Condition) -> Truth {
        let matches = |value: &String| self.matches(&condition.field, value);
        let positive =
            if condition.values.is_empty() { Truth::Yes } else { Truth::any(condition.values.iter().map(matches)) };
        positive.and(!Truth::any(condition.not_values.iter().map(matches)))
    }

    fn matches(&self, field: &Field, value: &str) -> Truth {
        let call = self.call;
        let known = |known: Option<bool>| known.map_or_else(|| Truth::unknown(field.key()), Truth::from);
        match field {
            Field::Principal | Field::Namespace | Field::ServiceAccount | Field::TrustDomain => self.peer(field, value),
            Field::SourceIp => address(field, value, call.source_ip),
            Field::RemoteIp => address(field, value, call.remote_ip),
            Field::DestinationIp => address(field, value, call.destination_ip),
            Field::RequestPrincipal => known(call.token.as_ref().map(|token| request_principal(value, token))),
            Field::Claim(path) => known(call.token.as_ref().map(|token| claim(path, value, token))),
            Field::Port => known(call.port.map(|port| value.parse() == Ok(port))),
            Field::Method => known(call.method.as_ref().map(|method| Pattern::of(value).matches(method))),
            Field::Host => known(
                call.host
                    .as_ref()
                    .map(|host| Pattern::of(&value.to_ascii_lowercase()).matches(&host.to_ascii_lowercase())),
            ),
            Field::Path => match &call.path {
                Some(text) => path(value, text, &field.key()),
                None => Truth::unknown(field.key()),
            },
            Field::Sni => known(call.sni.as_ref().map(|sni| Pattern::of(value).matches(sni))),
            Field::Header(name) => self.header(field, name, value),
            Field::Metadata(_) | Field::Unsupported(_) => Truth::unknown(field.key()),
        }
    }

    /// Without a client certificate nothing matches.
    fn peer(&self, field: &Field, value: &str) -> Truth {
        let name = match &self.call.peer {
            None => return Truth::unknown(field.key()),
            Some(Peer::Nobody) => return Truth::No,
            Some(Peer::Certificate(name)) => name,
        };
        let matches = if self.is_ztunnel {
            identity::matches_at_ztunnel(field, value, name)
        } else {
            identity::matches(field, value, name, self.namespace, self.mesh)
        };
        match matches {
            Some(true) => Truth::Yes,
            Some(false) if identity::is_workload(name) => Truth::No,
            // A certificate that is no workload's may have further names, and each of them is compared.
            Some(false) => Truth::unknown(format!("{} beyond the first name of the certificate", field.key())),
            None => Truth::unknown(field.key()),
        }
    }

    fn header(&self, field: &Field, name: &str, value: &str) -> Truth {
        let as_one = |text: &Option<String>| {
            text.as_ref()
                .map_or_else(|| Truth::unknown(field.key()), |text| Truth::from(Pattern::of(value).matches(text)))
        };
        match name {
            // What a request line says has names of headers too, and no list of headers holds them.
            ":authority" | "host" => return as_one(&self.call.host),
            ":method" => return as_one(&self.call.method),
            name if name.starts_with(':') => return Truth::unknown(field.key()),
            _ => {}
        }
        let Some(headers) = &self.call.headers else { return Truth::unknown(field.key()) };
        match headers.get(name) {
            None => Truth::No,
            // Whether nothing is present is told differently by versions of Istio.
            Some(own) if own.is_empty() && value == "*" => Truth::unknown(field.key()),
            Some(own) => Truth::from(Pattern::of(value).matches(own)),
        }
    }
}

/// An address, or a network in CIDR.
fn address(field: &Field, value: &str, address: Option<IpAddr>) -> Truth {
    match (address, network(value)) {
        (Some(address), Some(network)) => Truth::from(contains(network, address)),
        _ => Truth::unknown(field.key()),
    }
}

/// Address and length of its network.
pub(crate) fn network(value: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = match value.split_once('/') {
        // A sign would be read, too.
        Some((_, length)) if !length.bytes().all(|one| one.is_ascii_digit()) => return None,
        Some((address, length)) => (address.parse::<IpAddr>().ok()?, Some(length.parse::<u32>().ok()?)),
        None => (value.parse::<IpAddr>().ok()?, None),
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(most);
    (length <= most).then_some((address, length))
}

fn contains((network, length): (IpAddr, u32), address: IpAddr) -> bool {
    match (network, address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (network.to_bits() ^ address.to_bits()).leading_zeros().min(32) >= length
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (network.to_bits() ^ address.to_bits()).leading_zeros().min(128) >= length
        }
        _ => false,
    }
}

/// `iss/sub`, split at the last `/`; `*` is both present.
fn request_principal(value: &str, token: &Token) -> bool {
    let Token::Valid { issuer, subject, .. } = token else { return false };
    let (of_issuer, of_subject) = match value.rsplit_once('/') {
        _ if value == "*" => (Pattern::Present, Pattern::Present),
        Some((own, subject)) if value.starts_with('*') => (Pattern::of(own), Pattern::Exact(subject)),
        None if value.starts_with('*') => (Pattern::Present, Pattern::of(value)),
        Some((own, subject)) if value.ends_with('*') => (Pattern::Exact(own), Pattern::of(subject)),
        None if value.ends_with('*') => (Pattern::of(value), Pattern::Present),
        Some((own, subject)) => (Pattern::Exact(own), Pattern::Exact(subject)),
        None => (Pattern::Exact(value), Pattern::Exact("")),
    };
    of_issuer.matches(issuer) && of_subject.matches(subject)
}

fn claim(path: &[String], value: &str, token: &Token) -> bool {
    let Token::Valid { issuer, subject, claims } = token else { return false };
    let pattern = Pattern::of(value);
    match path {
        [one] if one == "iss" => pattern.matches(issuer),
        [one] if one == "sub" => pattern.matches(subject),
        path => claims.get(path).is_some_and(|own| own.iter().any(|own| pattern.matches(own))),
    }
}
