//! All policies that are in force at one time, what is known of the workloads they are about, and what a change makes of them.

use std::collections::BTreeMap;

use crate::attachment::attaches;
use crate::authorization::{Authorization, Target};
use crate::call::{Call, Token};
use crate::decide::decide;
use crate::destination::DestinationRule;
use crate::inventory::Inventory;
use crate::mesh::Mesh;
use crate::object::{Age, Object, Place};
use crate::peer::{Mode, PeerAuthentication};
use crate::truth::Truth;
use crate::verdict::Verdict;
use crate::wire::Rules;
use crate::workload::Workload;

/// Policies by their kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// What holds for the mesh.
    pub mesh: Mesh,
    /// That is read, and not Istio's defaults.
    pub is_mesh_given: bool,
    /// Who may ask whom.
    pub authorizations: Vec<Authorization>,
    /// What servers accept.
    pub peers: Vec<PeerAuthentication>,
    /// How clients connect.
    pub destinations: Vec<DestinationRule>,
    /// Who proves tokens.
    pub requests: Vec<RequestAuthentication>,
    /// What is known of workloads.
    pub inventory: Inventory,
}

/// Makes a workload's proxy prove tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAuthentication {
    /// Its name, place and age.
    pub object: Object,
    /// Whom it is about.
    pub target: Target,
    /// `jwtRules`, as JSON: what is in them is not looked at, only whether it is the same.
    pub rules: String,
}

impl RequestAuthentication {
    /// Whether two do the same, wherever they stand and however old they are.
    pub(crate) fn means_the_same(&self, other: &Self) -> bool {
        let whose = |one: &Self| (one.object.namespace.clone(), one.object.name.clone());
        whose(self) == whose(other) && (&self.target, &self.rules) == (&other.target, &other.rules)
    }
}

/// A kind of policy, as Istio calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Who may ask whom.
    AuthorizationPolicy,
    /// What servers accept.
    PeerAuthentication,
    /// How clients connect.
    DestinationRule,
    /// Who proves tokens.
    RequestAuthentication,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::AuthorizationPolicy, Self::PeerAuthentication, Self::DestinationRule, Self::RequestAuthentication];

    /// Every `apiVersion` under which it is served.
    pub(crate) const fn versions(self) -> &'static [&'static str] {
        match self {
            Self::DestinationRule => {
                &["networking.istio.io/v1", "networking.istio.io/v1beta1", "networking.istio.io/v1alpha3"]
            }
            Self::AuthorizationPolicy | Self::PeerAuthentication | Self::RequestAuthentication => {
                &["security.istio.io/v1", "security.istio.io/v1beta1"]
            }
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationPolicy => "AuthorizationPolicy",
            Self::PeerAuthentication => "PeerAuthentication",
            Self::DestinationRule => "DestinationRule",
            Self::RequestAuthentication => "RequestAuthentication",
        }
    }
}

impl Policies {
    /// Decides about an exchange. Where nothing proves tokens, none is proven.
    #[must_use]
    pub fn decide(&self, workload: &Workload, call: &Call) -> Verdict {
        decide(&self.authorizations, workload, &self.with_token(workload, call), &self.mesh)
    }

    /// What decides about the wire.
    #[must_use]
    pub fn rules(&self) -> Rules<'_> {
        Rules { peers: &self.peers, destinations: &self.destinations, mesh: &self.mesh }
    }

    /// True where something about the wire is not the same.
    #[must_use]
    pub fn rules_differ(&self, other: &Self) -> bool {
        fn of_mesh(policies: &Policies) -> (bool, &[String], &str) {
            (policies.mesh.is_auto_mtls, &policies.mesh.export_to, &policies.mesh.root_namespace)
        }
        self.peers != other.peers || self.destinations != other.destinations || of_mesh(self) != of_mesh(other)
    }

    /// These under another trust domain, where nobody gives their own.
    pub(crate) fn in_domain(&self, trust_domain: &str) -> Self {
        let mut other = self.clone();
        if !self.is_mesh_given {
            trust_domain.clone_into(&mut other.mesh.trust_domain);
        }
        other
    }

    /// Whether the same RequestAuthentications are perhaps about what a workload's proxy takes.
    pub(crate) fn proves_the_same(&self, other: &Self, workload: &Workload, call: &Call) -> bool {
        let about = |policies: &Self| {
            let is_about = |one: &&RequestAuthentication| {
                attaches(&one.object, &one.target, workload, call, &policies.mesh) != Truth::No
            };
            policies.requests.iter().filter(is_about).cloned().collect::<Vec<_>>()
        };
        let (own, others) = (about(self), about(other));
        let is_in = |one: &RequestAuthentication, all: &[RequestAuthentication]| {
            all.iter().any(|other| other.means_the_same(one))
        };
        own.len() == others.len() && own.iter().all(|one| is_in(one, &others))
    }

    pub(crate) fn with_token(&self, workload: &Workload, call: &Call) -> Call {
        let proves = |one: &RequestAuthentication| attaches(&one.object, &one.target, workload, call, &self.mesh);
        let mut call = call.clone();
        if Truth::any(self.requests.iter().map(proves)) == Truth::No {
            call.token = Some(Token::Missing);
        }
        call
    }

    /// These with what a change brings: an object of the same kind, namespace and name is replaced, and stays as old as it is.
    #[must_use]
    pub fn with(&self, change: &Self) -> Self {
        let mut whole = self.clone();
        upsert(&mut whole.authorizations, &change.authorizations, |one| &mut one.object);
        upsert(&mut whole.peers, &change.peers, |one| &mut one.object);
        upsert(&mut whole.destinations, &change.destinations, |one| &mut one.object);
        upsert(&mut whole.requests, &change.requests, |one| &mut one.object);
        whole.inventory.extend(&change.inventory);
        if change.is_mesh_given {
            (whole.mesh, whole.is_mesh_given) = (change.mesh.clone(), true);
        }
        whole
    }

    /// What every policy has: its name, its place, its age.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        let authorizations = self.authorizations.iter().map(|one| &one.object);
        let peers = self.peers.iter().map(|one| &one.object);
        let destinations = self.destinations.iter().map(|one| &one.object);
        authorizations.chain(peers).chain(destinations).chain(self.requests.iter().map(|one| &one.object))
    }

    /// Whether an object is among them.
    #[must_use]
    pub fn has(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        let is_it = |object: &Object| object.namespace == namespace && object.name == name;
        match kind {
            Kind::AuthorizationPolicy => self.authorizations.iter().any(|one| is_it(&one.object)),
            Kind::PeerAuthentication => self.peers.iter().any(|one| is_it(&one.object)),
            Kind::DestinationRule => self.destinations.iter().any(|one| is_it(&one.object)),
            Kind::RequestAuthentication => self.requests.iter().any(|one| is_it(&one.object)),
        }
    }

    /// These without an object; false where there is none.
    pub fn remove(&mut self, kind: Kind, namespace: &str, name: &str) -> bool {
        let is_it = |object: &Object| object.namespace == namespace && object.name == name;
        match kind {
            Kind::AuthorizationPolicy => remove(&mut self.authorizations, |one| is_it(&one.object)),
            Kind::PeerAuthentication => remove(&mut self.peers, |one| is_it(&one.object)),
            Kind::DestinationRule => remove(&mut self.destinations, |one| is_it(&one.object)),
            Kind::RequestAuthentication => remove(&mut self.requests, |one| is_it(&one.object)),
        }
    }

    /// These with STRICT for a namespace, as a whole: where policies say another mode for all of it, they say this one; those for
    /// selected pods stay. `place` says where that was asked for.
    pub fn make_strict(&mut self, namespace: &str, place: &Place) {
        let mut is_there = false;
        for one in &mut self.peers {
            if one.object.namespace == namespace && one.selector.is_empty() {
                one.mode = Mode::Strict;
                is_there = true;
            }
        }
        if !is_there {
            let object = Object {
                namespace: namespace.to_owned(),
                name: "strict".to_owned(),
                place: place.clone(),
                age: Age::New,
            };
            self.peers.push(PeerAuthentication {
                object,
                selector: BTreeMap::new(),
                mode: Mode::Strict,
                ports: BTreeMap::new(),
            });
        }
    }
}

fn remove<T>(all: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> bool {
    let before = all.len();
    all.retain(|one| !is_it(one));
    all.len() < before
}

fn upsert<T: Clone>(all: &mut Vec<T>, change: &[T], object: impl Fn(&mut T) -> &mut Object) {
    for new in change {
        let mut new = new.clone();
        let (namespace, name) = (object(&mut new).namespace.clone(), object(&mut new).name.clone());
        let is_same = |one: &mut T| {
            let old = object(one);
            old.namespace == namespace && old.name == name
        };
        match all.iter_mut().position(is_same).and_then(|at| all.get_mut(at)) {
            Some(old) => {
                object(&mut new).age = object(old).age;
                *old = new;
            }
            None => all.push(new),
        }
    }
}
