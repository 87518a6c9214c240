//! What ends are called, wherever they are shown: no two that differ read the same, and what is printed can be asked for.

use axum::http::StatusCode;
use hogusu_collector::api::senders::Sender;
use hogusu_collector::label::{Asked, part};
use hogusu_collector::report::build::map;
use hogusu_collector::report::table::{Options, draw};
use hogusu_collector::report::{Map, Selection, graph};
use hogusu_model::{Peer, Workload};

use crate::api::ask;
use crate::world::{Report, World};

const OWN: &str = "shop/orders";

/// `shop/orders` was asked over plaintext by each of these namespaces and names: `count` is their place.
pub(crate) fn asked_by(peers: &[(&str, &str)]) -> World {
    let mut world = World::of(&[OWN]);
    for (place, (namespace, name)) in peers.iter().enumerate() {
        let workload =
            Workload { cluster: "c1".to_owned(), namespace: (*namespace).to_owned(), name: (*name).to_owned() };
        from(&mut world, place, Peer { workload, ..Peer::default() });
    }
    world
}

fn from(world: &mut World, place: usize, peer: Peer) {
    let report = Report::destination(OWN, OWN).count(place as u64 + 1, 9).plaintext();
    world.row(OWN, &report.with(|key| key.peer = peer));
}

fn whole(world: &World) -> Map {
    map(&world.attributed(), None, &Selection::default())
}

/// What the table, both drawings, and the findings call each source, in the order of their counts.
fn called(map: &Map) -> Vec<[String; 4]> {
    let table = draw(map, Options { all: true, ..Options::default() });
    let (dot, mermaid) = (graph::dot(map), graph::mermaid(map));
    let mut sources: Vec<_> = map.edges.iter().collect();
    sources.sort_by_key(|edge| edge.destination_report.as_ref().map(|side| side.count));
    let of_edge = |edge: &&hogusu_collector::report::Edge| {
        let label = edge.source.label.clone();
        let of_drawing = match edge.source.namespace.as_str() {
            "" => label.clone(),
            namespace => label.strip_prefix(&format!("{}/", part(namespace))).unwrap_or(&label).to_owned(),
        };
        let row = table.lines().find(|line| line.starts_with(&format!("{label}  "))).unwrap_or("no row").to_owned();
        let escaped = of_drawing.replace('"', "\\\"");
        let node = dot.lines().find(|line| line.contains(&format!("[label=\"{escaped}\"]"))).unwrap_or("no node");
        let escaped = of_drawing.replace('"', "#34;");
        let drawn = mermaid.lines().find(|line| line.contains(&format!("[\"{escaped}\"]"))).unwrap_or("no node");
        let finding = map.findings.iter().find(|one| one.text.starts_with(&format!("{label} -> {OWN} is plaintext")));
        let finding = finding.map_or("no finding", |finding| &finding.text);
        [row, node.trim().to_owned(), drawn.trim().to_owned(), finding.to_owned()]
    };
    sources.iter().map(of_edge).collect()
}

#[test]
fn a_name_with_a_slash_is_told_everywhere_from_a_name_in_a_namespace_and_can_be_asked_for() {
    let peers = [("", "prod/web"), ("prod", "web"), ("a/b", "c"), ("a", "b/c"), ("shop", "a b")];
    let world = asked_by(&peers);
    let map = whole(&world);
    let labels: Vec<&str> = {
        let mut edges: Vec<_> = map.edges.iter().collect();
        edges.sort_by_key(|edge| edge.destination_report.as_ref().map(|side| side.count));
        edges.iter().map(|edge| edge.source.label.as_str()).collect()
    };
    assert_eq!(labels, ["\"prod/web\"", "prod/web", "\"a/b\"/c", "a/\"b/c\"", "shop/\"a b\""]);
    let all = called(&map);
    for place in 0..4 {
        for other in 0..place {
            all[place].iter().zip(&all[other]).for_each(|(one, two)| assert_ne!(one, two));
        }
    }
    for (label, (namespace, name)) in labels.iter().zip(peers) {
        let selection = Selection { workload: Some(Asked::parse(label).unwrap()), ..Selection::default() };
        let found = self::map(&world.attributed(), None, &selection);
        let sources: Vec<_> = found.edges.iter().map(|edge| (&*edge.source.namespace, &*edge.source.name)).collect();
        assert_eq!(sources, [(namespace, name)], "{label}");
    }
    assert!(all.iter().flatten().all(|said| !said.starts_with("no ")), "{all:#?}");
}

#[test]
fn a_workload_that_is_called_as_a_kind_of_end_reads_otherwise_than_that_kind() {
    let names = ["unknown", "10.9.9.9", "overflow"];
    let mut world = asked_by(&names.map(|name| ("", name)));
    from(&mut world, 3, Peer::default());
    from(&mut world, 4, Peer { address: "10.9.9.9".to_owned(), ..Peer::default() });
    let beyond = Report::destination(OWN, OWN).count(6, 9).plaintext();
    world.row(OWN, &beyond.with(|key| (key.peer, key.overflow) = (Peer::default(), true)));
    let all = called(&whole(&world));
    for (of_workload, of_kind) in [(0, 3), (1, 4), (2, 5)] {
        let [row, node, drawn, finding] = &all[of_workload];
        let name = names[of_workload];
        assert!(
            row.starts_with(&format!("\"{name}\"  ")) && all[of_kind][0].starts_with(&format!("{name}  ")),
            "{row}"
        );
        assert!(node.ends_with(&format!("[label=\"\\\"{name}\\\"\"];")), "{node}");
        assert!(all[of_kind][1].ends_with(&format!("[label=\"{name}\"];")), "{all:?}");
        assert!(drawn.ends_with(&format!("[\"#34;{name}#34;\"]")), "{drawn}");
        assert!(all[of_kind][2].ends_with(&format!("[\"{name}\"]")), "{all:?}");
        assert!(finding.starts_with(&format!("\"{name}\" -> ")), "{finding}");
    }
}

#[test]
fn where_there_is_no_namespace_no_label_begins_with_a_slash() {
    let mut world = World::of(&["c1//svc", "c1//prod"]);
    for name in ["c1//svc", "c1//prod"] {
        let sender = world.sender(name);
        (sender.lost_batches, sender.closed, sender.unclosed) = (2, false, true);
    }
    let odd = Report::source("c1//svc", "c1//prod").count(5, 1);
    world.row("c1//svc", &odd.with(|key| key.peer.principal = "spiffe://cluster.local/ns/x/sa/y".to_owned()));
    let map = whole(&world);
    let texts: Vec<&str> = map.findings.iter().map(|finding| finding.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("svc (svc-0): 2 batches lost")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains(": prod presented spiffe://")), "{texts:?}");
    assert!(texts.iter().all(|text| !text.starts_with('/') && !text.contains(" /")), "{texts:?}");
    let senders = world.period.senders.iter().map(|sender| Sender::of(sender).workload);
    assert_eq!(senders.collect::<Vec<_>>(), ["svc", "prod"]);
    let silent = map.observed.completeness.proxies.silent;
    assert_eq!(silent.iter().map(|one| &*one.workload).collect::<Vec<_>>(), ["svc", "prod"]);
}

#[test]
fn what_the_table_shows_of_a_port_can_be_asked_for() {
    let mut world = World::of(&[OWN, "data/redis"]);
    for port in [6379, 6380] {
        let to = Report::source(OWN, "data/redis").tcp().count(3, 9).with(|key| key.port = port);
        world.row(OWN, &to);
    }
    let table = draw(&whole(&world), Options { all: true, ..Options::default() });
    let row = table.lines().find(|line| line.contains("data/redis:6379")).unwrap();
    let shown = row.split_whitespace().nth(1).unwrap();
    let one = Selection { workload: Some(Asked::parse(shown).unwrap()), ..Selection::default() };
    let found = map(&world.attributed(), None, &one);
    assert_eq!(found.edges.iter().map(|edge| edge.destination.port).collect::<Vec<_>>(), [6379]);
}

#[tokio::test]
async fn a_label_is_asked_for_over_http_as_it_is_printed() {
    for (question, edges) in [
        ("workload=%22prod/web%22", 1),
        ("workload=prod/web", 1),
        ("workload=web", 1),
        ("namespace=%22a/b%22", 1),
        ("namespace=a/b", 1),
        ("namespace=%22%22", 1),
        ("workload=shop/%22%5Cu%7B5d0%7D%22", 1),
        ("workload=%D7%90", 1),
    ] {
        let world = asked_by(&[("", "prod/web"), ("prod", "web"), ("a/b", "c"), ("shop", "\u{5d0}")]);
        let (status, _, body) = ask(world, &format!("/api/v1/map?{question}")).await;
        assert_eq!((status, body["edges"].as_array().unwrap().len()), (StatusCode::OK, edges), "{question}: {body}");
    }
    let (status, _, body) = ask(World::new(), "/api/v1/map?workload=a/b/c/d").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"]["message"], "workload=a/b/c/d names nothing: it has more than three parts");
    assert!(body["error"]["remedy"].as_str().unwrap().contains("NAMESPACE/NAME"), "{body}");
}
