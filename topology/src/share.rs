//! Which part of an entry point's requests comes to a workload. Edges count calls, not which request each was made for: so there is no one
//! number. At most as many requests come to a workload as counts let through; if calls are spread evenly, about as many as on its best way.

use std::collections::BinaryHeap;

use crate::every::{Every, number, ratio};
use crate::mesh::{LinkId, WorkloadId};
use crate::shape::Shape;

/// What is known of each workload that is reached from one.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    pub(crate) most: Every<Option<f64>>,
    pub(crate) even: Every<Option<f64>>,
    /// Calls for one request, if all requests of a workload call alike; `None` behind a circle.
    pub(crate) calls: Every<Option<f64>>,
}

impl Shares {
    /// Of `base` requests of `from`.
    pub(crate) fn of(shape: &Shape, from: WorkloadId, base: u64) -> Self {
        let reached = Shape::reached(&shape.coupled, from);
        let most = most(shape, from, base, &reached);
        Self { most, even: even(shape, from, base), calls: calls(shape, from, base) }
    }
}

/// A request that comes to a component came over a link that leads into it, so no more of them do than those links let through. A link whose
/// use cannot be told from counts lets all of them.
fn most(shape: &Shape, from: WorkloadId, base: u64, reached: &Every<bool>) -> Every<Option<f64>> {
    let components = &shape.of_coupled;
    let astray = astray(shape, base, reached);
    let (mut let_in, mut most) = (Every::<u64>::of(components.count()), Every::of(reached.len()));
    let_in.set(components.number(from), base);
    for (number, members) in components.called_first().rev() {
        let here = let_in.get(number).min(base);
        for member in members.iter().filter(|member| reached.get(member.place())) {
            let more = if shape.mesh.node(*member).is_crowd { 0 } else { astray };
            most.set(member.place(), ratio(here.saturating_add(more).min(base), base));
            for link in shape.couples(*member) {
                let next = components.number(link.destination);
                let through = if link.is_open() { here } else { here.min(link.requests.exchanges) };
                if next != number {
                    let_in.change(next, |sum| *sum = sum.saturating_add(through));
                }
            }
        }
    }
    most
}

/// Requests that may have gone to anybody: those that were seen to go to ends that cannot be told apart.
fn astray(shape: &Shape, base: u64, reached: &Every<bool>) -> u64 {
    let links = shape.mesh.links().iter().filter(|link| reached.get(link.source.place()));
    let links = links.filter(|link| shape.mesh.node(link.destination).is_crowd);
    let through = links.map(|link| if link.is_open() { base } else { link.requests.exchanges });
    through.fold(0, u64::saturating_add).min(base)
}

/// How many calls of a link one request of its source makes, in the mean; `from` has `base` requests.
fn per_request(shape: &Shape, (from, base): (WorkloadId, u64), source: WorkloadId, calls: u64) -> Option<f64> {
    ratio(calls, if source == from { base } else { shape.mesh.received(source).exchanges })
}

/// The best way's share, each request of a workload calling as often as the others.
fn even(shape: &Shape, from: WorkloadId, base: u64) -> Every<Option<f64>> {
    let mut even: Every<Option<f64>> = Every::of(shape.mesh.workloads());
    // Shares are from 0 to 1: as bits they are in the same order.
    let mut next = BinaryHeap::from([(1.0_f64.to_bits(), from)]);
    while let Some((bits, id)) = next.pop() {
        if even.get(id.place()).is_some() || base == 0 {
            continue;
        }
        let share = f64::from_bits(bits);
        even.set(id.place(), Some(share));
        for link in shape.waits(id).filter(|link| even.get(link.destination.place()).is_none()) {
            let each = per_request(shape, (from, base), id, link.requests.exchanges).unwrap_or_default();
            next.push(((share * each.min(1.0)).to_bits(), link.destination));
        }
    }
    even
}

fn calls(shape: &Shape, from: WorkloadId, base: u64) -> Every<Option<f64>> {
    let components = &shape.of_waiting;
    let mut sums: Every<Option<f64>> = Every::of(shape.mesh.workloads());
    let mut is_lost: Every<bool> = Every::of(shape.mesh.workloads());
    sums.set(from.place(), Some(1.0));
    for (number, members) in components.called_first().rev() {
        let is_entered = members.iter().any(|member| sums.get(member.place()).is_some());
        for member in members.iter().filter(|_| is_entered) {
            // How often those in a circle call each other for one request cannot be told, nor how often a workload calls itself.
            let is_known = !components.is_cycle(number) && !is_lost.get(member.place());
            let own = sums.get(member.place()).filter(|_| is_known);
            for link in shape.waits(*member) {
                let each = per_request(shape, (from, base), *member, link.requests.exchanges);
                let more = own.and_then(|own| Some(own * each?));
                let place = link.destination.place();
                if components.number(link.destination) == number {
                    continue;
                }
                sums.change(place, |sum| *sum = Some(sum.unwrap_or_default() + more.unwrap_or_default()));
                is_lost.change(place, |lost| *lost |= more.is_none());
            }
            sums.set(member.place(), own);
        }
    }
    sums
}

/// Which part of the requests of all these entry points may come over each link: of so many in all.
pub(crate) fn over_links(shape: &Shape, entries: &[(WorkloadId, u64)]) -> Every<f64> {
    let all: u64 = entries.iter().fold(0, |sum, (_, base)| sum.saturating_add(*base));
    let mut over: Every<f64> = Every::of(shape.mesh.links().len());
    for (from, base) in entries {
        let reached = Shape::reached(&shape.coupled, *from);
        let most = most(shape, *from, *base, &reached);
        for edge in shape.waiting.raw_edges() {
            let LinkId(place) = edge.weight;
            let Some(link) = shape.mesh.link(edge.weight) else { continue };
            let Some(here) = most.get(link.source.place()) else { continue };
            let requests = (here * number(*base)).min(number(link.requests.exchanges));
            over.change(place as usize, |sum| *sum += requests / number(all.max(1)));
        }
    }
    over
}
