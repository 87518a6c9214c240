//! PeerAuthentications, DestinationRules and automatic mutual TLS against a naive reading, over generated sets: what is wholly known is
//! definite and right, and where ages, labels or ports are missing the truth is among what may be.

use hogusu_access::{Age, Asking, Client, Mode, Policies, Proxy, Sent, Server, Wire, predict, sent, standing};

use crate::ask::{policies, workload};
use crate::chance::Chance;

const SETS: u64 = 1_000;
const HOST: &str = "x.a.svc.cluster.local";
const ROOT: &str = "istio-system";

#[derive(Debug, Clone)]
struct Peer {
    namespace: &'static str,
    name: String,
    created: usize,
    app: Option<&'static str>,
    mode: &'static str,
    port: Option<(u16, &'static str)>,
}

#[derive(Debug, Clone)]
struct Rule {
    namespace: &'static str,
    name: String,
    created: usize,
    host: &'static str,
    export: Option<&'static str>,
    tls: Option<&'static str>,
}

fn peer(chance: &mut Chance, index: usize) -> Peer {
    let modes = ["UNSET", "DISABLE", "PERMISSIVE", "STRICT"];
    let app = chance.of(&[None, None, Some("x"), Some("z")]);
    let port = app.filter(|_| chance.one_in(2)).map(|_| (chance.of(&[80, 90]), chance.of(&modes)));
    let (namespace, created, mode) = (chance.of(&["a", "a", ROOT, "b"]), chance.below(4), chance.of(&modes));
    Peer { namespace, name: format!("p{index}"), created, app, mode, port }
}

fn rule(chance: &mut Chance, index: usize) -> Rule {
    Rule {
        namespace: chance.of(&["a", "b", "c", ROOT]),
        name: format!("d{index}"),
        created: chance.below(4),
        host: chance.of(&[HOST, HOST, "x", "*.svc.cluster.local", "*", "other.a.svc.cluster.local"]),
        export: chance.of(&[None, None, Some("."), Some("b"), Some("c"), Some("*")]),
        tls: chance.of(&[Some("DISABLE"), Some("SIMPLE"), Some("ISTIO_MUTUAL")]),
    }
}

fn yaml(peers: &[Peer], rules: &[Rule]) -> String {
    let meta = |namespace: &str, name: &str, created: usize| {
        format!(
            "metadata: {{namespace: {namespace}, name: {name}, creationTimestamp: \"2026-01-01T00:00:0{created}Z\"}}"
        )
    };
    let of_peer = |one: &Peer| {
        let selector = one.app.map_or_else(String::new, |app| format!("selector: {{matchLabels: {{app: {app}}}}}, "));
        let port =
            one.port.map_or_else(String::new, |(port, mode)| format!(", portLevelMtls: {{{port}: {{mode: {mode}}}}}"));
        let meta = meta(one.namespace, &one.name, one.created);
        format!(
            "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\n{meta}\nspec: {{{selector}mtls: {{mode: {}}}{port}}}\n",
            one.mode
        )
    };
    let of_rule = |one: &Rule| {
        let export = one.export.map_or_else(String::new, |to| format!("exportTo: [\"{to}\"], "));
        let tls = one.tls.map_or_else(String::new, |mode| format!(", trafficPolicy: {{tls: {{mode: {mode}}}}}"));
        let meta = meta(one.namespace, &one.name, one.created);
        format!(
            "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\n{meta}\nspec: {{{export}host: \"{}\"{tls}}}\n",
            one.host
        )
    };
    peers.iter().map(of_peer).chain(rules.iter().map(of_rule)).collect()
}

fn oldest<'a>(all: impl Iterator<Item = &'a Peer>) -> Option<&'a Peer> {
    all.min_by_key(|one| (one.created, one.name.clone(), one.namespace))
}

/// The mode of mesh and namespace, and of the workload's port.
fn modes(peers: &[Peer], port: u16) -> (&'static str, &'static str) {
    let or = |mode: Option<&'static str>, above| mode.filter(|mode| *mode != "UNSET").unwrap_or(above);
    let whole = |namespace: &str| oldest(peers.iter().filter(|one| one.namespace == namespace && one.app.is_none()));
    let mesh = or(whole(ROOT).map(|one| one.mode), "PERMISSIVE");
    let namespace = or(whole("a").map(|one| one.mode), mesh);
    let own = oldest(peers.iter().filter(|one| one.namespace == "a" && one.app == Some("x")));
    let workload = or(own.map(|one| one.mode), namespace);
    let of_port = own.and_then(|one| one.port).filter(|(own, _)| *own == port).map(|(_, mode)| mode);
    (namespace, or(of_port, workload))
}

/// How a client of namespace b connects.
fn chosen(rules: &[Rule]) -> Option<&'static str> {
    let seen = |one: &&Rule| match one.export {
        None | Some("*" | "b") => true,
        Some(".") => one.namespace == "b",
        Some(_) => false,
    };
    // The service's own short name means it in its namespace alone.
    let whole = |one: &Rule| {
        if one.host == "x" { format!("x.{}.svc.cluster.local", one.namespace) } else { one.host.to_owned() }
    };
    let fits = |one: &Rule| {
        let host = whole(one);
        host == HOST || host.strip_prefix('*').is_some_and(|suffix| HOST.ends_with(suffix))
    };
    for namespace in ["b", "a", ROOT] {
        let all: Vec<&Rule> =
            rules.iter().filter(|one| one.namespace == namespace).filter(seen).filter(|one| fits(one)).collect();
        // The longest is the most specific: no pattern here is longer than the host.
        let longest = all.iter().map(|one| whole(one).len()).max();
        let best = all.into_iter().filter(|one| Some(whole(one).len()) == longest);
        if let Some(one) = best.min_by_key(|one| (one.created, one.name.clone())) {
            return one.tls;
        }
    }
    None
}

fn wire(peers: &[Peer], rules: &[Rule], port: u16) -> Wire {
    let (of_namespace, mode) = modes(peers, port);
    let sent = match chosen(rules) {
        Some("DISABLE") => "plain",
        Some("SIMPLE") => "tls",
        Some(_) => "mutual",
        None if of_namespace == "DISABLE" || mode == "DISABLE" => "plain",
        None => "mutual",
    };
    match (mode, sent) {
        ("STRICT" | "PERMISSIVE", "mutual") => Wire::MutualTls,
        ("PERMISSIVE" | "DISABLE", "plain") => Wire::Plaintext,
        _ => Wire::Refused,
    }
}

fn server(port: Option<u16>) -> Server {
    let service =
        Asking { host: HOST.to_owned(), namespace: "a".to_owned(), port: Some(8080), is_headless: Some(false) };
    Server {
        workload: workload(Proxy::Sidecar),
        has_proxy: Some(true),
        port,
        is_http: Some(true),
        service: Some(service),
    }
}

#[test]
fn modes_and_connections_are_as_the_facts_say_and_the_truth_is_never_left_out() {
    let client = Client { namespace: "b".to_owned(), has_proxy: Some(true) };
    let (mut definite, mut all) = (0_usize, 0_usize);
    for seed in 0..SETS {
        let mut chance = Chance::from(seed + 99);
        let peers: Vec<Peer> = (0..chance.below(6)).map(|index| peer(&mut chance, index)).collect();
        let rules: Vec<Rule> = (0..chance.below(4)).map(|index| rule(&mut chance, index)).collect();
        let text = yaml(&peers, &rules);
        let known = policies(&text);
        for port in [80, 90] {
            let expected = modes(&peers, port).1;
            let standing = standing(&known.peers, &workload(Proxy::Sidecar), Some(port), &known.mesh);
            assert_eq!(
                standing.mode.known().map(|mode| format!("{mode:?}").to_uppercase()).as_deref(),
                Some(expected),
                "{text}"
            );
            let server = server(Some(port));
            let possible = predict(&client, &server, known.rules());
            // TLS that no proxy of the server takes over from a port without one may still be the application's.
            let is_open =
                expected == "DISABLE" && sent(&client, &server, known.rules()).known() == Some(&Sent::OtherTls);
            let truth = wire(&peers, &rules, port);
            // Nobody says which rule counts where they are exported to others.
            let is_contested = possible.all.len() > 1 && possible.missing.iter().any(|one| one.contains("exportTo"));
            assert!(
                is_open || is_contested || possible.known() == Some(&truth),
                "{port} {truth:?} {possible:?}\n{text}"
            );
            let blurred = predict(
                &client,
                &self::server((!chance.one_in(2)).then_some(port)),
                blurred(&known, &mut chance).rules(),
            );
            assert!(blurred.all.contains(&truth), "{port} {truth:?} {blurred:?}\n{text}");
            definite += usize::from(blurred.known().is_some());
            all += 1;
        }
    }
    assert!(definite * 10 > all * 5, "{definite} of {all}");
}

/// The same without the ages of some.
fn blurred(known: &Policies, chance: &mut Chance) -> Policies {
    let mut blurred = known.clone();
    for object in blurred.peers.iter_mut().map(|one| &mut one.object) {
        object.age = if chance.one_in(2) { Age::Unknown } else { object.age };
    }
    for object in blurred.destinations.iter_mut().map(|one| &mut one.object) {
        object.age = if chance.one_in(2) { Age::Unknown } else { object.age };
    }
    blurred
}

#[test]
fn without_labels_the_mode_is_among_those_that_may_be() {
    for seed in 0..SETS {
        let mut chance = Chance::from(seed + 5);
        let peers: Vec<Peer> = (0..chance.below(6)).map(|index| peer(&mut chance, index)).collect();
        let known = policies(&yaml(&peers, &[]));
        let mut unlabelled = workload(Proxy::Sidecar);
        unlabelled.labels = None;
        let standing = standing(&known.peers, &unlabelled, Some(80), &known.mesh);
        let is_it = |mode: &Mode| format!("{mode:?}").to_uppercase() == modes(&peers, 80).1;
        assert!(standing.mode.all.iter().any(is_it), "{standing:?}");
    }
}
