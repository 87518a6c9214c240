//! What a connection that was seen would be after a change: a client of whose configuration nothing changes sends what it sent.

use crate::delta::TODAY;
use crate::destination::DestinationRule;
use crate::peer::{Mode, PeerAuthentication, of_namespace, standing};
use crate::policies::Policies;
use crate::possible::Possible;
use crate::rehearsal::Because;
use crate::seen::Seen;
use crate::wire::{Client, Sent, Wire, received, sent};
use crate::workload::Proxy;

/// What a connection would be: a client of whose choice nothing changes sends what it sent.
pub(crate) fn foreseen(seen: &Seen, wire: Wire, today: Option<&Policies>, after: &Policies) -> Possible<Wire> {
    let will_send = match wire {
        Wire::MutualTls => Possible::only(Sent::MeshTls),
        // What the application encrypts itself is plain to whoever chooses for it.
        Wire::OtherTls => Possible::only(Sent::OtherTls),
        Wire::Plaintext | Wire::Refused => Possible::only(Sent::Plain),
    };
    // What goes through a tunnel is mutual TLS, and a gateway takes its TLS from its own object.
    let is_sidecar = seen.server.workload.proxy == Proxy::Sidecar;
    let is_touched = is_sidecar && today.is_none_or(|today| today.rules_differ(after));
    if !is_touched {
        return at_gateway(seen, wire, today, after);
    }
    // Whoever speaks mutual TLS has a proxy.
    let has_proxy = if wire == Wire::MutualTls { Some(true) } else { seen.client.has_proxy };
    let client = Client { has_proxy, ..seen.client.clone() };
    let will_send = match today {
        Some(today) if chooses_as_before(seen, today, after) => {
            if accepts_as_before(seen, today, after) {
                return Possible::only(wire);
            }
            will_send
        }
        Some(_) => {
            let chosen = sent(&client, &seen.server, after.rules());
            // It does today what nothing of its configuration says: perhaps its connections pass its proxy by.
            let is_as_said =
                today.is_some_and(|today| sent(&client, &seen.server, today.rules()).known() == will_send.known());
            if is_as_said && has_proxy == Some(true) {
                chosen
            } else {
                either(will_send, chosen, "why the source sends what it does")
            }
        }
        None if after.peers.is_empty() && after.destinations.is_empty() => return Possible::only(wire),
        // Without a DISABLE nothing makes who authenticates stop it.
        None if wire == Wire::MutualTls && !disables(after) => will_send,
        None => either(will_send, sent(&client, &seen.server, after.rules()), TODAY),
    };
    let arrives = will_send.and_then(|sent| received(sent, &seen.server, after.rules()));
    // What is in force beside the change may count for more.
    if today.is_none() { either(arrives, Possible::only(wire), TODAY) } else { arrives }
}

/// What a gateway takes its own object says, which is not read; but what is sent to it is chosen as to any other.
fn at_gateway(seen: &Seen, wire: Wire, today: Option<&Policies>, after: &Policies) -> Possible<Wire> {
    let is_asked_otherwise = seen.server.workload.proxy == Proxy::Gateway
        && match today {
            Some(today) => today.rules_differ(after) && !chooses_as_before(seen, today, after),
            None => !after.peers.is_empty() || !after.destinations.is_empty(),
        };
    if !is_asked_otherwise {
        return Possible::only(wire);
    }
    let chosen = sent(&seen.client, &seen.server, after.rules());
    let is_as_it_was = |sent: Sent| match sent {
        Sent::MeshTls => wire == Wire::MutualTls,
        Sent::Plain => wire == Wire::Plaintext,
        Sent::OtherTls | Sent::OtherMutualTls => wire == Wire::OtherTls,
    };
    if chosen.all.iter().all(|sent| is_as_it_was(*sent)) {
        return Possible::only(wire);
    }
    let arrives = chosen.all.iter().map(|sent| match sent {
        Sent::MeshTls => Wire::MutualTls,
        Sent::Plain => Wire::Plaintext,
        Sent::OtherTls | Sent::OtherMutualTls => Wire::OtherTls,
    });
    Possible::of(arrives.chain([wire, Wire::Refused]).collect::<Vec<_>>(), "what TLS the gateway's own object asks for")
}

fn either<T: Ord + Clone>(one: Possible<T>, other: Possible<T>, missing: &str) -> Possible<T> {
    let both = one.all.iter().chain(&other.all).cloned();
    let mut joined = Possible::of(both.collect::<Vec<_>>(), missing);
    if joined.all.len() > 1 {
        joined.missing.extend(one.missing.into_iter().chain(other.missing));
    }
    joined
}

/// True where a change could make a client send less than mutual TLS.
fn disables(change: &Policies) -> bool {
    // What is unset is what stands above, which is not known.
    let is_open = |mode: &Mode| matches!(mode, Mode::Disable | Mode::Unset);
    let says = |one: &PeerAuthentication| is_open(&one.mode) || one.ports.values().any(is_open);
    !change.destinations.is_empty() || !change.mesh.is_auto_mtls || change.peers.iter().any(says)
}

/// True where nothing that a client's configuration looks at changes: rules of destinations, and whether modes are DISABLE.
fn chooses_as_before(seen: &Seen, today: &Policies, after: &Policies) -> bool {
    let workload = &seen.server.workload;
    let namespace = seen.server.service.as_ref().map_or(&workload.namespace, |service| &service.namespace);
    let is_disabled = |policies: &Policies| {
        let of_namespace = of_namespace(&policies.peers, namespace, &policies.mesh);
        let of_port = standing(&policies.peers, workload, seen.server.port, &policies.mesh).mode;
        [of_namespace, of_port].map(|mode| mode.and_then(|mode| Possible::only(mode == Mode::Disable)).known().copied())
    };
    let (before, then) = (is_disabled(today), is_disabled(after));
    let is_same_mode = before == then && before.iter().all(Option::is_some);
    same_destinations(seen, today, after)
        && today.mesh.is_auto_mtls == after.mesh.is_auto_mtls
        && (is_same_mode || same_peers(&[namespace, &workload.namespace], today, after))
}

/// True where the DestinationRules that may be for what is asked stay, or where none says anything of TLS, before or after.
fn same_destinations(seen: &Seen, today: &Policies, after: &Policies) -> bool {
    let own = &seen.server.workload.namespace;
    let is_for = |rule: &DestinationRule| match &seen.server.service {
        Some(service) => rule.is_for(&service.host),
        None => rule.may_be_for(own, &after.inventory),
    };
    let about =
        |policies: &Policies| policies.destinations.iter().filter(|rule| is_for(rule)).cloned().collect::<Vec<_>>();
    let (before, then) = (about(today), about(after));
    let is_silent = !before.iter().chain(&then).any(DestinationRule::says_tls);
    let is_seen_alike =
        today.mesh.export_to == after.mesh.export_to && today.mesh.root_namespace == after.mesh.root_namespace;
    is_silent || (before == then && is_seen_alike)
}

/// True where the server accepts what it did: whatever that is, it took what was seen.
fn accepts_as_before(seen: &Seen, today: &Policies, after: &Policies) -> bool {
    let workload = &seen.server.workload;
    let mode = |policies: &Policies| standing(&policies.peers, workload, seen.server.port, &policies.mesh).mode;
    let (before, then) = (mode(today), mode(after));
    (before.known().is_some() && before == then) || same_peers(&[&workload.namespace], today, after)
}

/// True where the same policies are about these namespaces and the mesh.
fn same_peers(namespaces: &[&String], today: &Policies, after: &Policies) -> bool {
    let about = |policies: &Policies| {
        let is_near =
            |namespace: &String| namespaces.contains(&namespace) || *namespace == policies.mesh.root_namespace;
        policies.peers.iter().filter(|one| is_near(&one.object.namespace)).cloned().collect::<Vec<_>>()
    };
    today.mesh.root_namespace == after.mesh.root_namespace && about(today) == about(after)
}

pub(crate) fn because_of_wire(seen: &Seen, will_be: &Possible<Wire>, after: &Policies) -> Because {
    let standing = standing(&after.peers, &seen.server.workload, seen.server.port, &after.mesh);
    Because::Wire {
        after: will_be.all.iter().copied().collect(),
        accepts: standing.mode.all.iter().copied().collect(),
        policy: standing.winner.map(|winner| winner.object.label()).unwrap_or_default(),
    }
}
