//! A series' identity as data point attributes: written once per series, read once per unseen series.

use std::collections::HashSet;

use hogusu_model::{
    AnsweredBy, Measure, Outcome, Peer, Protocol, Reason, Reporter, Security, SeriesKey, Service, TlsVersion, Traffic,
    Workload,
};

use crate::names::point;
use crate::protobuf::{bool_attribute, int_attribute, string_attribute};
use crate::read::{Any, Fields, key_value};
use crate::refusal::Refusal;

/// Field number of `attributes` in an exponential histogram's data point.
pub(crate) const HISTOGRAM_ATTRIBUTES: u32 = 1;
/// Field number of `attributes` in a number's data point.
pub(crate) const NUMBER_ATTRIBUTES: u32 = 7;

/// The attributes of a series as they stand in a histogram's data point: equal bytes if and only if equal keys
/// (the measure apart, which the metric's name says).
#[must_use]
pub fn encode_series(key: &SeriesKey) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let peer = &key.peer;
    for (name, value) in [
        (point::REPORTER, key.reporter.as_str()),
        (point::PROTOCOL, key.protocol.as_str()),
        (point::OUTCOME, key.outcome.as_str()),
        (point::ANSWERED_BY, key.answered_by.as_str()),
        (point::SECURITY, key.security.as_str()),
        (point::TLS_VERSION, key.tls_version.as_str()),
        (point::PRINCIPAL, &key.own_principal),
        (point::PEER_PRINCIPAL, &peer.principal),
        (point::PEER_CLUSTER, &peer.workload.cluster),
        (point::PEER_NAMESPACE, &peer.workload.namespace),
        (point::PEER_WORKLOAD, &peer.workload.name),
        (point::PEER_SERVICE, &peer.canonical_service),
        (point::PEER_REVISION, &peer.canonical_revision),
        (point::PEER_ADDRESS, &peer.address),
        (point::SERVICE_HOST, &key.service.host),
        (point::OPERATION, &key.operation),
        (point::TRAFFIC, if key.traffic == Traffic::Mesh { "" } else { key.traffic.as_str() }),
        (point::REASON, key.reason.as_str()),
        (point::SERVER_NAME, &key.server_name),
    ] {
        if !value.is_empty() {
            string_attribute(&mut out, HISTOGRAM_ATTRIBUTES, name, value);
        }
    }
    for (name, value) in [(point::SERVICE_PORT, key.service.port), (point::PORT, key.port)] {
        if value != 0 {
            int_attribute(&mut out, HISTOGRAM_ATTRIBUTES, name, u64::from(value));
        }
    }
    for (name, flag) in [(point::OVERFLOW, key.overflow), (point::STREAMING, key.streaming), (point::TWICE, key.twice)]
    {
        if flag {
            bool_attribute(&mut out, HISTOGRAM_ATTRIBUTES, name, true);
        }
    }
    out
}

/// The series that attributes of a data point name.
///
/// # Errors
/// When a required attribute is missing, one stands twice, or a word is not one that docs/wire.md lists.
pub fn parse_series(measure: Measure, attributes: &[u8]) -> Result<SeriesKey, Refusal> {
    let mut draft = Draft::default();
    let mut names = Names::default();
    let mut fields = Fields::of(attributes);
    while let Some((_, field)) = fields.next()? {
        let (name, value) = key_value(field.bytes()?)?;
        names.add(name)?;
        match value {
            Any::Text(text) => draft.text(name, text)?,
            Any::Int(number) => draft.number(name, number)?,
            Any::Bool(flag) if name == point::OVERFLOW => draft.overflow = flag,
            Any::Bool(flag) if name == point::STREAMING => draft.streaming = flag,
            Any::Bool(flag) if name == point::TWICE => draft.twice = flag,
            Any::Bool(_) | Any::Else => {}
        }
    }
    Ok(SeriesKey {
        measure,
        reporter: draft.reporter.ok_or(Refusal::Missing("attribute hogusu.reporter"))?,
        protocol: draft.protocol.ok_or(Refusal::Missing("attribute hogusu.protocol"))?,
        peer: draft.peer,
        service: draft.service,
        port: draft.port,
        security: draft.security.unwrap_or(Security::Unknown),
        tls_version: draft.tls_version,
        own_principal: draft.own_principal,
        outcome: draft.outcome.ok_or(Refusal::Missing("attribute hogusu.outcome"))?,
        reason: draft.reason,
        answered_by: draft.answered_by.ok_or(Refusal::Missing("attribute hogusu.answered_by"))?,
        operation: draft.operation,
        traffic: draft.traffic,
        streaming: draft.streaming,
        server_name: draft.server_name,
        twice: draft.twice,
        overflow: draft.overflow,
    })
}

/// Names of attributes, each at most once: of two values neither is the right one.
#[derive(Default)]
pub(crate) struct Names<'a>(HashSet<&'a str>);

impl<'a> Names<'a> {
    /// Notes a name.
    pub(crate) fn add(&mut self, name: &'a str) -> Result<(), Refusal> {
        if self.0.insert(name) { Ok(()) } else { Err(Refusal::value("an attribute that stands twice", name)) }
    }
}

struct Draft {
    reporter: Option<Reporter>,
    protocol: Option<Protocol>,
    outcome: Option<Outcome>,
    reason: Reason,
    answered_by: Option<AnsweredBy>,
    security: Option<Security>,
    tls_version: TlsVersion,
    traffic: Traffic,
    peer: Peer,
    service: Service,
    port: u16,
    own_principal: String,
    operation: String,
    streaming: bool,
    server_name: String,
    twice: bool,
    overflow: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            reporter: None,
            protocol: None,
            outcome: None,
            reason: Reason::None,
            answered_by: None,
            security: None,
            tls_version: TlsVersion::None,
            traffic: Traffic::Mesh,
            peer: Peer { workload: Workload::default(), ..Peer::default() },
            service: Service::default(),
            port: 0,
            own_principal: String::new(),
            operation: String::new(),
            streaming: false,
            server_name: String::new(),
            twice: false,
            overflow: false,
        }
    }
}

impl Draft {
    fn text(&mut self, name: &str, text: &str) -> Result<(), Refusal> {
        let place = match name {
            point::REPORTER => {
                self.reporter = Some(Reporter::parse(text).ok_or_else(|| Refusal::value("hogusu.reporter", text))?);
                return Ok(());
            }
            point::PROTOCOL => {
                self.protocol = Some(Protocol::parse(text).ok_or_else(|| Refusal::value("hogusu.protocol", text))?);
                return Ok(());
            }
            point::ANSWERED_BY => {
                self.answered_by =
                    Some(AnsweredBy::parse(text).ok_or_else(|| Refusal::value("hogusu.answered_by", text))?);
                return Ok(());
            }
            point::SECURITY => {
                self.security = Some(Security::parse(text).unwrap_or(Security::Unknown));
                return Ok(());
            }
            point::OUTCOME => {
                self.outcome = Some(Outcome::parse(text).unwrap_or(Outcome::Other));
                return Ok(());
            }
            point::REASON => {
                self.reason = Reason::parse(text).unwrap_or(Reason::Other);
                return Ok(());
            }
            point::TLS_VERSION => {
                self.tls_version = TlsVersion::parse(text).unwrap_or(TlsVersion::Other);
                return Ok(());
            }
            point::TRAFFIC => {
                self.traffic = Traffic::parse(text).ok_or_else(|| Refusal::value("hogusu.traffic", text))?;
                return Ok(());
            }
            point::PRINCIPAL => &mut self.own_principal,
            point::PEER_PRINCIPAL => &mut self.peer.principal,
            point::PEER_CLUSTER => &mut self.peer.workload.cluster,
            point::PEER_NAMESPACE => &mut self.peer.workload.namespace,
            point::PEER_WORKLOAD => &mut self.peer.workload.name,
            point::PEER_SERVICE => &mut self.peer.canonical_service,
            point::PEER_REVISION => &mut self.peer.canonical_revision,
            point::PEER_ADDRESS => &mut self.peer.address,
            point::SERVICE_HOST => &mut self.service.host,
            point::OPERATION => &mut self.operation,
            point::SERVER_NAME => &mut self.server_name,
            _ => return Ok(()),
        };
        text.clone_into(place);
        Ok(())
    }

    fn number(&mut self, name: &str, number: u64) -> Result<(), Refusal> {
        let (place, field) = match name {
            point::SERVICE_PORT => (&mut self.service.port, "hogusu.service.port"),
            point::PORT => (&mut self.port, "hogusu.port"),
            _ => return Ok(()),
        };
        *place = u16::try_from(number).map_err(|_ignored| Refusal::value(field, number))?;
        Ok(())
    }
}
