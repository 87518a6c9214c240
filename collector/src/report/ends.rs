//! An edge that is asked for by its ends, as a map prints them: `SOURCE -> DESTINATION`.

use hogusu_model::edge::End;

use super::selection::is_named;
use crate::analysis::edge::Edge;
use crate::label::{Asked, between, with_port};
use crate::shown::told;

/// The ends that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    source: Side,
    destination: Side,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Side {
    /// What it is called.
    label: String,
    /// What that says of a workload; `None` where no workload can be called so.
    workload: Option<Asked>,
}

impl Ends {
    /// Reads them; `None` where there is no arrow, or nothing on a side of it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (source, destination) = between::split(text)?;
        let side = |text: &str| {
            let (label, workload) = (told(text), Asked::parse(text).ok());
            (!text.is_empty()).then_some(Side { label, workload })
        };
        Some(Self { source: side(source)?, destination: side(destination)? })
    }

    /// The edges between them: those that are called exactly so, else those that can be asked for so, as a workload can without its
    /// namespace. Of one pair there may be several, of different protocols and ports.
    #[must_use]
    pub fn among<'a>(&self, edges: &'a [Edge]) -> Vec<&'a Edge> {
        let called = |edge: &&Edge| self.source.is_source(edge) && self.destination.is_destination(edge);
        let exactly: Vec<&Edge> = edges.iter().filter(called).collect();
        if !exactly.is_empty() {
            return exactly;
        }
        let asked = |edge: &&Edge| {
            let source = self.source.is_source(edge) || self.source.asks_for(&edge.key.source, 0);
            let destination = || self.destination.asks_for(&edge.key.destination, edge.key.port);
            source && (self.destination.is_destination(edge) || destination())
        };
        edges.iter().filter(asked).collect()
    }
}

impl Side {
    fn is_source(&self, edge: &Edge) -> bool {
        self.label == edge.source.label
    }

    /// Behind a workload its port may stand; to other labels it belongs.
    fn is_destination(&self, edge: &Edge) -> bool {
        let label = &edge.destination.label;
        let is_workload = matches!(edge.key.destination, End::Workload(_)) && edge.key.port > 0;
        self.label == *label || is_workload && self.label == with_port(label, edge.key.port)
    }

    fn asks_for(&self, end: &End, port: u16) -> bool {
        let is_asked = |asked: &Asked| asked.port.is_none_or(|wanted| wanted == port) && is_named(end, asked);
        self.workload.as_ref().is_some_and(is_asked)
    }
}
