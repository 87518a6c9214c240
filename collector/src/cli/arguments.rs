//! Commands and options.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::keep::{self, keep};
use crate::api::parse_length;
use crate::label::{self, Asked, GRAMMAR};
use crate::report::Moment;
use crate::serve::{PublicHost, TraceUrl};

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached,
or its data folder is in use by another process; 4 the collector refused; 5 nothing can be decided.";

/// Measures every edge between services of a mesh, from inside its proxies.
#[derive(Debug, Parser)]
#[command(name = "hogusu", version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Serve(Serve),
    Map(Map),
    Groups(super::groups::Groups),
    Baseline(super::baseline::Baseline),
    Placing(super::placing::Placing),
    Backup(super::backup::Backup),
    Restore(super::backup::Restore),
    Series(super::series::Series),
    Entries(super::shape::Entries),
    Impact(super::shape::Impact),
    Coupling(super::shape::Coupling),
    Turnover(super::shape::Turnover),
    Unstable(super::shape::Unstable),
    Cascades(super::shape::Cascades),
    Diff(super::diff::Diff),
    Check(super::check::Check),
    Lint(super::lint::Lint),
    Policy(super::policy::Policy),
    Compliance(super::compliance::Compliance),
    Report(super::report::Report),
    Ready(super::ready::Ready),
}

/// Takes batches from filters, keeps them, and serves the map.
///
/// Says where it listens as one line of JSON on stdout when it is ready; logs go to stderr. Ends in order on SIGTERM.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: hogusu serve --data /var/lib/hogusu --expect proxies.json --retention 14d --max-disk 20GiB

Exit codes: 0 stopped in order; 1 failed; 2 the command line is wrong; 3 the data folder is in use by another process."
)]
pub(super) struct Serve {
    /// Where to listen, for all that has no door of its own by the next two; may be given more than once, and not beside both of them.
    /// Beyond loopback only with TLS. Port 0 lets the kernel choose. Without it 127.0.0.1:7070, unless both others are given.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen)]
    pub(super) listen: Vec<SocketAddr>,
    /// A door for senders: batches and probes, neither page nor API nor metrics. As --listen in all else.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen)]
    pub(super) listen_ingest: Vec<SocketAddr>,
    /// A door for people: page, API, metrics and probes, no batches. As --listen in all else.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen)]
    pub(super) listen_api: Vec<SocketAddr>,
    /// Folder for journal and slots; one process at a time.
    #[arg(long, value_name = "FOLDER", default_value = "hogusu-data")]
    pub(super) data: PathBuf,
    /// JSON file that names the proxies that should report; without it and without --kubernetes completeness is unknown.
    #[arg(long, value_name = "FILE")]
    pub(super) expect: Option<PathBuf>,
    /// File of one's own rules, hogusu.yaml: traffic to leave out, what counts as failure, which links nobody waits on. It is read again
    /// when it changes; one that cannot be used leaves the former in force. docs/declare.md has every key.
    #[arg(long, value_name = "FILE")]
    pub(super) declare: Option<PathBuf>,
    /// Policies to judge by, for GET /api/v1/compliance and as metrics: a file, or a folder of them; may be given more than once. They are read
    /// again when they change; a change that cannot be used leaves those before it in force.
    #[arg(long = "policy", value_name = "FILE|FOLDER")]
    pub(super) policies: Vec<PathBuf>,
    /// Watch the API server: in-cluster (by the pod's service account), or a kubeconfig. Names pods by their addresses, and
    /// says which proxies should report.
    #[arg(long, value_name = "in-cluster|FILE")]
    pub(super) kubernetes: Option<PathBuf>,
    /// Name of the k8s cluster in the mesh: Istio's CLUSTER_ID. Without it the only one that proxies name.
    #[arg(long, value_name = "NAME", requires = "kubernetes")]
    pub(super) k8s_cluster: Option<String>,
    /// Istio's root namespace: plugin objects there cover every namespace.
    #[arg(long, value_name = "NAMESPACE", default_value = "istio-system", requires = "kubernetes")]
    pub(super) root_namespace: String,
    /// How long each resolution is kept, as 90s, 5m, 12h or 7d; those that are not named as by default. Where there is no room they
    /// shrink in this order.
    #[arg(long, value_name = "10s=TIME,1m=TIME,…", default_value = keep::DEFAULT, value_parser = keep)]
    pub(super) keep: [Duration; 4],
    /// How long anything is kept, whatever its resolution. Files go whole: what is rolled up stays up to as long again, or a day.
    #[arg(long, value_name = "TIME", default_value = "400d", value_parser = length)]
    pub(super) retention: Duration,
    /// Bytes that all files may take, as 500MiB, 5GiB or a plain number; the finest resolutions go first, then the oldest.
    #[arg(long, value_name = "BYTES", default_value = "5GiB", value_parser = bytes)]
    pub(super) max_disk: u64,
    /// Bytes of memory that the process may use, as 512MiB or 4GiB: without it what its cgroup allows, or what the machine has. What batches
    /// and questions may keep follows from it.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(super) max_memory: Option<u64>,
    /// How to log to stderr.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,
    /// Certificate chain for TLS, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// Private key for TLS, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Roots of senders' certificates, PEM: a batch must come over mutual TLS and claim its certificate's identity.
    #[arg(long, value_name = "FILE", requires = "tls_cert", conflicts_with = "trust_forwarded_client_cert")]
    pub(super) tls_client_ca: Option<PathBuf>,
    /// Behind the collector's own sidecar: what that writes last into x-forwarded-client-cert is the sender's identity,
    /// and a batch must claim it. Only where batches are taken on loopback.
    #[arg(long)]
    pub(super) trust_forwarded_client_cert: bool,
    /// A further name by which page and API are asked, as behind a gateway; may be given more than once. Names of loopback, and
    /// addresses of this machine, are known; any other is answered 421.
    #[arg(long, value_name = "NAME")]
    pub(super) public_host: Vec<PublicHost>,
    /// Where traces are found, with {trace_id} in it, as https://tempo.example.com/trace/{trace_id}: the page links exemplars there.
    /// The collector itself asks nothing there.
    #[arg(long, value_name = "URL")]
    pub(super) trace_url: Option<TraceUrl>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// Shows what happens between workloads, worst first.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu map --since 15m --namespace shop
         hogusu map --from 2026-11-24T14:00:00Z --to 2026-11-24T15:00:00Z --format json | jq '.edges[].id'

Durations are read off histograms: within 4.4 %. P99 is `-` below 100 samples. TCP connections count when they end.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Map {
    #[command(flatten)]
    pub(super) address: super::address::Address,
    #[command(flatten)]
    pub(super) span: super::span::Span,
    /// Edges with an end in this namespace.
    #[arg(long, value_name = "NAMESPACE", value_parser = namespace)]
    pub(super) namespace: Option<String>,
    /// Edges with this workload at an end, named as the table shows it: with quotes where it has some ('"a/b"' in a shell), and
    /// perhaps with :PORT, for what leads to that port of it.
    #[arg(long, value_name = "[[K8S_CLUSTER/]NAMESPACE/]NAME", value_parser = workload)]
    pub(super) workload: Option<String>,
    #[command(flatten)]
    pub(super) kind: super::kind::KindOfEdge,
    /// Traffic that is left out by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(super) include: Vec<Include>,
    /// Every edge and every finding in the table.
    #[arg(long)]
    pub(super) all: bool,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Include {
    /// Probes of kubelets, health checks of proxies.
    Probe,
    /// The filter's own telemetry.
    Telemetry,
    /// What is left out as it is declared (hogusu serve --declare).
    Declared,
}

impl Include {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Telemetry => "telemetry",
            Self::Declared => "declared",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// The API's own answer, all pages in one.
    Json,
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an IP address and a port, as 127.0.0.1:7070 or [::1]:7070".to_owned())
}

fn length(text: &str) -> Result<Duration, String> {
    parse_length(text).map(Duration::from_nanos).ok_or_else(|| "give a number and s, m, h or d, as 7d".to_owned())
}

pub(super) fn since(text: &str) -> Result<String, String> {
    length(text).map(|_| text.to_owned())
}

pub(super) fn moment(text: &str) -> Result<String, String> {
    Moment::parse(text)
        .map(|_| text.to_owned())
        .ok_or_else(|| "give a time in RFC 3339, as 2026-11-24T14:02:00Z".to_owned())
}

pub(super) fn namespace(text: &str) -> Result<String, String> {
    label::namespace(text).map(|_| text.to_owned()).map_err(|why| format!("{why}; give NAMESPACE"))
}

pub(super) fn workload(text: &str) -> Result<String, String> {
    Asked::parse(text).map(|_| text.to_owned()).map_err(|why| format!("{why}; give {GRAMMAR}"))
}

fn bytes(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let found = units.iter().find_map(|(unit, power)| text.strip_suffix(unit).map(|digits| (digits, 1_u64 << power)));
    let (digits, factor) = found.unwrap_or((text, 1));
    let value = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    value.ok_or_else(|| "give a number, plain or with KiB, MiB, GiB or TiB, as 5GiB".to_owned())
}
