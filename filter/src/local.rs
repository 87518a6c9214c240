//! Who this proxy is: its node's metadata, read once and field by field (the whole node can be 60 KB).

use hogusu_model::{Proxy, Workload};

use crate::host::Host;
use crate::property::{MAX_TEXT, name, whole};

macro_rules! metadata {
    ($($key:literal),+) => { concat!("xds\0node\0metadata", $("\0", $key),+) };
}

/// Reads what the node says of itself.
pub fn read_proxy(host: &impl Host) -> Proxy {
    let read = |path: &str| name(host.property(path).filter(|value| is_text(value)));
    let id = read("xds\0node\0id");
    let name = read(metadata!("WORKLOAD_NAME"));
    let workload = Workload {
        cluster: read(metadata!("CLUSTER_ID")),
        namespace: read(metadata!("NAMESPACE")),
        // Without Istio's metadata Envoy's own word for what it stands before: `--service-cluster`.
        name: if name.is_empty() { read("xds\0node\0cluster") } else { name },
    };
    let list = whole(host.property(metadata!("INSTANCE_IPS")).filter(|value| is_text(value)));
    let addresses = whole_addresses(list);
    Proxy {
        addresses: if addresses.is_empty() { local_ip(&id) } else { addresses }.to_owned(),
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

/// False for what a number, a boolean, a list or an object of the node's metadata looks like in memory, for that is how the
/// proxy hands it over: eight bytes with zeros among them, one byte, or messages that begin with a field's tag.
fn is_text(value: &[u8]) -> bool {
    !value.contains(&0) && value.first().is_none_or(|first| *first >= b' ')
}

/// As many addresses of a list as fit, each whole.
fn whole_addresses(list: &str) -> &str {
    let Some(fitting) = list.get(..list.floor_char_boundary(MAX_TEXT)).filter(|_| list.len() > MAX_TEXT) else {
        return list;
    };
    fitting.rsplit_once(',').map_or("", |(whole, _)| whole)
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

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::fake::{Exchange, FakeHost};

    #[test]
    fn the_address_in_a_node_id_is_found() {
        assert_eq!(local_ip("sidecar~10.1.2.3~orders-0.shop~shop.svc.cluster.local"), "10.1.2.3");
        assert_eq!(local_ip("router~::1~gw.istio-system~x"), "::1");
        for id in ["", "orders-0", "a~b", "a~b~c"] {
            assert_eq!(local_ip(id), "", "{id}");
        }
    }

    #[test]
    fn of_a_long_list_of_addresses_those_that_fit_are_whole() {
        let list: Vec<String> = (0..40).map(|at| format!("10.0.0.{at}")).collect();
        let kept = whole_addresses(&list.join(",")).to_owned();
        assert!(kept.len() <= MAX_TEXT && list.join(",").starts_with(&kept), "{kept}");
        assert!(kept.split(',').all(|address| list.iter().any(|one| one == address)), "{kept}");
        assert_eq!(whole_addresses("10.0.0.1,fd00::1"), "10.0.0.1,fd00::1");
    }

    #[test]
    fn metadata_of_another_type_is_not_known() {
        let shown = Exchange::default()
            .bytes(metadata!("NAMESPACE"), &42_f64.to_le_bytes())
            .bytes(metadata!("WORKLOAD_NAME"), &[1])
            .bytes(metadata!("INSTANCE_IPS"), b"\x0a\x0c\x1a\x0a127.0.5.10")
            .text("xds\0node\0cluster", "checkout");
        let proxy = read_proxy(&FakeHost::showing(shown));
        let names = [&*proxy.workload.namespace, &*proxy.workload.name, &*proxy.addresses];
        assert_eq!(names, ["", "checkout", ""]);
    }

    #[test]
    fn a_proxy_without_metadata_is_named_by_its_service_cluster() {
        let shown = Exchange::default().text("xds\0node\0id", "envoy-1").text("xds\0node\0cluster", "checkout");
        assert_eq!(read_proxy(&FakeHost::showing(shown)).workload.name, "checkout");
        let named = Exchange::default().text(metadata!("WORKLOAD_NAME"), "web").text("xds\0node\0cluster", "web.shop");
        assert_eq!(read_proxy(&FakeHost::showing(named)).workload.name, "web");
    }

    #[test]
    fn the_node_is_read_field_by_field_and_never_whole() {
        let shown = Exchange::default()
            .text("xds\0node\0id", "sidecar~127.1.0.1~checkout-0.shop~cluster.local")
            .text(metadata!("WORKLOAD_NAME"), "checkout")
            .text(metadata!("NAMESPACE"), "shop")
            .text(metadata!("CLUSTER_ID"), "c1")
            .text(metadata!("LABELS", "service.istio.io/canonical-name"), "checkout");
        let mut host = FakeHost::showing(shown);
        host.note_reads();
        let proxy = read_proxy(&host);
        assert_eq!((proxy.workload.name.as_str(), proxy.canonical_service.as_str()), ("checkout", "checkout"));
        assert_eq!(proxy.addresses, "127.1.0.1", "from the id, as INSTANCE_IPS is not there");
        let reads = host.take_reads();
        assert!(
            reads.len() <= 12 && !reads.iter().any(|read| read == "xds.node" || read == "xds.node.metadata"),
            "{reads:?}"
        );
    }
}
