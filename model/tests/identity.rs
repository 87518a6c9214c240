//! Names and ids: SPIFFE ids, the stable id of an edge, a sender's id.

use hogusu_model::edge::{EdgeKey, End};
use hogusu_model::identity::{Workload, parse_spiffe};
use hogusu_model::{Protocol, SenderId};
use proptest::prelude::*;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn workload(cluster: &str, namespace: &str, name: &str) -> End {
    End::Workload(Workload { cluster: cluster.into(), namespace: namespace.into(), name: name.into() })
}

fn id(source: End, destination: End, protocol: Protocol, port: u16) -> String {
    format!("{:016x}", EdgeKey { source, destination, protocol, port }.id())
}

#[test]
fn edge_ids_stay_what_they_were() {
    let checkout = || workload("demo", "shop", "checkout");
    let ids = [
        id(checkout(), workload("demo", "stock", "inventory"), Protocol::Grpc, 8080),
        id(End::Unknown, End::Service("orders.shop.svc.cluster.local".into()), Protocol::Http, 80),
        id(End::Address("10.1.2.3".into()), workload("", "data", "redis"), Protocol::Tcp, 6379),
        id(End::Overflow, End::Overflow, Protocol::Http, 0),
        id(workload("demo", "legacy", "käse"), End::Address("fd00::1".into()), Protocol::Http, u16::MAX),
    ];
    // Computed apart from this crate, from the words of its documentation.
    let expected = ["9e39898da5d46f07", "bb1329fb572b3cba", "adbfe91d34d047d6", "15cb90988e0acdbf", "02359a97cb96c179"];
    assert_eq!(ids, expected);
}

#[test]
fn every_part_of_an_edge_changes_its_id() {
    let ids = [
        id(workload("c", "n", "w"), End::Unknown, Protocol::Http, 80),
        id(workload("cn", "", "w"), End::Unknown, Protocol::Http, 80),
        id(workload("c", "nw", ""), End::Unknown, Protocol::Http, 80),
        id(End::Unknown, workload("c", "n", "w"), Protocol::Http, 80),
        id(workload("c", "n", "w"), End::Overflow, Protocol::Http, 80),
        id(workload("c", "n", "w"), End::Service("unknown".into()), Protocol::Http, 80),
        id(workload("c", "n", "w"), End::Address("unknown".into()), Protocol::Http, 80),
        id(workload("c", "n", "w"), End::Unknown, Protocol::Grpc, 80),
        id(workload("c", "n", "w"), End::Unknown, Protocol::Http, 8080),
    ];
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
}

#[test]
fn a_spiffe_id_names_domain_namespace_and_account() {
    assert_eq!(parse_spiffe("spiffe://cluster.local/ns/shop/sa/checkout"), Some(("cluster.local", "shop", "checkout")));
    assert_eq!(parse_spiffe("spiffe://a/ns/ns/sa/sa"), Some(("a", "ns", "sa")));
}

#[test]
fn what_is_not_istio_s_form_of_a_spiffe_id_names_nothing() {
    for principal in [
        "",
        "cluster.local/ns/shop/sa/checkout",
        "https://cluster.local/ns/shop/sa/checkout",
        "spiffe://cluster.local",
        "spiffe://cluster.local/",
        "spiffe:///ns/shop/sa/checkout",
        "spiffe://cluster.local/ns//sa/checkout",
        "spiffe://cluster.local/ns/shop/sa/",
        "spiffe://cluster.local/ns/shop",
        "spiffe://cluster.local/ns/shop/sa/checkout/more",
        "spiffe://cluster.local/ns/shop/more/sa/checkout",
        "spiffe://cluster.local/sa/checkout/ns/shop",
        "spiffe://cluster.local/workload/checkout",
    ] {
        assert_eq!(parse_spiffe(principal), None, "{principal}");
    }
}

proptest! {
    #[test]
    fn parts_of_a_spiffe_id_come_back(domain in "[a-z.-]{1,20}", namespace in "[a-z-]{1,20}", account in "[a-z.-]{1,20}") {
        let principal = format!("spiffe://{domain}/ns/{namespace}/sa/{account}");
        prop_assert_eq!(parse_spiffe(&principal), Some((&*domain, &*namespace, &*account)));
    }

    #[test]
    fn any_text_is_read_as_a_spiffe_id_or_refused(text in "(spiffe://|/ns/|/sa/|[a-z/é]){0,8}") {
        if let Some((domain, namespace, account)) = parse_spiffe(&text) {
            prop_assert_eq!(format!("spiffe://{domain}/ns/{namespace}/sa/{account}"), text);
        }
    }

    #[test]
    fn a_sender_s_id_comes_back_from_its_text(bytes in any::<[u8; 16]>()) {
        let text = SenderId(bytes).to_string();
        prop_assert_eq!(text.len(), 32);
        prop_assert_eq!(SenderId::parse(&text), Some(SenderId(bytes)));
    }

    #[test]
    fn any_other_text_is_no_sender(text in "[0-9a-zA-Z+é-]{0,40}") {
        let is_id = text.len() == 32 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        prop_assert_eq!(SenderId::parse(&text).is_some(), is_id);
    }
}

#[test]
fn a_sender_s_id_has_one_spelling() {
    assert_eq!(SenderId([0xab; 16]).to_string(), "ab".repeat(16));
    let wrong = ["AB".repeat(16), "ab".repeat(15), "ab".repeat(17), format!("+{}", "a".repeat(31)), "é".repeat(16)];
    for text in wrong {
        assert_eq!(SenderId::parse(&text), None, "{text}");
    }
}
