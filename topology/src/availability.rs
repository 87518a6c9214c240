//! How available an entry point can be with what it waits for.

use crate::every::ratio;
use crate::mesh::WorkloadId;
use crate::reach::Dependency;
use crate::shape::Shape;

/// How a workload answered requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// Requests that failed.
    pub failed: u64,
    /// What they are a share of.
    pub judged: u64,
    /// Failures that its own calls cannot explain: there were more of them than calls that failed.
    pub own: u64,
}

/// What dependencies leave of availability, each weighed by the share of requests that come to it if calls are even.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Availability {
    /// That of the worst dependency: when all failures meet the same requests. `None` where none could be judged.
    pub minimum: Option<f64>,
    /// When they meet independently, each failure counted where it began; never above the minimum.
    pub product: Option<f64>,
    /// The worst dependency.
    pub worst: Option<WorkloadId>,
    /// Dependencies of which nothing can be said: every exchange was failed on purpose, or it stands for many that cannot be told apart.
    pub not_judged: usize,
    /// Dependencies to which connections or streams failed. Nobody knows who waited for those: they are in none of these numbers.
    pub failing_connections: usize,
}

impl Shape {
    /// How a workload answered requests, by all who asked it.
    #[must_use]
    pub fn served(&self, id: WorkloadId) -> Served {
        let received = self.mesh.received(id);
        let passed_on = self.waits(id).fold(0_u64, |sum, link| sum.saturating_add(link.requests.failed));
        Served { failed: received.failed, judged: received.judged, own: received.failed.saturating_sub(passed_on) }
    }
}

pub(crate) fn availability(shape: &Shape, dependencies: &[Dependency]) -> Availability {
    let mut found = Availability::default();
    let fails = |dependency: &&Dependency| shape.mesh.connected(dependency.workload).failed > 0;
    found.failing_connections = dependencies.iter().filter(fails).count();
    for dependency in dependencies.iter().filter(|dependency| dependency.is_synchronous) {
        if shape.mesh.node(dependency.workload).is_crowd {
            found.not_judged += 1;
            continue;
        }
        let served = shape.served(dependency.workload);
        let (Some(failed), Some(own)) = (ratio(served.failed, served.judged), ratio(served.own, served.judged)) else {
            found.not_judged += 1;
            continue;
        };
        let share = dependency.even.unwrap_or(1.0);
        let left = 1.0 - share * failed;
        if found.minimum.is_none_or(|minimum| left < minimum) {
            (found.minimum, found.worst) = (Some(left), Some(dependency.workload));
        }
        found.product = Some(found.product.unwrap_or(1.0) * (1.0 - share * own));
    }
    found.product = found.product.zip(found.minimum).map(|(product, minimum)| product.min(minimum));
    found
}
