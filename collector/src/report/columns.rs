//! All edges of a period at once (`hogusu.graph/v1`): what a drawing or a sorted table needs of them, in columns, for they are many.
//! Every value is the one that the map has; details of an edge are asked for by its id.
//!
//! A name of a field stands once instead of once an edge, and a text that repeats once among `texts`.

use std::collections::HashMap;

use hogusu_model::edge::End;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::observed::Observed;
use super::placed::{Columns, Places, Placing};
use super::{build, side};
use crate::analysis::edge::{Edge, Party};
use crate::placing::Current;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.graph/v1";

/// The dependency graph of a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Graph {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period.
    #[serde(flatten)]
    pub observed: Observed,
    /// What the columns of texts hold places in, from 0.
    pub texts: Vec<String>,
    /// The placing epoch that places of nodes are of; `None` where nothing could be placed.
    pub placing: Option<Placing>,
    /// The ends of the edges, each once; columns of one length.
    pub nodes: Nodes,
    /// Worst first; columns of one length.
    pub edges: Edges,
}

/// Ends of edges: each column has a value for each of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NodeColumns")]
pub struct Nodes {
    /// For people.
    pub label: Vec<String>,
    /// Places in `texts`: `workload`, `service`, `address`, `unknown` or `overflow`.
    pub kind: Vec<usize>,
    /// Places in `texts`: Kubernetes cluster.
    pub cluster: Vec<usize>,
    /// Places in `texts`: Kubernetes namespace.
    pub namespace: Vec<usize>,
    /// Name, host or address.
    pub name: Vec<String>,
    /// Places in the lanes of `placing`; `None` for one without a place, of which there are more than are kept.
    pub lane: Vec<Option<usize>>,
    /// From left to right, entry points first; those of later entry points may be negative.
    pub column: Vec<Option<i32>>,
    /// What nodes of a lane and column are ordered by: smaller is higher, and no two are equal.
    pub row: Vec<Option<f64>>,
}

/// Edges: each column has a value for each of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "EdgeColumns")]
pub struct Edges {
    /// Stable id, 16 hexadecimal digits.
    pub id: Vec<String>,
    /// Places in `nodes`: who asks.
    pub source: Vec<usize>,
    /// Places in `nodes`: who is asked.
    pub destination: Vec<usize>,
    /// Places in `texts`: `http`, `grpc` or `tcp`.
    pub protocol: Vec<usize>,
    /// Port at the workload, or of the service when no upstream was chosen; `None` when not known.
    pub port: Vec<Option<u16>>,
    /// Places in `texts`: whose report the numbers are of, `source` where that counted something, else `destination`; `None` without any.
    pub report: Vec<Option<usize>>,
    /// Requests, or connections that ended.
    pub exchanges: Vec<Option<u64>>,
    /// Those that failed.
    pub failed: Vec<Option<u64>>,
    /// What `failed` is a share of.
    pub failed_of: Vec<Option<u64>>,
    /// Median of the answered exchanges; of TCP, of how long connections lived.
    pub p50_s: Vec<Option<f64>>,
    /// `None` below 100 samples.
    pub p99_s: Vec<Option<f64>>,
    /// Places in `texts`: how it is secured, `mutual_tls`, `tls`, `application_tls`, `plaintext`, `unknown` or `disagreement`.
    pub security: Vec<usize>,
    /// Places in `texts`: whether both reports agree, `agree`, `disagree`, `one_reporter` or `not_comparable`.
    pub agreement: Vec<usize>,
    /// Places in `texts`: the kind of the worst finding about it; `None` without any.
    pub finding: Vec<Option<usize>>,
}

/// Texts and ends as they come, each once.
#[derive(Debug)]
struct Gathered<'a> {
    texts: Vec<String>,
    places: HashMap<&'a str, usize>,
    nodes: Nodes,
    /// By what they are and how they are called: a host's port is in its label alone.
    ends: HashMap<(&'a End, &'a str), usize>,
    placed: Places<'a>,
}

/// These edges, each with the kind of the worst finding about it, of this period, on these places.
pub(super) fn graph<'a>(
    observed: Observed,
    edges: impl Iterator<Item = (&'a Edge, Option<&'a str>)>,
    current: &'a Current,
) -> Graph {
    let (mut gathered, mut columns) = (Gathered::on(current), Edges::default());
    for (edge, finding) in edges {
        columns.add(edge, finding, &mut gathered);
    }
    let (schema, Gathered { texts, nodes, placed, .. }) = (SCHEMA.to_owned(), gathered);
    let (placing, Columns { lane, column, row }) = placed.finish();
    Graph { schema, observed, texts, placing, nodes: Nodes { lane, column, row, ..nodes }, edges: columns }
}

impl Edges {
    fn add<'a>(&mut self, edge: &'a Edge, finding: Option<&'a str>, gathered: &mut Gathered<'a>) {
        self.id.push(build::id(edge));
        self.source.push(gathered.node(&edge.key.source, &edge.source));
        self.destination.push(gathered.node(&edge.key.destination, &edge.destination));
        self.protocol.push(gathered.text(edge.key.protocol.as_str()));
        self.port.push(Some(edge.key.port).filter(|port| *port > 0));
        let side = edge.main_report();
        let is_source = side.is_some_and(|side| edge.source_report.as_ref().is_some_and(|one| std::ptr::eq(one, side)));
        self.report.push(side.map(|_| gathered.text(if is_source { "source" } else { "destination" })));
        self.exchanges.push(side.map(|side| side.count()));
        self.failed.push(side.map(|side| side.failed()));
        self.failed_of.push(side.map(|side| side.judged()));
        let [p50_s, _, p99_s] = side.map(side::speed).unwrap_or_default();
        self.p50_s.push(p50_s);
        self.p99_s.push(p99_s);
        self.security.push(gathered.text(edge.security.state.as_str()));
        self.agreement.push(gathered.text(edge.agreement.state.as_str()));
        self.finding.push(finding.map(|kind| gathered.text(kind)));
    }
}

impl<'a> Gathered<'a> {
    fn on(current: &'a Current) -> Self {
        let (texts, places, nodes, ends) = (Vec::new(), HashMap::new(), Nodes::default(), HashMap::new());
        Self { texts, places, nodes, ends, placed: Places::new(current) }
    }

    fn text(&mut self, text: &'a str) -> usize {
        let texts = &mut self.texts;
        *self.places.entry(text).or_insert_with(|| {
            texts.push(text.to_owned());
            texts.len() - 1
        })
    }

    fn node(&mut self, end: &'a End, party: &'a Party) -> usize {
        if let Some(place) = self.ends.get(&(end, &*party.label)) {
            return *place;
        }
        let place = self.nodes.label.len();
        self.ends.insert((end, &party.label), place);
        let [kind, cluster, namespace, name] = build::named(end);
        let [kind, cluster, namespace] = [kind, cluster, namespace].map(|text| self.text(text));
        self.nodes.kind.push(kind);
        self.nodes.cluster.push(cluster);
        self.nodes.namespace.push(namespace);
        self.nodes.name.push(name.to_owned());
        self.nodes.label.push(party.label.clone());
        self.placed.add(end, party, [cluster, namespace]);
        place
    }
}
