//! Policies and what is known of workloads, read from manifests. Whatever the API server or Istio's own validation refuses is an error
//! here too, with its file, line and remedy: what cannot be in force is not evaluated.
//!
//! Bounded: [`LONGEST_FILE`], [`MOST_OBJECTS`], and the parser's own bounds on values, depth and aliases.

mod authorization;
mod condition;
mod destination;
mod fields;
mod metadata;
mod target;
mod transport;
mod workloads;

use std::collections::BTreeSet;

use hogusu_yaml::{Document, Node};

use self::fields::Fields;
use crate::object::{Object, Place};
use crate::policies::{Kind, Policies};

/// Bytes of a file, at most.
pub const LONGEST_FILE: usize = 8 * 1024 * 1024;

/// Objects of all files together, at most.
pub const MOST_OBJECTS: usize = 50_000;

/// Problems that are told, at most.
const MOST_PROBLEMS: usize = 1_000;

/// A text and the name it is known by.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its file's name.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// What the objects of files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// They are in force.
    Current,
    /// They are to be applied.
    Change,
}

/// Something that is wrong, or that perhaps is not what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// It cannot be in force: nothing may be concluded from it.
    pub is_error: bool,
    /// Where.
    pub place: Place,
    /// Of what, as `spec.rules[0].from`; empty: of the whole.
    pub path: String,
    /// What is wrong.
    pub said: String,
    /// What to do.
    pub remedy: String,
}

/// What files hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// Policies and workloads.
    pub policies: Policies,
    /// What is wrong, in the order of the files.
    pub problems: Vec<Problem>,
    /// Objects that decide nothing here.
    pub ignored: usize,
}

impl Read {
    /// True where something cannot be in force.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.is_error)
    }
}

/// Reads files together.
#[must_use]
pub fn read(sources: &[Source], role: Role) -> Read {
    let mut read = Read::default();
    let (mut objects, mut names) = (0_usize, BTreeSet::new());
    for source in sources {
        let place = Place { file: source.name.clone(), line: 1 };
        if source.text.len() > LONGEST_FILE {
            let said = format!("it is longer than {LONGEST_FILE} bytes");
            read.problems.push(problem(place, &said, "split it into several files"));
            continue;
        }
        let documents = match hogusu_yaml::read(&source.text) {
            Ok(documents) => documents,
            Err(wrong) => {
                let place = Place { line: wrong.line, ..place };
                let is_template = source.text.contains("{{");
                let remedy = if is_template { "render it first, as helm template does" } else { wrong.remedy };
                read.problems.push(problem(place, &wrong.message, remedy));
                continue;
            }
        };
        objects = objects.saturating_add(documents.len());
        if objects > MOST_OBJECTS {
            let said = format!("with it there are more than {MOST_OBJECTS} objects");
            read.problems.push(problem(place, &said, "leave out what is no policy, workload or service"));
            continue;
        }
        for document in &documents {
            take(document, source, role, &mut names, &mut read);
        }
    }
    bound(&mut read.problems);
    read
}

/// Few enough to tell; no warning takes an error's place.
fn bound(problems: &mut Vec<Problem>) {
    let (mut errors, mut warnings) = (0, 0);
    problems.retain(|problem| {
        let count = if problem.is_error { &mut errors } else { &mut warnings };
        *count += 1;
        *count <= MOST_PROBLEMS
    });
}

fn problem(place: Place, said: &str, remedy: &str) -> Problem {
    Problem { is_error: true, place, path: String::new(), said: said.to_owned(), remedy: remedy.to_owned() }
}

/// Names of objects that were read.
type Names = BTreeSet<(Kind, String, String)>;

fn take(document: &Document, source: &Source, role: Role, names: &mut Names, read: &mut Read) {
    let root = &document.root.without_nulls();
    let mut fields = Fields::new(&source.name);
    let (api, kind) = (root.text(&["apiVersion"]), root.text(&["kind"]));
    let group = api.split_once('/').map_or("", |(group, _)| group);
    // Other groups have kinds of the same name, which are none of Istio's.
    let is_of_istio = group.is_empty() || group == "istio.io" || group.ends_with(".istio.io");
    match Kind::ALL.into_iter().find(|known| is_of_istio && known.as_str() == kind) {
        Some(kind) if !kind.versions().contains(&api) => {
            let said = format!("{} is not of {api:?}", kind.as_str());
            let remedy = format!("write one of {}", kind.versions().join(", "));
            fields.error(root.line_of(&["apiVersion"]), "apiVersion", &said, &remedy);
        }
        Some(kind) => {
            fields.known(root, "", &["apiVersion", "kind", "metadata", "spec", "status"]);
            if let Some(object) = metadata::object(&mut fields, root, role) {
                if names.insert((kind, object.namespace.clone(), object.name.clone())) {
                    add(&mut fields, kind, object, root, &mut read.policies);
                } else {
                    let said = format!("{} {} stands twice in these files", kind.as_str(), object.label());
                    fields.error(root.line, "metadata.name", &said, "leave one of them out");
                }
            }
        }
        None if workloads::take(&mut fields, group, kind, root, &mut read.policies) => {}
        None if kind.is_empty() => {
            fields.error(root.line, "kind", "it is missing: this is no Kubernetes object", "give manifests alone");
        }
        None if group == "security.istio.io" => {
            let said = format!("{group} has no {kind}");
            let remedy = "write AuthorizationPolicy, PeerAuthentication or RequestAuthentication";
            fields.error(root.line_of(&["kind"]), "kind", &said, remedy);
        }
        None => {
            // Who asks what a change does is told what of it was not looked at, once for each kind of a file.
            let said = format!("{kind} is not rehearsed");
            let is_known = |one: &Problem| one.place.file == source.name && one.said == said;
            if role == Role::Change && !read.problems.iter().any(is_known) {
                fields.warn(root.line_of(&["kind"]), "kind", &said, "look at what it does in another way");
            }
            read.ignored += 1;
        }
    }
    read.problems.extend(fields.problems);
}

fn add(fields: &mut Fields<'_>, kind: Kind, object: Object, root: &Node, policies: &mut Policies) {
    // An object without a spec is one with an empty one.
    let nothing = Node::empty(root.line);
    let spec = root.get("spec").unwrap_or(&nothing);
    match kind {
        Kind::AuthorizationPolicy => {
            let is_dry_run = metadata::is_dry_run(fields, root);
            policies.authorizations.push(authorization::read(fields, object, spec, is_dry_run));
        }
        Kind::PeerAuthentication => policies.peers.push(transport::peer(fields, object, spec)),
        Kind::DestinationRule => policies.destinations.push(destination::read(fields, object, spec)),
        Kind::RequestAuthentication => policies.requests.push(transport::request(fields, object, spec)),
    }
}
