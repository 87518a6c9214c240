//! `hogusu policy simulate`: a change of policies rehearsed on the edges that a collector saw.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hogusu_access::{Kind, Mode, Place, Policies, Role};

use super::ALL_TRAFFIC;
use super::manifests::policies;
use crate::cli::CliError;
use crate::cli::address::Address;
use crate::cli::arguments::namespace;
use crate::cli::facts;
use crate::cli::fetch::Collector;
use crate::cli::map::whole;
use crate::cli::span::Span;
use crate::shown;
use crate::simulation::{self, Observation, Simulation};

/// Lines whose edges are asked about one by one, at most.
const DATED: usize = 20;

/// Says what a change of Istio's policies would break, open or weaken, of the traffic that was seen.
///
/// A change is all files of --change, --delete and --strict together, as in a pull request: AuthorizationPolicy, PeerAuthentication,
/// DestinationRule, RequestAuthentication. --current are the policies in force, with the workloads and services that they are about, as
/// kubectl get -A -o yaml prints them. What a map does not hold (methods, paths, headers, addresses) is undecidable, never guessed.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu policy simulate --current today.yaml --change deny-all.yaml --since 30d
         hogusu policy simulate --current today.yaml --strict shop --since 7d --format markdown
         hogusu policy simulate --current today.yaml --delete AuthorizationPolicy/shop/allow-web

today.yaml: kubectl get -A -o yaml authorizationpolicies,peerauthentications,destinationrules,requestauthentications,services,deployments,statefulsets,daemonsets
and Istio's ConfigMap, as a further file: kubectl get -n istio-system -o yaml configmap istio. docs/access.md says what is evaluated, and how Istio is taken to read it.
Exit codes: 0 nothing that was seen would break; 1 something would, perhaps where --fail-on says so, or this process failed;
2 the command line is wrong, or a file is; 3 the collector cannot be reached; 4 it refused; 5 nothing was seen in the period.")]
pub(super) struct Simulate {
    /// Files with what is to be applied; `-` is standard input.
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present_any = ["delete", "strict"])]
    change: Vec<PathBuf>,
    /// An object that is to go. Needs --current, where it is.
    #[arg(long, value_name = "KIND/NAMESPACE/NAME", num_args = 1.., value_parser = object, requires = "current")]
    delete: Vec<Object>,
    /// A namespace that is to take mutual TLS alone; policies for selected pods stay.
    #[arg(long, value_name = "NAMESPACE", num_args = 1.., value_parser = namespace)]
    strict: Vec<String>,
    /// Files with what is in force, and the workloads and services that it is about.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    current: Vec<PathBuf>,
    /// The k8s cluster that the files are of; needed where the map has several.
    #[arg(long, value_name = "NAME")]
    k8s_cluster: Option<String>,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    address: Address,
    /// Also ask when the edges of the first lines were last seen. Each is read as a series of its own, which takes as long.
    #[arg(long)]
    last_seen: bool,
    /// Which part of the list ends with 1.
    #[arg(long, value_enum, default_value_t = FailOn::Certain)]
    fail_on: FailOn,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// What certainly breaks.
    Certain,
    /// What perhaps breaks, too.
    Possible,
    /// Whatever is listed: what breaks, opens or weakens, certainly or perhaps, and what speaks against --current.
    Any,
    /// Nothing.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// `hogusu.simulation/v1`.
    Json,
    /// For a pull request.
    Markdown,
}

/// An object that is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: Kind,
    namespace: String,
    name: String,
}

fn object(text: &str) -> Result<Object, String> {
    let kinds = Kind::ALL.map(Kind::as_str).join(", ");
    let wanted = || format!("write KIND/NAMESPACE/NAME, with KIND one of {kinds}");
    let mut parts = text.split('/');
    let (kind, namespace, name, end) = (parts.next(), parts.next(), parts.next(), parts.next());
    let (Some(kind), Some(namespace), Some(name), None) = (kind, namespace, name, end) else { return Err(wanted()) };
    let kind = Kind::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(kind)).ok_or_else(wanted)?;
    Ok(Object { kind, namespace: namespace.to_owned(), name: name.to_owned() })
}

/// What to print, and how it ends.
pub(super) fn run(options: &Simulate) -> Result<(String, Result<(), CliError>), CliError> {
    let mut warnings = Vec::new();
    if options.change.iter().chain(&options.current).filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(CliError::Usage("-: standard input is read once -> name files in its other places".to_owned()));
    }
    let current = &options.current;
    let today = if current.is_empty() { None } else { Some(policies(current, Role::Current, &mut warnings)?) };
    let after = changed(options, today.as_ref(), &mut warnings)?;
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let span = options.span.named().into_iter().filter_map(|(name, value)| Some((name, value?.clone())));
    let all = [("limit", "1000".to_owned()), (ALL_TRAFFIC.0, ALL_TRAFFIC.1.to_owned())];
    let question: Vec<(&str, String)> = span.chain(all).collect();
    let map = runtime.block_on(whole(&collector, &question))?;
    let facts = runtime.block_on(facts::of_map(&collector, &map.observed))?;
    let seen = Observation { map: &map, facts: facts.as_deref() };
    let mut simulation = simulation::build(seen, today.as_ref(), &after, options.k8s_cluster.as_deref());
    warnings.append(&mut simulation.warnings);
    warnings.append(&mut simulation::unknown(&map, today.as_ref(), &after));
    warnings.extend(options.k8s_cluster.as_deref().and_then(|name| simulation::unknown_cluster(&map, name)));
    simulation.warnings = warnings;
    if options.last_seen {
        runtime.block_on(last_seen(&collector, &mut simulation))?;
    }
    let text = match options.format {
        Format::Table => simulation::table(&simulation),
        Format::Markdown => simulation::markdown(&simulation),
        Format::Json => crate::cli::json(&simulation)?,
    };
    Ok((text, ended(&simulation, options.fail_on)))
}

/// Asks of the first lines when their edges were seen: up to the end of the last stretch with an exchange.
async fn last_seen(collector: &Collector, simulation: &mut Simulation) -> Result<(), CliError> {
    let period = [("from", simulation.from.to_string()), ("to", simulation.to.to_string())];
    let edges: BTreeSet<String> = simulation.would_break.iter().take(DATED).map(|row| row.edge_id.clone()).collect();
    for edge in edges {
        let series = super::series(collector, &period, &edge).await?;
        let points = series.lines.iter().flat_map(|line| &line.points);
        let last = points.filter(|point| point.exchanges.is_some_and(|count| count > 0)).map(|point| point.to).max();
        for row in simulation.would_break.iter_mut().filter(|row| row.edge_id == edge) {
            row.last_seen = last;
        }
    }
    Ok(())
}

/// What is in force when all of the change is: over today's policies, or alone.
fn changed(options: &Simulate, today: Option<&Policies>, warnings: &mut Vec<String>) -> Result<Policies, CliError> {
    let change = if options.change.is_empty() {
        Policies::default()
    } else {
        policies(&options.change, Role::Change, warnings)?
    };
    let differing = today.map(|today| today.inventory.differing(&change.inventory)).unwrap_or_default();
    let has_none = change == (Policies { inventory: change.inventory.clone(), ..Policies::default() });
    if has_none && differing.is_empty() && !options.change.is_empty() {
        let kinds = Kind::ALL.map(Kind::as_str).join(", ");
        let files: Vec<String> =
            options.change.iter().map(|file| shown::word(&file.display().to_string()).into_owned()).collect();
        return Err(CliError::Usage(format!(
            "{}: nothing that is rehearsed stands there -> give manifests of {kinds}, or Istio's ConfigMap",
            files.join(", ")
        )));
    }
    at_odds(options, &change)?;
    if options.strict.contains(&root_namespace(today, &change)) {
        warnings.push("--strict with the root namespace makes the whole mesh STRICT".to_owned());
    }
    warnings.extend(differing.into_iter().map(|what| format!("{what} differs in --change: {}", becomes(&what))));
    let mut after = today.map_or_else(|| change.clone(), |today| today.with(&change));
    for Object { kind, namespace, name } in options.delete.iter().collect::<BTreeSet<_>>() {
        if !after.remove(*kind, namespace, name) {
            let object = format!("{}/{namespace}/{name}", kind.as_str());
            return Err(CliError::Usage(format!("--delete {}: no file of --current has it", shown::word(&object))));
        }
    }
    for namespace in &options.strict {
        after.make_strict(namespace, &Place { file: format!("--strict {namespace}"), line: 1 });
    }
    Ok(after)
}

/// Refuses what says two things of one object.
fn at_odds(options: &Simulate, change: &Policies) -> Result<(), CliError> {
    for Object { kind, namespace, name } in &options.delete {
        if change.has(*kind, namespace, name) {
            let object = format!("{}/{namespace}/{name}", kind.as_str());
            let said = "it stands in --change, too -> leave one of them out";
            return Err(CliError::Usage(format!("--delete {}: {said}", shown::word(&object))));
        }
    }
    for one in change.peers.iter().filter(|one| one.selector.is_empty() && one.mode != Mode::Strict) {
        if options.strict.contains(&one.object.namespace) {
            let (object, namespace) = (one.object.label(), shown::word(&one.object.namespace));
            let said = "of --change gives the whole namespace another mode -> leave one of them out";
            return Err(CliError::Usage(format!("--strict {namespace}: PeerAuthentication {object} {said}")));
        }
    }
    Ok(())
}

/// What is made of an object that a change changes beside policies.
fn becomes(what: &str) -> &'static str {
    if what.starts_with("Service ") {
        "what it becomes is not rehearsed, and today's is taken"
    } else {
        "what it becomes is not rehearsed, and nothing that it touches is certain"
    }
}

/// Whose policies are of the whole mesh, after the change.
fn root_namespace(today: Option<&Policies>, change: &Policies) -> String {
    let mesh = today.filter(|_| !change.is_mesh_given).map_or(&change.mesh, |today| &today.mesh);
    mesh.root_namespace.clone()
}

fn ended(simulation: &Simulation, fail_on: FailOn) -> Result<(), CliError> {
    let breaks = simulation.would_break.len();
    let others = [&simulation.would_open, &simulation.would_weaken, &simulation.contradictions];
    let all = others.iter().fold(breaks, |sum, rows| sum + rows.len());
    let (fails, rows) = match fail_on {
        FailOn::Never => return Ok(()),
        _ if simulation.result == "nothing_seen" => return Err(CliError::NothingSeen),
        FailOn::Certain => (simulation.result == "breaks", breaks),
        FailOn::Possible => (breaks > 0, breaks),
        FailOn::Any => (all > 0, all),
    };
    if fails { Err(CliError::WouldBreak { rows }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_kind_namespace_and_name() {
        let named = object("peerauthentication/shop/strict").unwrap();
        let strict = ("shop".to_owned(), "strict".to_owned());
        assert_eq!((named.kind, (named.namespace, named.name)), (Kind::PeerAuthentication, strict));
        for wrong in ["shop/strict", "Service/shop/web", "AuthorizationPolicy/a/b/c", ""] {
            assert!(object(wrong).is_err_and(|said| said.contains("AuthorizationPolicy")), "{wrong}");
        }
    }
}
