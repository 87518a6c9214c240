//! Attempts beside requests: what retries make of load.

use crate::components::{Components, Graph};
use crate::every::{Every, ratio};
use crate::mesh::{Link, LinkId, Mesh};
use crate::shape::Shape;

/// A link whose requests are tried several times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retried {
    /// Which.
    pub link: LinkId,
    /// Attempts.
    pub attempts: u64,
    /// Requests that they were made for.
    pub requests: u64,
    /// Not everybody who made these requests measures attempts: there were more.
    pub is_partly_measured: bool,
}

/// How many attempts at the end of the worst chain stand for one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amplified {
    /// The product of attempts by requests along it; what is not measured counts as one.
    pub product: f64,
    /// Attempts were not measured everywhere, or there is a circle: the product is at least this.
    pub is_least: bool,
}

/// The same, and whether anything was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Product {
    product: f64,
    is_measured: bool,
    is_least: bool,
}

impl Product {
    pub(crate) fn told(self) -> Option<Amplified> {
        self.is_measured.then_some(Amplified { product: self.product, is_least: self.is_least })
    }
}

/// Links with more attempts than requests, those with the most attempts beyond them first.
#[must_use]
pub fn retried(shape: &Shape) -> Vec<Retried> {
    let measured = (0..).map(LinkId).zip(shape.mesh.links());
    let mut found: Vec<Retried> = measured
        .filter_map(|(id, link)| {
            let (attempts, requests) = (link.requests.attempts, link.requests.attempted);
            let is_retried = requests > 0 && attempts > requests && !shape.mesh.node(link.destination).is_crowd;
            is_retried.then_some(Retried { link: id, attempts, requests, is_partly_measured: is_partly(link) })
        })
        .collect();
    found.sort_by_key(|one| (std::cmp::Reverse(one.attempts.saturating_sub(one.requests)), one.link));
    found
}

/// True where not all of its requests are among those whose attempts were measured.
const fn is_partly(link: &Link) -> bool {
    link.requests.is_partly_measured || link.requests.attempted < link.requests.exchanges
}

/// Of each component, from those that are called to those that call. What is not measured counts as one attempt; so do retries in a circle.
pub(crate) fn amplified(mesh: &Mesh, waiting: &Graph, components: &Components) -> Every<Product> {
    let mut all: Every<Product> = Every::of(components.count());
    for (number, members) in components.called_first() {
        let mut here = Product { product: 1.0, is_measured: false, is_least: components.is_cycle(number) };
        let edges = members.iter().flat_map(|member| waiting.edges(member.0.into()));
        for link in edges.filter_map(|edge| mesh.link(*edge.weight())) {
            let next = components.number(link.destination);
            if next == number {
                continue;
            }
            let (own, below) = (ratio(link.requests.attempts, link.requests.attempted), all.get(next));
            here.product = here.product.max(own.unwrap_or(1.0).max(1.0) * below.product);
            here.is_measured |= own.is_some() || below.is_measured;
            here.is_least |= is_partly(link) || below.is_least;
        }
        all.set(number, here);
    }
    all
}
