//! `hogusu policy suggest`: AuthorizationPolicies for what a collector saw, and when each edge of theirs was seen.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hogusu_access::{Policies, Role};
use hogusu_policy::missing;
use hogusu_policy::policy::{Bounds, Expected};

use super::ALL_TRAFFIC;
use super::manifests::policies;
use crate::cli::CliError;
use crate::cli::address::Address;
use crate::cli::arguments::namespace;
use crate::cli::facts;
use crate::cli::fetch::Collector;
use crate::cli::map::whole;
use crate::cli::span::Span;
use crate::suggestion::{self, Asked, Stability, Suggestion};

/// Edges that are asked about one by one, at most.
const DATED: usize = 200;

/// Writes AuthorizationPolicies that let in who was seen with a certificate, at the ports that were asked, and nobody else.
///
/// One for each workload of the namespace, with the evidence of each rule as comments. Names are those of certificates that the destination's
/// proxy verified, never what a peer only claims. Whoever was let in and had none is not guessed: it is listed as WOULD CUT, first of all.
/// --current are the workloads of the namespace, whose labels the selectors take, as kubectl get -o yaml prints them, and what is in force.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu policy suggest --namespace shop --current shop.yaml --since 30d > seen.yaml
         hogusu policy simulate --current shop.yaml --change seen.yaml --since 30d
         hogusu policy suggest --namespace shop --current shop.yaml mesh.yaml --since 7d --format md

shop.yaml: kubectl get -n shop -o yaml authorizationpolicies,services,deployments,statefulsets,daemonsets,jobs,cronjobs
mesh.yaml: kubectl get -n istio-system -o yaml configmap istio. docs/access.md says what each list and comment means.
Exit codes: 0 proven, and nobody who was seen would be cut; 1 somebody would, who stands first in it, or this process failed;
2 the command line is wrong, a file is, or labels of a workload are in no file; 3 the collector cannot be reached; 4 it refused, or has no facts;
5 not proven: the period is not complete, a proxy is silent, a workload is left out, or nothing was seen.")]
pub(super) struct Suggest {
    /// Whose workloads.
    #[arg(long, value_name = "NAMESPACE", value_parser = namespace)]
    namespace: String,
    /// Files with the workloads of the namespace, and what is in force; `-` is standard input.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    current: Vec<PathBuf>,
    /// The k8s cluster that the files are of; needed where the namespace is in several.
    #[arg(long, value_name = "NAME")]
    k8s_cluster: Option<String>,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    address: Address,
    /// Least share of the time that proxies must have told of, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = Bounds::default().time_covered, value_parser = share)]
    time_covered: f64,
    /// Whether somebody must say which proxies should report; without that, nobody knows who is silent.
    #[arg(long, value_enum, default_value_t = Proxies::Known)]
    expected_proxies: Proxies,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Proxies {
    /// Somebody must: the API server, or a declared set.
    Known,
    /// Only proxies that were seen can be missed.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// To be applied, with the evidence as comments.
    Yaml,
    /// `hogusu.suggestion/v1`.
    Json,
    /// For a pull request.
    #[value(alias = "markdown")]
    Md,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "give a share from 0 to 1, as 0.99".to_owned())
}

/// What to print, and how it ends.
pub(super) fn run(options: &Suggest) -> Result<(String, Result<(), CliError>), CliError> {
    if options.current.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(CliError::Usage("-: standard input is read once -> name files in its other places".to_owned()));
    }
    let mut warnings = Vec::new();
    let today = policies(&options.current, Role::Current, &mut warnings)?;
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut suggestion = runtime.block_on(suggested(options, &collector, &today))?;
    warnings.append(&mut suggestion.warnings);
    suggestion.warnings = warnings;
    let text = match options.format {
        Format::Yaml => suggestion::yaml(&suggestion),
        Format::Md => suggestion::markdown(&suggestion),
        Format::Json => crate::cli::json(&suggestion)?,
    };
    Ok((text, ended(&suggestion)))
}

async fn suggested(options: &Suggest, collector: &Collector, today: &Policies) -> Result<Suggestion, CliError> {
    let (facts, _) = facts::fetch(collector, &options.span).await?;
    let question = [("from", facts.from.clone()), ("to", facts.to.clone())];
    let all = [(ALL_TRAFFIC.0, ALL_TRAFFIC.1.to_owned()), ("limit", "1000".to_owned())];
    let map = whole(collector, &question.iter().cloned().chain(all).collect::<Vec<_>>()).await?;
    let expected_proxies = match options.expected_proxies {
        Proxies::Known => Expected::Known,
        Proxies::Any => Expected::Any,
    };
    let bounds = Bounds { time_covered: options.time_covered, expected_proxies, ..Bounds::default() };
    let asked = Asked {
        namespace: &options.namespace,
        cluster: options.k8s_cluster.as_deref(),
        missing: missing(&bounds, &facts.completeness),
    };
    let refused = |error: suggestion::Refused| CliError::Usage(format!("--namespace: {error}"));
    let mut suggestion = suggestion::build(&map, &facts.edges, today, &asked).map_err(refused)?;
    date(collector, &question, &mut suggestion).await?;
    Ok(suggestion)
}

/// Asks when the edges were seen.
async fn date(
    collector: &Collector,
    period: &[(&'static str, String)],
    suggestion: &mut Suggestion,
) -> Result<(), CliError> {
    let mut known: BTreeMap<String, Stability> = BTreeMap::new();
    let mut unasked = 0_u64;
    let rules = suggestion.policies.iter_mut().flat_map(|policy| &mut policy.rules);
    for edge in rules.flat_map(|rule| &mut rule.edges) {
        if !known.contains_key(&edge.edge_id) && known.len() < DATED {
            known.insert(edge.edge_id.clone(), stability(collector, period, &edge.edge_id).await?);
        }
        edge.stability = known.get(&edge.edge_id).cloned();
        unasked += u64::from(edge.stability.is_none());
    }
    if unasked > 0 {
        let said =
            format!("when they were seen was asked of the first {DATED} edges, and not of {unasked} further ones");
        suggestion.limits.push(said);
    }
    Ok(())
}

async fn stability(
    collector: &Collector,
    period: &[(&'static str, String)],
    edge: &str,
) -> Result<Stability, CliError> {
    let series = super::series(collector, period, edge).await?;
    Ok(suggestion::stability(&series))
}

/// What is not proven comes first: then it is not known either who would be cut.
fn ended(suggestion: &Suggestion) -> Result<(), CliError> {
    match (suggestion.result.as_str(), suggestion.would_cut.len()) {
        ("proven", 0) => Ok(()),
        ("proven", rows) => Err(CliError::WouldCut { rows }),
        ("nothing_seen", _) => Err(CliError::SuggestedUnproven {
            why: format!("no edge to a workload of namespace {} was seen, as it is written here", suggestion.namespace),
        }),
        _ => Err(CliError::SuggestedUnproven { why: suggestion.not_proven.join("; ") }),
    }
}
