//! A series' identity as data point attributes: written once per series, read once per unseen series.

use std::collections::HashSet;

use hogusu_model::{
    AnsweredBy, Measure, Outcome, Protocol, Reason, Reporter, Security, SeriesKey, TlsVersion, Traffic,
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
    let mut draft = Draft::of(measure);
    let mut names = Names::default();
    let mut fields = Fields::of(attributes);
    while let Some((_, field)) = fields.next()? {
        let (name, value) = key_value(field.bytes()?)?;
        names.add(name)?;
        match value {
            Any::Text(text) => draft.text(name, text)?,
            Any::Int(number) => draft.number(name, number)?,
            Any::Bool(flag) if name == point::OVERFLOW => draft.key.overflow = flag,
            Any::Bool(flag) if name == point::STREAMING => draft.key.streaming = flag,
            Any::Bool(flag) if name == point::TWICE => draft.key.twice = flag,
            Any::Bool(_) | Any::Else => {}
        }
    }
    Ok(SeriesKey {
        reporter: draft.reporter.ok_or(Refusal::Missing("attribute hogusu.reporter"))?,
        protocol: draft.protocol.ok_or(Refusal::Missing("attribute hogusu.protocol"))?,
        outcome: draft.outcome.ok_or(Refusal::Missing("attribute hogusu.outcome"))?,
        answered_by: draft.answered_by.ok_or(Refusal::Missing("attribute hogusu.answered_by"))?,
        ..draft.key
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

/// A series as far as it was read.
struct Draft {
    reporter: Option<Reporter>,
    protocol: Option<Protocol>,
    outcome: Option<Outcome>,
    answered_by: Option<AnsweredBy>,
    /// Everything that may be left out. The rest is taken from above.
    key: SeriesKey,
}

impl Draft {
    fn of(measure: Measure) -> Self {
        let key = SeriesKey::new(measure, Reporter::Source, Protocol::Http, Outcome::Other, AnsweredBy::Nobody);
        Self { reporter: None, protocol: None, outcome: None, answered_by: None, key }
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), Refusal> {
        let key = &mut self.key;
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
                key.security = Security::parse(text).unwrap_or(Security::Unknown);
                return Ok(());
            }
            point::OUTCOME => {
                self.outcome = Some(Outcome::parse(text).unwrap_or(Outcome::Other));
                return Ok(());
            }
            point::REASON => {
                key.reason = Reason::parse(text).unwrap_or(Reason::Other);
                return Ok(());
            }
            point::TLS_VERSION => {
                key.tls_version = TlsVersion::parse(text).unwrap_or(TlsVersion::Other);
                return Ok(());
            }
            point::TRAFFIC => {
                key.traffic = Traffic::parse(text).ok_or_else(|| Refusal::value("hogusu.traffic", text))?;
                return Ok(());
            }
            point::PRINCIPAL => &mut key.own_principal,
            point::PEER_PRINCIPAL => &mut key.peer.principal,
            point::PEER_CLUSTER => &mut key.peer.workload.cluster,
            point::PEER_NAMESPACE => &mut key.peer.workload.namespace,
            point::PEER_WORKLOAD => &mut key.peer.workload.name,
            point::PEER_SERVICE => &mut key.peer.canonical_service,
            point::PEER_REVISION => &mut key.peer.canonical_revision,
            point::PEER_ADDRESS => &mut key.peer.address,
            point::SERVICE_HOST => &mut key.service.host,
            point::OPERATION => &mut key.operation,
            point::SERVER_NAME => &mut key.server_name,
            _ => return Ok(()),
        };
        text.clone_into(place);
        Ok(())
    }

    fn number(&mut self, name: &str, number: u64) -> Result<(), Refusal> {
        let (place, field) = match name {
            point::SERVICE_PORT => (&mut self.key.service.port, "hogusu.service.port"),
            point::PORT => (&mut self.key.port, "hogusu.port"),
            _ => return Ok(()),
        };
        *place = u16::try_from(number).map_err(|_ignored| Refusal::value(field, number))?;
        Ok(())
    }
}
