//! Questions to an API server, bounded in time and number. Knows paths, not what the answers mean.

use std::path::Path;
use std::time::Duration;

use hyper::Request;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::check::facts::{Known, Unread};
use crate::check::installation::NOT_ASKED;
use crate::kubernetes::connect::{self, Access, Connected};

const ANSWER_TIME: Duration = Duration::from_secs(20);
/// Objects in one answer.
const PAGE: usize = 500;
/// Answers to one question: a hundred thousand objects.
const PAGES: usize = 200;

/// A k8s cluster's API server, or why there is none.
pub(super) struct Cluster {
    client: Result<Connected, String>,
}

/// Why a question was not answered.
enum Refusal {
    /// There is nothing at this path.
    Absent,
    /// Anything else.
    Other(String),
}

impl Cluster {
    /// `in-cluster`, or a kubeconfig.
    pub(super) async fn open(place: Option<&Path>) -> Self {
        let Some(place) = place else {
            return Self { client: Err(format!("{NOT_ASKED}: --kubernetes names it")) };
        };
        let access = match place.to_str() {
            Some("in-cluster") => Access::InCluster,
            _ => Access::File(place.to_owned()),
        };
        Self { client: connect::client(&access).await.map_err(|error| causes(&error)) }
    }

    async fn ask(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Value, Refusal> {
        let Connected { client, through } = self.client.as_ref().map_err(|why| Refusal::Other(why.clone()))?;
        let unanswered = |why: String| {
            let through = through.as_ref().map_or_else(String::new, |through| format!(" ({through})"));
            Refusal::Other(why + &through)
        };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json").body(body);
        let request = request.map_err(|error| Refusal::Other(error.to_string()))?;
        match timeout(ANSWER_TIME, client.request::<Value>(request)).await {
            Err(_late) => Err(unanswered("no answer within 20 s".to_owned())),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => Err(Refusal::Absent),
            Ok(Err(kube::Error::Api(status))) => Err(Refusal::Other(status.message.clone())),
            Ok(Err(error)) => Err(unanswered(causes(&error))),
        }
    }

    /// One object; `None`: there is none.
    pub(super) async fn get(&self, what: &str, path: &str) -> Known<Option<Value>> {
        match self.ask("GET", path, Vec::new()).await {
            Ok(value) => Ok(Some(value)),
            Err(Refusal::Absent) => Ok(None),
            Err(Refusal::Other(why)) => Err(Unread { what: what.to_owned(), why }),
        }
    }

    /// Every object of a kind; none where the kind itself is not defined.
    pub(super) async fn list(&self, what: &str, path: &str) -> Known<Vec<Value>> {
        let mut items = Vec::new();
        let mut next = String::new();
        for _ in 0..PAGES {
            let joined = if path.contains('?') { '&' } else { '?' };
            let target = format!("{path}{joined}limit={PAGE}{next}");
            let Some(mut page) = self.get(what, &target).await? else { return Ok(items) };
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                items.extend(found);
            }
            match page.pointer("/metadata/continue").and_then(Value::as_str) {
                Some(token) if !token.is_empty() => next = format!("&continue={}", encoded(token)),
                _ => return Ok(items),
            }
        }
        Err(Unread { what: what.to_owned(), why: format!("there are more than {}", PAGE * PAGES) })
    }

    /// Whether `user` (`None`: whoever asks) may do so with `resource` of `group` everywhere.
    pub(super) async fn may(&self, user: Option<&str>, verb: &str, group: &str, resource: &str) -> Known<bool> {
        let attributes = json!({"verb": verb, "group": group, "resource": resource});
        let (kind, path, spec) = match user {
            None => ("SelfSubjectAccessReview", "selfsubjectaccessreviews", json!({"resourceAttributes": attributes})),
            Some(user) => {
                let groups = ["system:serviceaccounts", "system:authenticated"];
                let spec = json!({"resourceAttributes": attributes, "user": user, "groups": groups});
                ("SubjectAccessReview", "subjectaccessreviews", spec)
            }
        };
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec});
        let path = format!("/apis/authorization.k8s.io/v1/{path}");
        let unread = |why: &str| Unread { what: format!("rights by {kind}"), why: why.to_owned() };
        match self.ask("POST", &path, review.to_string().into_bytes()).await {
            Ok(answer) => Ok(answer.pointer("/status/allowed").and_then(Value::as_bool).unwrap_or_default()),
            Err(Refusal::Absent) => Err(unread("the API server does not offer it")),
            Err(Refusal::Other(why)) => Err(unread(&why)),
        }
    }
}

/// An error with what caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts.join(": ")
}

/// A token of the API server: letters, digits and what Base64 adds.
fn encoded(token: &str) -> String {
    token.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").replace('&', "%26")
}
