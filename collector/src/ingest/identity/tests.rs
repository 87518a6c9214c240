//! Whose word counts: forged headers, certificates with too many names, claims that differ.

use axum::http::HeaderValue;
use hogusu_model::Workload;

use super::*;

const OURS: &str = "By=spiffe://cluster.local/ns/hogusu-system/sa/hogusu-collector;Hash=7f3c";

fn forwarded(lines: &[&str]) -> Result<Identity, Unverified> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(FORWARDED, HeaderValue::from_str(line).unwrap());
    }
    Identity::forwarded(&headers)
}

fn id(namespace: &str, account: &str) -> Identity {
    Identity(format!("spiffe://cluster.local/ns/{namespace}/sa/{account}").into())
}

/// What a sidecar hands on when its peer, `alpha/client`, sent this header itself.
fn appended(sent: &str) -> String {
    format!("{sent},{OURS};Subject=\"\";URI=spiffe://cluster.local/ns/alpha/sa/client")
}

#[test]
fn the_last_element_names_the_peer_of_our_own_sidecar() {
    for line in [
        format!("{OURS};Subject=\"\";URI=spiffe://cluster.local/ns/alpha/sa/client"),
        format!("{OURS};URI=spiffe://cluster.local/ns/alpha/sa/client;DNS=a.example;DNS=b.example"),
        format!("{OURS};Subject=\"O=\\\"Acme, Inc\\\";CN=x\";uri=\"spiffe://cluster.local/ns/alpha/sa/client\""),
        format!("{OURS};URI=https://example.com/x;URI=spiffe://cluster.local/ns/alpha/sa/client"),
        appended("By=spiffe://a/ns/b/sa/c;Hash=1;Subject=\"a,b;c\";URI=spiffe://cluster.local/ns/edge/sa/gateway"),
    ] {
        assert_eq!(forwarded(&[&line]), Ok(id("alpha", "client")), "{line}");
    }
}

#[test]
fn what_a_sender_writes_itself_never_becomes_the_last_element() {
    let victim = "URI=spiffe://cluster.local/ns/beta/sa/web";
    for sent in [
        victim.to_owned(),
        format!("{OURS};{victim}"),
        format!("{victim},{victim}"),
        format!("{victim};X="),
        format!("{victim};X=\"quoted\""),
    ] {
        assert_eq!(forwarded(&[&appended(&sent)]), Ok(id("alpha", "client")), "{sent}");
    }
    for sent in [
        format!("{victim};X=\""),
        format!("{victim};X=\"\\"),
        format!("{victim};X=\\\""),
        format!("{victim};X=a\"b"),
        format!("{victim};X=\"a\"b"),
        format!("{victim};"),
        format!("{victim},"),
        format!("{victim};Y"),
        format!("{victim};=z"),
        format!("{victim}; Y=z"),
        String::new(),
    ] {
        let found = forwarded(&[&appended(&sent)]);
        assert!(matches!(found, Err(Unverified::Malformed(_))), "{sent}: {found:?}");
    }
    // Nothing our sidecar appends without a subject closes the quote.
    let open = format!("{victim};X=\",{OURS};URI=spiffe://cluster.local/ns/alpha/sa/client");
    assert!(matches!(forwarded(&[&open]), Err(Unverified::Malformed(_))));
}

#[test]
fn without_one_well_formed_header_nobody_is_verified() {
    let good = format!("{OURS};URI=spiffe://cluster.local/ns/alpha/sa/client");
    assert_eq!(forwarded(&[]), Err(Unverified::NoHeader));
    assert_eq!(forwarded(&[&good, &good]), Err(Unverified::Headers));
    assert_eq!(forwarded(&[&format!("X={},{good}", "x".repeat(HEADER_BYTES))]), Err(Unverified::TooLong));
    assert_eq!(forwarded(&[&format!("{OURS};URI=")]), Err(Unverified::NoId));
    assert_eq!(forwarded(&[OURS]), Err(Unverified::NoId));
    assert!(matches!(forwarded(&[""]), Err(Unverified::Malformed(_))));
    let latin = HeaderValue::from_bytes(b"URI=spiffe://d/ns/\xfc/sa/x").unwrap();
    let headers = HeaderMap::from_iter([(axum::http::HeaderName::from_static(FORWARDED), latin)]);
    assert!(matches!(Identity::forwarded(&headers), Err(Unverified::Malformed(_))));
}

#[test]
fn a_certificate_has_exactly_one_spiffe_id_of_istios_form() {
    let good = "spiffe://cluster.local/ns/alpha/sa/client";
    assert_eq!(Identity::among(["https://x", good]), Ok(id("alpha", "client")));
    assert_eq!(Identity::among([good, "spiffe://cluster.local/ns/beta/sa/web"]), Err(Unverified::Ids));
    for wrong in [
        "spiffe://d",
        "spiffe://d/alpha/client",
        "spiffe://d/ns//sa/x",
        "spiffe://d/ns/a/sa/b/c",
        "x",
        "spiffe://d/ns/a b/sa/c",
    ] {
        assert_eq!(Identity::among([wrong]), Err(Unverified::NoId), "{wrong}");
    }
    let long = format!("spiffe://d/ns/a/sa/{}", "b".repeat(ID_BYTES));
    assert_eq!(Identity::among([long.as_str()]), Err(Unverified::NoId));
}

fn proxy(namespace: &str, account: &str, domain: &str) -> Proxy {
    Proxy {
        workload: Workload { namespace: namespace.into(), name: "any".into(), ..Workload::default() },
        service_account: account.into(),
        trust_domain: domain.into(),
        ..Proxy::default()
    }
}

#[test]
fn a_claim_must_be_the_certificates_in_every_part() {
    let client = id("alpha", "client");
    assert_eq!(client.confirm(&proxy("alpha", "client", "")), Ok(()));
    assert_eq!(client.confirm(&proxy("alpha", "client", "cluster.local")), Ok(()));
    for (namespace, account, domain, named) in [
        ("beta", "client", "", "namespace \"beta\""),
        ("", "client", "", "namespace \"\""),
        ("alpha", "admin", "", "service account \"admin\""),
        ("alpha", "", "", "service account \"\""),
        ("alpha", "client", "other.example", "trust domain \"other.example\""),
    ] {
        let said = client.confirm(&proxy(namespace, account, domain)).unwrap_err().to_string();
        assert!(said.starts_with("spiffe://cluster.local/ns/alpha/sa/client") && said.ends_with(named), "{said}");
    }
}

#[test]
fn what_is_repeated_of_a_claim_is_short_and_on_one_line() {
    let claimed = format!("a\nb{}", "x".repeat(10_000));
    let said = id("alpha", "client").confirm(&proxy(&claimed, "client", "")).unwrap_err().to_string();
    assert!(said.len() < 300 && !said.contains('\n'), "{said}");
}
