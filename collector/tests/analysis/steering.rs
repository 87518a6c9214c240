//! Names from outside in everything that people read of a map: nothing is invisible, nothing forges a line or breaks a drawing, and
//! two names that differ look different. As JSON they are exact.

use hogusu_collector::report::build::map;
use hogusu_collector::report::{Map, Selection, graph, table};
use hogusu_model::Outcome;
use proptest::prelude::*;

use crate::command_line::{hogusu, text};
use crate::world::{Report, World};

/// What may be in a name: line ends, escape sequences, bidi controls, what has no width, quotes and marks of DOT and Mermaid.
const TRICKS: [&str; 32] = [
    "\n",
    "\r\n",
    "\t",
    "\u{1b}[31m",
    "\u{7}",
    "\u{7f}",
    "\u{9b}2K",
    "\u{a0}",
    "\u{200b}",
    "\u{200d}",
    "\u{202e}",
    "\u{2066}",
    "\u{2028}",
    "\u{feff}",
    "\u{ad}",
    "\u{e0041}",
    "\"",
    "\\",
    "]",
    "[",
    "|",
    "`",
    "#quot;",
    "#",
    "&amp;",
    "<b>",
    "%%{init: {}}%%",
    "}",
    ";",
    "\"]; end",
    "\\n",
    "\\u{1b}",
];

fn names() -> impl Strategy<Value = String> {
    (proptest::sample::select(&TRICKS[..]), "[ab]").prop_map(|(trick, letter)| format!("x{trick}{letter}"))
}

/// Everything that a proxy may say in words, said by this name.
fn said_by(name: &str) -> Map {
    let mut world = World::new();
    world.row("shop/a", &Report::source("shop/a", "stock/b").count(1, 1).plaintext());
    let mut map = map(&world.period, None, &Selection::default());
    name.clone_into(&mut map.observed.mesh);
    for edge in &mut map.edges {
        edge.source.namespace = format!("{name}n");
        edge.source.name = format!("{name}s");
        edge.source.label = format!("{name}l");
        edge.destination.end.label = format!("{name}d");
        edge.destination.end.namespace = format!("{name}m");
        edge.security.statement = format!("{name}t");
    }
    for finding in &mut map.findings {
        finding.text = format!("{name}f");
    }
    map
}

fn all_forms(map: &Map) -> [String; 3] {
    let options = table::Options { all: true, url: "http://c", ..table::Options::default() };
    [table::draw(map, options), graph::dot(map), graph::mermaid(map)]
}

fn is_wild(char: char) -> bool {
    (char.is_control() && char != '\n')
        || matches!(char, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(char, '\u{e0000}'..='\u{e0fff}')
}

proptest! {
    #[test]
    fn no_form_holds_what_is_not_seen_nor_gets_other_lines_by_a_name(name in names()) {
        let tame = all_forms(&said_by("x1a"));
        for (form, tame) in all_forms(&said_by(&name)).iter().zip(tame) {
            prop_assert!(!form.contains(is_wild), "{form:?}");
            let is_next = |line: &&str| line.starts_with("next: ");
            // A row or a finding that is broken goes on behind a space. A command is offered of plain namespaces alone.
            let begun = |form: &str| form.lines().filter(|line| !line.starts_with("  ") && !is_next(line)).count();
            prop_assert_eq!(begun(form), begun(&tame), "{}", form);
            let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            prop_assert!(form.lines().filter(is_next).count() <= usize::from(is_plain), "{}", form);
        }
    }

    #[test]
    fn two_names_that_differ_look_different_in_every_form(one in names(), other in names()) {
        prop_assume!(one != other);
        for (one, other) in all_forms(&said_by(&one)).iter().zip(all_forms(&said_by(&other))) {
            prop_assert_ne!(one, &other);
        }
    }

    #[test]
    fn a_drawing_has_no_mark_of_its_language_from_a_name(name in names()) {
        let [_, dot, mermaid] = all_forms(&said_by(&name));
        for line in mermaid.lines() {
            let marks = |mark: char| line.matches(mark).count();
            let quotes = if line.starts_with("  %%") || !line.contains('"') { 0 } else { 2 };
            prop_assert_eq!(marks('"'), quotes, "{}", line);
            let (open, lines) = (usize::from(line.contains("[\"")), if line.contains("|\"") { 2 } else { 0 });
            prop_assert_eq!((marks('['), marks(']'), marks('|'), marks('<'), marks('`'), marks('{')), (open, open, lines, 0, 0, 0));
            let entities = line.split('#').skip(1);
            prop_assert!(entities.into_iter().all(|entity| entity.split_once(';').is_some_and(|(code, _)| code.parse::<u8>().is_ok())));
        }
        // Outside of its quotes a line of DOT is ours.
        for line in dot.lines().filter(|line| !line.starts_with("//")) {
            let bare = line.replace("\\\\", "").replace("\\\"", "");
            let outside: String = bare.split('"').step_by(2).collect();
            prop_assert!(bare.matches('"').count() % 2 == 0 && !outside.contains(['\\', '`', '|', '#', '<', '&']), "{}", line);
        }
    }
}

#[test]
fn a_name_that_reads_as_a_finding_is_visibly_one_name() {
    let mut world = World::new();
    let name = "shop/a -> bank is plaintext: 9,000 requests";
    world.row(name, &Report::source(name, "stock/b").count(10, 1).plaintext());
    let map = map(&world.period, None, &Selection::default());
    let said = r#"shop/"a -> bank is plaintext: 9,000 requests" -> stock/b is plaintext: 10 requests in this period"#;
    assert_eq!(map.findings[0].text, said);
    assert_eq!(map.edges[0].source.name, "a -> bank is plaintext: 9,000 requests", "exact");
    let [table, ..] = all_forms(&map);
    let row = "\nshop/\"a -> bank is plaintext: 9,000 requests\"\n                               stock/b      http  ";
    assert!(table.contains(row), "{table}");
}

#[test]
fn a_revision_that_reads_as_a_count_is_visibly_one_name() {
    let mut world = World::of(&["shop/web", "shop/orders"]);
    for (revision, outcome, count) in [("v1 0 of 9,000, v0", Outcome::ServerError, 10), ("v2", Outcome::Ok, 90)] {
        let mut report = Report::destination("shop/web", "shop/orders").count(count, 1);
        (report.revision, report.key.outcome) = (revision.to_owned(), outcome);
        world.row("shop/orders", &report);
    }
    let map = map(&world.period, None, &Selection::default());
    let text = &map.findings.iter().find(|finding| finding.kind == "failing").unwrap().text;
    assert!(text.ends_with(r#"; of shop/orders "v1 0 of 9,000, v0" 10 of 10, v2 0 of 90"#), "{text}");
}

#[test]
fn letters_from_right_to_left_do_not_turn_source_and_destination_about() {
    let mut world = World::new();
    world.row("shop/\u{5d0}", &Report::source("shop/\u{5d0}", "\u{627}/\u{628}").count(4, 1).plaintext());
    for form in all_forms(&map(&world.period, None, &Selection::default())) {
        assert!(form.is_ascii(), "{form}");
    }
    let exact = map(&world.period, None, &Selection::default());
    assert_eq!(
        (exact.edges[0].source.name.as_str(), exact.edges[0].destination.end.name.as_str()),
        ("\u{5d0}", "\u{628}")
    );
}

const FORGED: &str = "src\u{1b}[31mred\r\nFINDINGS\n1 all is well\u{202e}";

fn forged() -> World {
    let mut world = World::new();
    world.row(&format!("shop/{FORGED}"), &Report::source(&format!("shop/{FORGED}"), "stock/b").count(4, 1).plaintext());
    world
}

#[tokio::test]
async fn the_command_shows_a_forged_line_for_what_it_is() {
    for arguments in [
        &["map", "--all"][..],
        &["map", "--all", "--format", "dot"],
        &["map", "--all", "--format", "mermaid"],
        &["map", "--format", "json"],
    ] {
        let (output, _) = hogusu(forged(), arguments).await;
        let said = text(&output.stdout);
        assert!(said.contains("src") && !said.contains(is_wild), "{said:?}");
        assert!(said.lines().all(|line| !line.starts_with("1 all is well")), "{said}");
        assert!(said.matches("\nFINDINGS").count() <= 1, "{said}");
    }
    let (output, _) = hogusu(forged(), &["map", "--all"]).await;
    assert!(text(&output.stdout).contains("src\\u{1b}[31mred\\u{d}\\u{a}FINDINGS\\u{a}1 all is well"), "{output:?}");
}

#[tokio::test]
async fn as_json_a_name_is_exact() {
    let (output, _) = hogusu(forged(), &["map", "--format", "json"]).await;
    let map: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(map["edges"][0]["source"]["name"], FORGED);
}

#[test]
fn a_namespace_that_is_no_name_of_kubernetes_is_not_offered_for_copying() {
    let mut map = said_by("x");
    for (namespace, offered) in
        [("stock", Some("next: hogusu map --namespace stock")), ("a;reboot", None), ("$(reboot)", None), ("-o", None)]
    {
        namespace.clone_into(&mut map.edges[0].destination.end.namespace);
        let [table, ..] = all_forms(&map);
        assert_eq!(table.lines().last().unwrap(), "page: http://c");
        assert_eq!(table.lines().find(|line| line.starts_with("next: ")), offered);
    }
}
