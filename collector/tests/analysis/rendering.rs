//! The map as text: a table of at most 118 columns, DOT and Mermaid.

use hogusu_collector::period::Resolution;
use hogusu_collector::report::build::map;
use hogusu_collector::report::changes::{self, Diff};
use hogusu_collector::report::table::{Options, WIDTH, draw};
use hogusu_collector::report::{Selection, graph};
use serde_json::{Value, json};

use crate::world::{Report, SECOND, TO, World, demo};

const URL: &str = "http://127.0.0.1:7070";

fn table(world: &World, all: bool) -> String {
    let text = draw(&map(&world.period, None, &Selection::default()), Options { all, url: URL, ..Options::default() });
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
    }
    text
}

#[test]
fn the_table_says_everything_a_person_needs_in_118_columns() {
    let expected = include_str!("golden/table.txt");
    let found = table(&demo(), false);
    assert_eq!(found, expected, "\n{found}");
}

#[test]
fn long_names_are_whole_and_what_stands_behind_them_keeps_its_columns() {
    let long = |last: &str| format!("shop/{}{last}", "x".repeat(255));
    let (a, b, short) = (long("a"), long("b"), "shop/web");
    let mut world = World::of(&[&a, &b, short, "stock/inventory"]);
    for source in [a.as_str(), b.as_str(), short] {
        world.calls(source, "stock/inventory", 500, 9);
    }
    world.row(short, &Report::source(short, &a).count(123_456_789, 12_345).plaintext());
    let map = map(&world.period, None, &Selection::default());
    let text = draw(&map, Options { all: true, url: URL, ..Options::default() });
    assert!(!text.contains('…'), "{text}");
    let rows: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("SOURCE")).collect();
    let columns = |line: &str| [line.find("http"), line.find(" ms ")];
    let plain = rows.iter().find(|line| line.starts_with("shop/web") && line.contains("http")).unwrap();
    for name in [&a, &b] {
        let place = rows.iter().position(|line| line == name).unwrap();
        assert_eq!(columns(rows[place + 1]), columns(plain), "{text}");
    }
    let place = rows.iter().position(|line| line.starts_with("shop/web") && line.ends_with(&a)).unwrap();
    assert!(rows[place + 1].ends_with("PLAINTEXT, one side"), "{text}");
    let findings: Vec<&str> = rows.iter().skip_while(|line| **line != "FINDINGS").copied().collect();
    assert!(findings.concat().contains(&a), "{text}");
}

#[test]
fn letters_that_take_two_columns_of_a_terminal_move_no_column() {
    // Three ideographs take six columns, as six letters do.
    let column = |name: &str| {
        let mut world = World::of(&[name, "shop/web", "stock/inventory"]);
        for source in [name, "shop/web"] {
            world.calls(source, "stock/inventory", 500, 9);
        }
        let text = table(&world, true);
        let before = |name: &str| {
            let row = text.lines().find(|line| line.starts_with(name) && line.contains(" http ")).unwrap();
            row.find(" http ").unwrap() - name.len()
        };
        [name, "shop/web"].map(before)
    };
    assert_eq!(column("shop/\u{89e3}\u{3059}\u{7db2}"), column("shop/sixsix"));
}

#[test]
fn almost_all_is_never_shown_as_all_nor_almost_nothing_as_nothing() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 1_000_000, 9);
    let failed = Report::source("shop/checkout", "stock/inventory").count(1, 9);
    world.row("shop/checkout", &failed.ended(hogusu_model::Outcome::Timeout, hogusu_model::AnsweredBy::LocalProxy));
    let sender = world.sender("shop/checkout");
    sender.covered = 300 * SECOND - 1_000_000;
    let text = table(&world, false);
    assert!(text.contains("time covered >99.99 %"), "{text}");
    assert!(text.contains("<0.01 %"), "{text}");
}

#[test]
fn edges_without_findings_are_folded_unless_all_are_asked_for() {
    let mut world = World::new();
    for number in 10..30 {
        world.calls("shop/gateway", &format!("shop/s{number}"), 500, 9);
    }
    let folded = table(&world, false);
    assert!(folded.contains("\n10 more without findings (--all)\n"), "{folded}");
    let all = table(&world, true);
    assert!(!all.contains("more without findings") && all.contains("shop/s29"), "{all}");
}

#[test]
fn two_edges_between_the_same_workloads_are_told_apart_by_their_ports() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 500, 9);
    let other = |report: Report| report.count(500, 9).with(|key| key.port = 9090);
    world.row("shop/checkout", &other(Report::source("shop/checkout", "stock/inventory")));
    let text = table(&world, false);
    assert!(text.contains("stock/inventory:8080") && text.contains("stock/inventory:9090"), "{text}");
}

#[test]
fn an_empty_period_says_so() {
    let mut world = World::new();
    world.period.sealed_to = TO;
    let text = table(&world, false);
    let expected = "14:02:00Z to 14:07:00Z (5m)  0 workloads  0 edges  0 requests  \
                    proxies 0 seen so far, completeness unknown\ntime covered -  batches lost 0  refused connections not observed\n\
                    no exchanges in this period: nobody who reports covered any of it, so nothing is known\nnext: hogusu map --all\npage: http://127.0.0.1:7070\n";
    assert_eq!(text, expected);
}

#[test]
fn dot_and_mermaid_carry_every_edge_and_namespace() {
    let map = map(&demo().period, None, &Selection::default());
    let (dot, mermaid) = (graph::dot(&map), graph::mermaid(&map));
    assert_eq!(dot.matches(" -> ").count(), map.edges.len());
    for namespace in ["shop", "stock", "data", "legacy"] {
        assert!(dot.contains(&format!("label=\"{namespace}\"")), "{dot}");
        assert!(mermaid.contains(&format!("[\"{namespace}\"]")), "{mermaid}");
    }
    assert!(dot.contains("PLAINTEXT, one side") && mermaid.contains("PLAINTEXT, one side"));
    let arrows = mermaid.lines().filter(|line| line.contains("|\"")).count();
    assert_eq!(arrows, map.edges.len(), "{mermaid}");
}

#[test]
fn dot_and_mermaid_say_how_complete_they_are_in_the_words_of_the_table() {
    let (world, text) = (demo(), table(&demo(), false));
    let map = map(&world.period, None, &Selection::default());
    let (dot, mermaid) = (graph::dot(&map), graph::mermaid(&map));
    let above: Vec<&str> = text.lines().take_while(|line| !line.starts_with("SOURCE")).map(str::trim).collect();
    assert!(above.concat().contains("refused connections not observed"), "{text}");
    let commented = |text: &str, mark: &str| {
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(mark));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(commented(&dot, "//"), above);
    assert_eq!(commented(&mermaid, "%%"), above);
    assert!(dot.contains(&format!("  label=\"{}\\l\";\n", above.join("\\l"))), "{dot}");
}

/// Namespace `a/b` with `c`, and namespace `a` with `b/c`.
#[test]
fn workloads_of_one_label_are_nodes_of_their_own() {
    let mut world = World::new();
    world.row("shop/y", &Report::destination("shop/x", "shop/y").count(5, 1));
    let mut map = map(&world.period, None, &Selection::default());
    for (namespace, name) in [("a/b", "c"), ("a", "b/c")] {
        let mut edge = map.edges[0].clone();
        (edge.source.namespace, edge.source.name) = (namespace.to_owned(), name.to_owned());
        edge.source.label = "a/b/c".to_owned();
        map.edges.push(edge);
    }
    let (dot, mermaid) = (graph::dot(&map), graph::mermaid(&map));
    let nodes: Vec<_> = mermaid.lines().filter_map(|line| line.trim().strip_prefix('n')?.split_once("[\"")).collect();
    let numbers: Vec<_> = nodes.iter().map(|(number, _)| *number).filter(|number| !number.starts_with('s')).collect();
    assert_eq!(numbers, ["0", "1", "2", "3"], "{mermaid}");
    let edges: Vec<_> = mermaid.lines().filter(|line| line.contains("|\"")).collect();
    assert!(edges.iter().all(|line| line.ends_with("n3")), "shop/y: {mermaid}");
    assert!(edges[1].starts_with("  n1 ") && edges[2].starts_with("  n0 "), "{mermaid}");
    for node in [r#""workload/c1/a\\u{2f}b/c""#, r#""workload/c1/a/b\\u{2f}c""#, r#""workload/c1/shop/y""#] {
        assert_eq!(dot.matches(&format!("    {node} [label=")).count(), 1, "{node}: {dot}");
    }
}

#[test]
fn names_cannot_break_out_of_a_drawing() {
    let mut world = World::new();
    world.row("shop/a\"b", &Report::source("shop/a\"b", "shop/c\\").count(1, 1));
    let mut map = map(&world.period, None, &Selection::default());
    map.observed.mesh = "mesh\n} \"x\"".to_owned();
    assert!(graph::dot(&map).contains(r#"[label="\"a\\\"b\""]"#));
    assert!(graph::dot(&map).contains(r#"[label="\"c\\\\\""]"#));
    assert!(graph::mermaid(&map).contains("#34;a#92;#34;b#34;"));
    assert!(graph::dot(&map).starts_with(r#"// "mesh\u{a}} \"x\""  "#));
    assert!(graph::dot(&map).contains(r#"label="\"mesh\\u{a}} \\\"x\\\"\"  "#));
    assert!(
        graph::mermaid(&map).starts_with("flowchart LR\n  %% #34;mesh#92;u#123;a#125;#125; #92;#34;x#92;#34;#34;  ")
    );
}

#[test]
fn a_command_that_is_wider_than_the_table_goes_on_in_a_further_line_and_quoted_text_is_whole() {
    let map = map(&demo().attributed(), None, &Selection::default());
    let (url, period) = ("http://127.175.190.1:4318", " --from 2026-11-30T01:11:30Z --to 2026-11-30T02:11:30Z");
    let place = format!(" --url {url}{period}");
    let table = draw(&map, Options { url, place: &place, ..Options::default() });
    let next = "next: hogusu map --namespace stock --url http://127.175.190.1:4318 --from 2026-11-30T01:11:30Z \\\n  \
                --to 2026-11-30T02:11:30Z\npage: http://127.175.190.1:4318\n";
    assert!(table.ends_with(next), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= WIDTH));
    let quoted = format!(" --ca '/a --b/{}'", "c".repeat(WIDTH));
    assert!(draw(&map, Options { url, place: &quoted, ..Options::default() }).contains(&format!("{quoted}\npage: ")));
}

#[test]
fn a_map_that_is_read_coarser_than_slots_says_its_resolution() {
    let mut world = demo();
    assert!(!table(&world, false).contains("resolution"));
    for (resolution, told) in [
        (Resolution::Minute, "  resolution 1 m  "),
        (Resolution::Hour, "  resolution 1 h  "),
        (Resolution::Day, "  resolution 1 d  "),
    ] {
        world.period.resolution = resolution;
        let heading = table(&world, false).split("SOURCE").next().unwrap().replace('\n', "  ");
        assert!(heading.contains(told), "{heading}");
        assert!(graph::mermaid(&map(&world.period, None, &Selection::default())).contains(told.trim()));
    }
}

/// A diff of one edge, whose failures differ by this.
fn diff(difference: &Value) -> Diff {
    let side = json!({
        "baseline": null, "from": "2026-11-10T00:00:00Z", "to": "2026-11-17T00:00:00Z", "edges": 1,
        "completeness": {
            "is_known": true, "covered_seconds": 1.0, "expected_seconds": 1.0, "lost_batches": 0, "refused_batches": 0,
            "unclosed_senders": 0,
        },
    });
    let counted = |failed: u64| json!({"count": 1000, "per_second": 1.0, "failed": failed, "judged": 1000});
    let edge = json!({
        "id": "6a09e667f3bcc908", "label": "shop/web -> shop/cart", "words": ["failures_up"], "presence": "both",
        "report": "source", "a": counted(10), "b": counted(25), "latency": null,
        "failures": {"difference": difference, "adjusted_p": null}, "security": null,
    });
    let diff = json!({
        "schema": "hogusu.diff/v1", "a": side, "b": side, "has_words": true, "statement": "", "words": [], "total": 1,
        "edges": [edge],
    });
    serde_json::from_value(diff).unwrap()
}

#[test]
fn a_diff_shows_by_how_much_failures_differ_in_percentage_points_or_that_it_is_not_known() {
    let known = diff(&json!({"value": 0.015, "low": -0.00004, "high": 0.0301}));
    let said = "+1.50 points (-0.00 to +3.01)";
    let text = changes::table(&known, true);
    assert!(text.contains("  FAILURES BY  ") && text.contains(&format!("10/1000 -> 25/1000  {said}  ")), "{text}");
    let text = changes::markdown(&known, true);
    assert!(text.contains(" | failures by | ") && text.contains(&format!(" | {said} | ")), "{text}");
    let columns = |line: &str| line.matches(" | ").count();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(lines.iter().all(|line| columns(line) == 6), "{text}");
    let text = changes::table(&diff(&Value::Null), true);
    assert!(text.contains("10/1000 -> 25/1000  -  "), "{text}");
}
