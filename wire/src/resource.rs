//! The sender's own part of a batch: an OTLP Resource.

use hogusu_model::{Hook, Proxy, SenderId, Workload};

use crate::attributes::Names;
use crate::names::resource as name;
use crate::names::{SCHEMA_URL, SCOPE, WIRE_VERSION};
use crate::protobuf::{bytes, int_attribute, message, string_attribute};
use crate::read::{Any, Fields, key_value};
use crate::refusal::Refusal;

/// What a sender says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The sender.
    pub sender: SenderId,
    /// The proxy it runs in.
    pub proxy: Proxy,
    /// Where in Envoy it is called.
    pub hook: Hook,
    /// Version of the filter.
    pub filter_version: String,
    /// Digest of the filter's sources.
    pub filter_digest: String,
    /// Revision of its configuration, as the configuration names it.
    pub revision: String,
    /// Version of the wire it writes.
    pub wire_version: u32,
    /// How often it flushes, in milliseconds.
    pub flush_interval_ms: u64,
    /// It tells which exchanges another hook of its proxy counts too.
    pub marks: bool,
}

/// The bytes of everything before a batch's metrics: Resource and scope, written once per sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preamble {
    pub(crate) resource: Vec<u8>,
    pub(crate) scope: Vec<u8>,
}

/// Writes a sender's Resource and scope.
#[must_use]
pub fn encode_resource(resource: &Resource) -> Preamble {
    let mut out = Vec::with_capacity(1024);
    string_attribute(&mut out, 1, name::INSTANCE, &resource.sender.to_string());
    for (key, value) in resource.texts().into_iter().filter(|(_, value)| !value.is_empty()) {
        string_attribute(&mut out, 1, key, value);
    }
    string_attribute(&mut out, 1, name::HOOK, resource.hook.as_str());
    int_attribute(&mut out, 1, name::WIRE_VERSION, u64::from(resource.wire_version));
    int_attribute(&mut out, 1, name::FLUSH_INTERVAL, resource.flush_interval_ms);
    if resource.marks {
        int_attribute(&mut out, 1, name::MARKS, 1);
    }
    let mut scope = Vec::new();
    message(&mut scope, 1, |scope| {
        bytes(scope, 1, SCOPE.as_bytes());
        bytes(scope, 2, resource.filter_version.as_bytes());
    });
    Preamble { resource: out, scope }
}

impl Preamble {
    /// An `ExportMetricsServiceRequest` around the metrics that `write` appends, some `len` bytes (each a field of
    /// ScopeMetrics).
    pub(crate) fn wrap(&self, len: usize, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::with_capacity(len + self.resource.len() + self.scope.len() + 128);
        message(&mut out, 1, |resource_metrics| {
            bytes(resource_metrics, 1, &self.resource);
            message(resource_metrics, 2, |scope_metrics| {
                scope_metrics.extend_from_slice(&self.scope);
                write(scope_metrics);
            });
            bytes(resource_metrics, 3, SCHEMA_URL.as_bytes());
        });
        out
    }
}

/// The sender's id alone: what every batch needs.
pub(crate) fn sender_of(resource: &[u8]) -> Result<SenderId, Refusal> {
    let mut fields = Fields::of(resource);
    while let Some((number, field)) = fields.next()? {
        if number != 1 {
            continue;
        }
        if let (name::INSTANCE, Any::Text(text)) = key_value(field.bytes()?)? {
            return SenderId::parse(text).ok_or_else(|| Refusal::value("service.instance.id", text));
        }
    }
    Err(Refusal::Missing("resource attribute service.instance.id"))
}

/// Reads a Resource that arrives: of an attribute that stands twice neither value would be the right one. What was taken before
/// this was refused is read by [`parse_resource`].
///
/// # Errors
/// When an attribute stands twice, and whenever [`parse_resource`] fails.
pub fn admit_resource(message: &[u8]) -> Result<Resource, Refusal> {
    let mut names = Names::default();
    let mut fields = Fields::of(message);
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            names.add(key_value(field.bytes()?)?.0)?;
        }
    }
    parse_resource(message)
}

/// Reads a Resource.
///
/// # Errors
/// When the sender, its hook or its proxy's id is missing or malformed.
pub fn parse_resource(message: &[u8]) -> Result<Resource, Refusal> {
    let mut resource = Resource {
        sender: sender_of(message)?,
        proxy: Proxy { workload: Workload::default(), ..Proxy::default() },
        hook: Hook::AccessLog,
        filter_version: String::new(),
        filter_digest: String::new(),
        revision: String::new(),
        wire_version: 0,
        flush_interval_ms: 5_000,
        marks: false,
    };
    let (mut hook, mut wire_version) = (None, None);
    let mut fields = Fields::of(message);
    while let Some((number, field)) = fields.next()? {
        if number != 1 {
            continue;
        }
        match key_value(field.bytes()?)? {
            (name::HOOK, Any::Text(text)) => {
                hook = Some(Hook::parse(text).ok_or_else(|| Refusal::value("hogusu.hook", text))?)
            }
            (key, Any::Text(text)) => resource.text(key, text),
            (name::WIRE_VERSION, Any::Int(version)) => {
                let known = u32::try_from(version).ok().filter(|version| *version > 0);
                wire_version = Some(known.ok_or_else(|| Refusal::value("hogusu.wire.version", version))?);
            }
            (name::FLUSH_INTERVAL, Any::Int(interval)) => resource.flush_interval_ms = interval,
            (name::MARKS, Any::Int(marks)) => resource.marks = marks != 0,
            _ => {}
        }
    }
    resource.hook = hook.ok_or(Refusal::Missing("resource attribute hogusu.hook"))?;
    resource.wire_version = wire_version.ok_or(Refusal::Missing("resource attribute hogusu.wire.version"))?;
    if resource.proxy.id.is_empty() {
        return Err(Refusal::Missing("resource attribute hogusu.proxy.id"));
    }
    Ok(resource)
}

impl Resource {
    /// The version this crate writes.
    pub const WIRE_VERSION: u32 = WIRE_VERSION;

    /// What is written as text beside the sender and the hook, in the order of writing.
    fn texts(&self) -> [(&'static str, &str); 17] {
        let proxy = &self.proxy;
        let service = if proxy.canonical_service.is_empty() { &proxy.workload.name } else { &proxy.canonical_service };
        [
            (name::SERVICE, service),
            (name::SERVICE_NAMESPACE, &proxy.workload.namespace),
            (name::SERVICE_VERSION, &proxy.canonical_revision),
            (name::CLUSTER, &proxy.workload.cluster),
            (name::NAMESPACE, &proxy.workload.namespace),
            (name::POD, &proxy.pod),
            (name::REGION, &proxy.region),
            (name::ZONE, &proxy.zone),
            (name::WORKLOAD, &proxy.workload.name),
            (name::SERVICE_ACCOUNT, &proxy.service_account),
            (name::MESH, &proxy.mesh),
            (name::TRUST_DOMAIN, &proxy.trust_domain),
            (name::PROXY, &proxy.id),
            (name::ADDRESSES, &proxy.addresses),
            (name::FILTER_VERSION, &self.filter_version),
            (name::FILTER_DIGEST, &self.filter_digest),
            (name::REVISION, &self.revision),
        ]
    }

    /// Everything that is read, by the attribute's name; last the service, which is the workload's where none is stated.
    fn attributes(&self) -> impl Iterator<Item = (&'static str, String)> {
        let [service, _written_only, texts @ ..] = self.texts();
        let others = [
            (name::INSTANCE, self.sender.to_string()),
            (name::HOOK, self.hook.to_string()),
            (name::WIRE_VERSION, self.wire_version.to_string()),
            (name::FLUSH_INTERVAL, self.flush_interval_ms.to_string()),
            (name::MARKS, u8::from(self.marks).to_string()),
        ];
        let owned = |(key, value): (&'static str, &str)| (key, value.to_owned());
        texts.map(owned).into_iter().chain(others).chain([owned(service)])
    }

    /// Whether a sender that said `before` may say this now: always the same, in whatever bytes.
    ///
    /// # Errors
    /// When it says something else.
    pub fn goes_on_from(&self, before: &Self) -> Result<(), Refusal> {
        let mut pairs = before.attributes().zip(self.attributes());
        match pairs.find(|(before, now)| before != now) {
            Some(((attribute, before), (_, now))) => Err(Refusal::changed(attribute, &before, &now)),
            None => Ok(()),
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        let proxy = &mut self.proxy;
        let place = match key {
            name::SERVICE => &mut proxy.canonical_service,
            name::SERVICE_VERSION => &mut proxy.canonical_revision,
            name::CLUSTER => &mut proxy.workload.cluster,
            name::NAMESPACE => &mut proxy.workload.namespace,
            name::POD => &mut proxy.pod,
            name::REGION => &mut proxy.region,
            name::ZONE => &mut proxy.zone,
            name::WORKLOAD => &mut proxy.workload.name,
            name::SERVICE_ACCOUNT => &mut proxy.service_account,
            name::MESH => &mut proxy.mesh,
            name::TRUST_DOMAIN => &mut proxy.trust_domain,
            name::PROXY => &mut proxy.id,
            name::ADDRESSES => &mut proxy.addresses,
            name::FILTER_VERSION => &mut self.filter_version,
            name::FILTER_DIGEST => &mut self.filter_digest,
            name::REVISION => &mut self.revision,
            _ => return,
        };
        text.clone_into(place);
    }
}
