//! Where traffic meets: workloads that many wait for, and links that are used many times for one request.

use crate::every::{Every, number, ratio};
use crate::mesh::{LinkId, Mesh, WorkloadId};
use crate::shape::{MOST_ENTRIES, Shape};
use crate::share::Shares;

/// From so many calls for one request of its source on a link is chatty.
const CHATTY: f64 = 3.0;

/// Fewer requests of a source say nothing of how many calls it makes for one.
const FEWEST_REQUESTS: u64 = 30;

/// A workload that several wait for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bottleneck {
    /// Which.
    pub workload: WorkloadId,
    /// Workloads that wait for it.
    pub sources: usize,
    /// The same weighted by traffic: as many as would send as evenly, so that one that sends nearly all is one.
    pub effective_sources: f64,
    /// Their requests.
    pub requests: u64,
    /// Of all requests between workloads.
    pub share: f64,
}

/// A link that is used many times for one request of its source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chatty {
    /// Which.
    pub link: LinkId,
    /// Calls for a request of its source.
    pub calls: f64,
    /// Calls for a request of an entry point, where most are made for one, and which that is; `None` where no entry point's can be told.
    pub for_entry: Option<(WorkloadId, f64)>,
}

/// Workloads that at least two wait for; first where many sources times much traffic meet.
#[must_use]
pub fn bottlenecks(shape: &Shape) -> Vec<Bottleneck> {
    let mesh = &shape.mesh;
    // Number of sources, their requests, and the sum of the requests' squares.
    let mut sums: Every<(usize, u64, f64)> = Every::of(mesh.workloads());
    let mut all = 0_u64;
    for link in mesh.links().iter().filter(|link| link.is_synchronous() && link.source != link.destination) {
        let requests = link.requests.exchanges;
        all = all.saturating_add(requests);
        sums.change(link.destination.place(), |(sources, sum, squares)| {
            *sources += 1;
            *sum = sum.saturating_add(requests);
            *squares += number(requests) * number(requests);
        });
    }
    let bottleneck = |workload: WorkloadId| {
        let (sources, requests, squares) = sums.get(workload.place());
        let effective_sources = number(requests) * number(requests) / squares;
        let is_one = sources > 1 && !mesh.node(workload).is_crowd;
        is_one.then(|| Bottleneck {
            workload,
            sources,
            effective_sources,
            requests,
            share: number(requests) / number(all),
        })
    };
    let mut found: Vec<Bottleneck> = mesh.ids().filter_map(bottleneck).collect();
    let weight = |one: &Bottleneck| one.effective_sources * one.share;
    found.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.workload.cmp(&b.workload)));
    found
}

/// Calls of a link for one request of its source; `None` where too few were seen.
pub(crate) fn calls_for_one(mesh: &Mesh, id: LinkId) -> Option<f64> {
    let link = mesh.link(id)?;
    let received = mesh.received(link.source).exchanges;
    if received < FEWEST_REQUESTS { None } else { ratio(link.requests.exchanges, received) }
}

/// Chatty links; first those with the most calls beyond one for each request.
#[must_use]
pub fn chatty(shape: &Shape) -> Vec<Chatty> {
    let mesh = &shape.mesh;
    let ids = (0..u32::try_from(mesh.links().len()).unwrap_or(u32::MAX)).map(LinkId);
    let found = ids.filter_map(|link| Some((link, calls_for_one(mesh, link).filter(|calls| *calls >= CHATTY)?)));
    let mut found: Vec<Chatty> = found.map(|(link, calls)| Chatty { link, calls, for_entry: None }).collect();
    found.retain(|one| mesh.link(one.link).is_some_and(|link| !mesh.node(link.destination).is_crowd));
    if !found.is_empty() {
        tell_entries(shape, &mut found);
    }
    let beyond = |one: &Chatty| {
        let calls = mesh.link(one.link).map_or(0.0, |link| number(link.requests.exchanges));
        calls * (1.0 - 1.0 / one.calls)
    };
    found.sort_by(|a, b| beyond(b).total_cmp(&beyond(a)).then(a.link.cmp(&b.link)));
    found
}

fn tell_entries(shape: &Shape, found: &mut [Chatty]) {
    for entry in shape.entries().iter().take(MOST_ENTRIES) {
        let calls = Shares::of(shape, entry.workload, entry.base.count()).calls;
        for one in found.iter_mut() {
            let Some(link) = shape.mesh.link(one.link) else { continue };
            let Some(own) = calls.get(link.source.place()) else { continue };
            let here = own * one.calls;
            if one.for_entry.is_none_or(|(_, known)| here > known) {
                one.for_entry = Some((entry.workload, here));
            }
        }
    }
}
