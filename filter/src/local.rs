//! Who this proxy is: its node's metadata, read once and field by field (the whole node can be 60 KB).

use hogusu_model::{Proxy, Workload};

use crate::host::Host;
use crate::property::text;

macro_rules! metadata {
    ($($key:literal),+) => { concat!("xds\0node\0metadata", $("\0", $key),+) };
}

/// Reads what the node says of itself.
pub fn read_proxy(host: &impl Host) -> Proxy {
    let read = |path: &str| text(host.property(path)).to_owned();
    let id = read("xds\0node\0id");
    let workload = Workload {
        cluster: read(metadata!("CLUSTER_ID")),
        namespace: read(metadata!("NAMESPACE")),
        name: read(metadata!("WORKLOAD_NAME")),
    };
    let addresses = read(metadata!("INSTANCE_IPS"));
    Proxy {
        addresses: if addresses.is_empty() { local_ip(&id).to_owned() } else { addresses },
        workload,
        pod: read(metadata!("NAME")),
        service_account: read(metadata!("SERVICE_ACCOUNT")),
        canonical_service: read(metadata!("LABELS", "service.istio.io/canonical-name")),
        canonical_revision: read(metadata!("LABELS", "service.istio.io/canonical-revision")),
        mesh: read(metadata!("MESH_ID")),
        trust_domain: String::new(),
        region: read("xds\0node\0locality\0region"),
        zone: read("xds\0node\0locality\0zone"),
        id,
    }
}

/// The address in a node id `sidecar~ADDRESS~POD.NAMESPACE~DOMAIN`; empty when the id is of another form.
#[must_use]
pub fn local_ip(id: &str) -> &str {
    let mut parts = id.split('~');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(address), Some(_), Some(_)) => address,
        _ => "",
    }
}
