//! `hogusu map`: fetches every page of the map over HTTP and renders it here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::CliError;
use super::arguments::{Format, Map as Options};
use super::fetch::Collector;
use crate::report::map::{Finding, Map, SCHEMA};
use crate::report::{graph, table};

/// Pages of one map at most: a million edges.
const PAGES: usize = 1_000;

pub(super) fn run(options: &Options) -> Result<String, CliError> {
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let map = runtime.block_on(whole(&collector, &question(options)))?;
    Ok(match options.format {
        Format::Table => {
            let (url, namespace) = (collector.url(), options.namespace.as_deref());
            let (place, part) = (&place(options), &part(options));
            table::draw(&map, table::Options { all: options.all, namespace, url, place, part })
        }
        Format::Dot => graph::dot(&map),
        Format::Mermaid => graph::mermaid(&map),
        Format::Json => super::json(&map)?,
    })
}

/// The first page names the period, its cursors the rest. An edge that moved between two pages is taken once.
pub(super) async fn whole(collector: &Collector, question: &[(&str, String)]) -> Result<Map, CliError> {
    let mut map: Map = page(collector, question).await?;
    let mut known: BTreeSet<String> = map.edges.iter().map(|edge| edge.id.clone()).collect();
    let about = |finding: &Finding| Some((finding.edge_id.clone()?, finding.text.clone()));
    let mut told: BTreeSet<(String, String)> = map.findings.iter().filter_map(about).collect();
    for _ in 1..PAGES {
        let Some(cursor) = map.next_cursor.take() else { break };
        let mut further: Vec<(&str, String)> = question.iter().filter(|(name, _)| is_filter(name)).cloned().collect();
        further.push(("cursor", cursor));
        let page: Map = page(collector, &further).await?;
        map.next_cursor = page.next_cursor;
        let edges: Vec<_> = page.edges.into_iter().filter(|edge| known.insert(edge.id.clone())).collect();
        // Those about an edge come with its page; the first page has the worst ones too. A collector of a version before gives all
        // of them with each.
        let new: BTreeSet<&str> = edges.iter().map(|edge| edge.id.as_str()).collect();
        let is_new = |finding: &Finding| {
            let edge = finding.edge_id.as_deref().filter(|edge| new.contains(edge));
            edge.is_some_and(|edge| told.insert((edge.to_owned(), finding.text.clone())))
        };
        let findings: Vec<_> = page.findings.into_iter().filter(is_new).collect();
        map.findings.extend(findings);
        map.edges.extend(edges);
    }
    map.findings.sort_by_key(|finding| finding.rank);
    Ok(map)
}

async fn page(collector: &Collector, question: &[(&str, String)]) -> Result<Map, CliError> {
    let (target, body) = collector.get("/api/v1/map", question).await?;
    let wrong = |message: String| CliError::Refused { url: target.clone(), status: "200".to_owned(), message };
    let map: Map = serde_json::from_slice(&body).map_err(|error| wrong(format!("not a map: {error}")))?;
    if map.schema == SCHEMA { Ok(map) } else { Err(wrong(format!("a map of schema {}, not {SCHEMA}", map.schema))) }
}

fn question(options: &Options) -> Vec<(&'static str, String)> {
    let include: Vec<&str> = options.include.iter().map(|one| one.as_str()).collect();
    let given = [
        ("namespace", options.namespace.clone()),
        ("workload", options.workload.clone()),
        ("include", (!include.is_empty()).then(|| include.join(","))),
        ("limit", Some("1000".to_owned())),
    ];
    let span = options.span.named().into_iter().chain(options.kind.named());
    span.map(|(name, value)| (name, value.cloned()))
        .chain(given)
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// What to repeat so that the same collector is asked about the same period.
fn place(options: &Options) -> String {
    let address = options.address.named();
    let include = question(options).into_iter().find_map(|(name, value)| (name == "include").then_some(value));
    let address = address.iter().map(|(name, value)| (*name, value.as_ref()));
    let period = options.span.named().into_iter().chain([("include", include.as_ref())]);
    written(&address.chain(period).collect::<Vec<_>>())
}

/// What chose a part of the map.
fn part(options: &Options) -> String {
    let names = [("namespace", options.namespace.as_ref()), ("workload", options.workload.as_ref())];
    written(&names.into_iter().chain(options.kind.named()).collect::<Vec<_>>())
}

/// Options as they are typed into a shell, a space before each.
fn written(options: &[(&str, Option<&String>)]) -> String {
    let given = options.iter().filter_map(|(name, value)| Some(format!(" --{name} {}", for_shell((*value)?))));
    given.collect()
}

/// A word of a shell: in quotes where a shell would read something into it.
fn for_shell(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-._:/@%+=,".contains(char);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

/// The cursor stands for the period.
fn is_filter(name: &str) -> bool {
    !matches!(name, "since" | "from" | "to")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};

    fn options(arguments: &[&str]) -> Options {
        let parsed = Arguments::try_parse_from([&["hogusu", "map"], arguments].concat()).unwrap();
        let Command::Map(options) = parsed.command else { panic!("another command") };
        options
    }

    #[test]
    fn the_next_command_asks_the_same_collector_about_the_same_period() {
        let given =
            options(&["--url", "https://[::1]:1/a b", "--ca", "it's.pem", "--since", "15m", "--include", "probe"]);
        assert_eq!(place(&given), r" --url 'https://[::1]:1/a b' --ca 'it'\''s.pem' --since 15m --include probe");
        assert_eq!(part(&given), "");
        let given = options(&["--from", "2026-11-24T14:02:00Z", "--workload", "\"prod/web\"", "--namespace", "shop"]);
        assert_eq!(place(&given), " --from 2026-11-24T14:02:00Z");
        assert_eq!(part(&given), " --namespace shop --workload '\"prod/web\"'");
        let certified = ["--client-certificate", "c.pem", "--client-key", "k.pem", "--token-file", "t"];
        let given = options(&certified);
        assert_eq!(place(&given), format!(" {}", certified.join(" ")));
        assert_eq!((place(&options(&[])), part(&options(&[]))), (String::new(), String::new()));
    }
}
