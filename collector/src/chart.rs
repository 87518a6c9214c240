//! From analysed edges to the mesh whose shape is asked about: ends get numbers, and edges become calls. What follows from the shape is worked
//! out in `hogusu_topology`.

mod sight;
pub mod turnover;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hogusu_model::edge::End;
use hogusu_model::{Histogram, Protocol};
use hogusu_topology::{Call, Interaction, Link, Mesh, Node, Shape, Sight, Time, Traffic, WorkloadId};

pub use self::sight::Sights;
use crate::analysis::edge::{Class, Edge, Side};

/// A mesh's shape, and what its numbers stand for.
#[derive(Debug, Clone)]
pub struct Chart {
    shape: Shape,
    ends: Vec<End>,
    labels: Vec<String>,
}

/// Ends as they get numbers.
#[derive(Debug, Default)]
struct Numbers<'a> {
    /// A host outside the mesh is another one at another port.
    places: HashMap<(&'a End, u16), WorkloadId>,
    ends: Vec<End>,
    labels: Vec<String>,
}

impl Chart {
    /// Draws it of these edges.
    #[must_use]
    pub fn of(edges: &[Edge], sights: &Sights) -> Self {
        let behind = behind_hosts(edges);
        let (mut numbers, mut calls) = (Numbers::default(), Vec::with_capacity(edges.len()));
        for edge in edges {
            let source = matches!(edge.key.source, End::Workload(_))
                .then(|| numbers.of(&edge.key.source, &edge.source.label, 0));
            let destination = match &edge.key.destination {
                // Nothing was sent: it is the workload that is asked for by that name, where that is one.
                End::Service(host) if !edge.is_reached => behind.get(host.as_str()).copied().flatten(),
                _ => None,
            };
            let (end, label) = destination.unwrap_or((&edge.key.destination, &edge.destination.label));
            let port = if matches!(end, End::Workload(_)) { 0 } else { edge.key.port };
            let destination = numbers.of(end, label, port);
            let is_measured = match &edge.key.source {
                End::Workload(workload) => sights.measures_attempts(workload),
                _ => false,
            };
            let traffic = told(edge, is_measured);
            calls.extend(traffic.map(|(interaction, traffic)| Call { source, destination, interaction, traffic }));
        }
        let nodes = numbers.ends.iter().map(|end| node(end, sights)).collect();
        let shape = Shape::of(Mesh::of(nodes, calls, sights.is_whole()));
        Self { shape, ends: numbers.ends, labels: numbers.labels }
    }

    /// What its shape is.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What a workload is called, as on the map.
    #[must_use]
    pub fn label(&self, id: WorkloadId) -> &str {
        self.labels.get(id.0 as usize).map_or("", String::as_str)
    }

    /// Which end it is.
    #[must_use]
    pub fn end(&self, id: WorkloadId) -> &End {
        self.ends.get(id.0 as usize).unwrap_or(&End::Unknown)
    }

    /// Both ends of a link.
    #[must_use]
    pub fn labels(&self, link: &Link) -> (&str, &str) {
        (self.label(link.source), self.label(link.destination))
    }
}

impl<'a> Numbers<'a> {
    fn of(&mut self, end: &'a End, label: &str, port: u16) -> WorkloadId {
        let next = WorkloadId(u32::try_from(self.ends.len()).unwrap_or(u32::MAX));
        let id = *self.places.entry((end, port)).or_insert(next);
        if id == next {
            self.ends.push(end.clone());
            self.labels.push(label.to_owned());
        }
        id
    }
}

/// The only workload that was reached by each host's name; `None` where there were several.
fn behind_hosts(edges: &[Edge]) -> BTreeMap<&str, Option<(&End, &String)>> {
    let mut behind: BTreeMap<&str, Option<(&End, &String)>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| matches!(edge.key.destination, End::Workload(_))) {
        let hosts: BTreeSet<&str> = edge.services.iter().map(|service| service.host.as_str()).collect();
        for host in hosts {
            let this = (&edge.key.destination, &edge.destination.label);
            let known = behind.entry(host).or_insert(Some(this));
            if known.is_some_and(|(end, _)| *end != edge.key.destination) {
                *known = None;
            }
        }
    }
    behind
}

fn node(end: &End, sights: &Sights) -> Node {
    match end {
        End::Workload(workload) => {
            Node { is_gateway: sights.is_gateway(workload), sight: sights.of_workload(workload), is_crowd: false }
        }
        End::Service(_) | End::Address(_) => Node { sight: Sight::Never, ..Node::default() },
        End::Unknown | End::Overflow => Node { is_crowd: true, ..Node::default() },
    }
}

/// What an edge counted, by whether its source waits. Requests and streams are told apart; of connections nobody can tell; where it is
/// declared that it does not, nothing is told apart. `is_measured`: each
/// proxy of the source has an upstream log.
fn told(edge: &Edge, is_measured: bool) -> impl Iterator<Item = (Interaction, Traffic)> {
    let of = |interaction: Interaction, chosen: fn(Class) -> bool| {
        let side = edge.main_report()?;
        let exchanges = side.count_where(chosen);
        let failed = side.count_where(|class| chosen(class) && class.outcome.is_failure());
        let injected = side.count_where(|class| chosen(class) && class.outcome == hogusu_model::Outcome::InjectedFault);
        let traffic = Traffic { exchanges, failed, judged: exchanges.saturating_sub(injected), ..Traffic::default() };
        (exchanges > 0).then_some((interaction, traffic))
    };
    let [first, second] = if edge.asynchronous.is_some() {
        [of(Interaction::Asynchronous, |_| true), None]
    } else if edge.key.protocol == Protocol::Tcp {
        [of(Interaction::Unknown, |_| true), None]
    } else {
        let requests = of(Interaction::Synchronous, |class| !class.streaming);
        [
            requests.map(|(how, traffic)| (how, timed(edge, traffic, is_measured))),
            of(Interaction::Streaming, |class| class.streaming),
        ]
    };
    first.into_iter().chain(second)
}

fn timed(edge: &Edge, traffic: Traffic, is_measured: bool) -> Traffic {
    let time = |side: Option<&Side>| {
        let answers = side.map(Side::answers).unwrap_or_default();
        Time { count: answers.count(), nanos: answers.sum() }
    };
    let source = edge.source_report.as_ref();
    let logged = source.and_then(|side| side.attempts.as_ref());
    let logged = logged.map(|all| all.values().map(Histogram::count).fold(0, u64::saturating_add));
    let attempts = logged.or_else(|| source.and_then(|side| side.summed_attempts)).filter(|attempts| *attempts > 0);
    let attempted = attempts.and(source).map_or(0, Side::count);
    Traffic {
        waited: time(source),
        served: time(edge.destination_report.as_ref()),
        attempts: attempts.unwrap_or_default(),
        attempted,
        is_partly_measured: logged.is_some_and(|attempts| attempts > 0) && !is_measured,
        ..traffic
    }
}
