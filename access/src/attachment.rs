//! Which policies are about a workload.

use crate::authorization::{Reference, ReferenceKind, Target};
use crate::call::Call;
use crate::mesh::Mesh;
use crate::object::Object;
use crate::truth::Truth;
use crate::workload::{LABELS, Proxy, Service, Workload};

/// The class of waypoints.
const WAYPOINT_CLASS: &str = "istio-waypoint";

/// Whether a policy is about what a workload's proxy takes.
pub(crate) fn attaches(object: &Object, target: &Target, workload: &Workload, call: &Call, mesh: &Mesh) -> Truth {
    let (namespace, root) = (&object.namespace, &mesh.root_namespace);
    // Where nobody gives labels, what is taken for a sidecar may be a waypoint or a gateway.
    let is_taken_for_one = workload.proxy == Proxy::Sidecar && workload.labels.is_none();
    let service = match &workload.proxy {
        Proxy::Waypoint { service } => service.as_ref().or(call.service.as_ref()),
        _ if is_taken_for_one && matches!(target, Target::References(_)) => call.service.as_ref(),
        _ => None,
    };
    let is_waypoint = matches!(workload.proxy, Proxy::Waypoint { .. });
    let in_reach = if namespace == root || *namespace == workload.namespace {
        Truth::Yes
    } else {
        match service {
            Some(service) => Truth::from(service.namespace == *namespace),
            None if is_waypoint => Truth::unknown("service behind the waypoint"),
            None => Truth::No,
        }
    };
    in_reach.and(match (target, &workload.proxy) {
        (Target::Labels(_), Proxy::Waypoint { .. }) => Truth::No,
        (Target::Labels(labels), _) => workload.selected_by(labels),
        (Target::References(all), Proxy::Waypoint { .. }) => {
            Truth::any(all.iter().map(|one| to_waypoint(one, object, workload, service, mesh)))
        }
        (Target::References(all), Proxy::Gateway) => {
            Truth::any(all.iter().map(|one| to_gateway(one, object, workload)))
        }
        (Target::References(all), Proxy::Sidecar) if is_taken_for_one => {
            let named = all.iter().map(|one| to_waypoint(one, object, workload, service, mesh));
            Truth::any(named).and(Truth::unknown(LABELS))
        }
        (Target::References(_), Proxy::Sidecar | Proxy::Ztunnel) => Truth::No,
    })
}

fn to_gateway(reference: &Reference, object: &Object, workload: &Workload) -> Truth {
    if reference.kind != ReferenceKind::Gateway || object.namespace != workload.namespace {
        return Truth::No;
    }
    match workload.gateway_name() {
        Some(name) => Truth::from(name == Some(reference.name.as_str())),
        None => Truth::unknown(LABELS),
    }
}

fn to_waypoint(
    reference: &Reference,
    object: &Object,
    workload: &Workload,
    service: Option<&Service>,
    mesh: &Mesh,
) -> Truth {
    let namespace = &object.namespace;
    let is_service = |is_entry: bool| match service {
        None => Truth::unknown("service behind the waypoint"),
        Some(service) => Truth::from(
            service.is_entry == is_entry && service.namespace == *namespace && service.name == reference.name,
        ),
    };
    match reference.kind {
        ReferenceKind::Service => is_service(false),
        ReferenceKind::ServiceEntry => is_service(true),
        ReferenceKind::GatewayClass => {
            Truth::from(*namespace == mesh.root_namespace && reference.name == WAYPOINT_CLASS)
        }
        ReferenceKind::Gateway => to_gateway(reference, object, workload),
        ReferenceKind::Other => Truth::No,
    }
}
