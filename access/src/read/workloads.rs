//! What is no policy and yet decides: labels of pods, services with their ports, and the mesh's configuration.

use std::collections::BTreeMap;

use hogusu_yaml::{Content, Node};

use super::destination::number;
use super::fields::Fields;
use crate::inventory::{ServiceFacts, ServicePort};
use crate::marks::Marks;
use crate::mesh::Mesh;
use crate::policies::Policies;
use crate::workload::Labels;

/// Takes what is known of workloads from an object; false where it is of no such kind.
pub(super) fn take(fields: &mut Fields<'_>, group: &str, kind: &str, root: &Node, policies: &mut Policies) -> bool {
    let (namespace, name) = (root.text(&["metadata", "namespace"]), root.text(&["metadata", "name"]));
    let key = (namespace.to_owned(), name.to_owned());
    let template: &[&str] = match (group, kind) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        ("", "Pod") => &[],
        ("", "Service") => {
            placed(fields, root, kind);
            policies.inventory.services.insert(key, service(root));
            return true;
        }
        ("", "ConfigMap") if name == "istio" || name.starts_with("istio-") => return mesh(fields, root, policies),
        _ => return false,
    };
    placed(fields, root, kind);
    // What a controller made of another's template is that one's: no workload of its own.
    if is_controlled(root) {
        return true;
    }
    let own = root.at(template);
    let of_pods = own.and_then(|template| template.at(&["metadata", "labels"]));
    let marks = own.map(marks).unwrap_or_default();
    policies.inventory.add(key, labels(of_pods, kind != "Pod"), marks);
    true
}

/// Says where a workload or service has no namespace: nothing that was seen is of it then, and what is about it would be passed over.
fn placed(fields: &mut Fields<'_>, root: &Node, kind: &str) {
    if root.text(&["metadata", "namespace"]).is_empty() {
        let said = format!("it is missing: nobody can tell whose {kind} it is");
        let remedy = "write it: what helm template prints has none, what kubectl get -o yaml prints has one";
        fields.error(root.line_of(&["metadata"]), "metadata.namespace", &said, remedy);
    }
}

fn is_controlled(root: &Node) -> bool {
    let owners = root.at(&["metadata", "ownerReferences"]).map_or(&[][..], Node::items);
    owners.iter().any(|owner| matches!(owner.get("controller").map(|node| &node.content), Some(Content::Bool(true))))
}

/// What a template says of the proxy beside labels.
fn marks(template: &Node) -> Marks {
    let texts = labels(template.at(&["metadata", "annotations"]), false).known;
    let annotations = texts.into_iter().filter(|(key, _)| Marks::KEYS.contains(&key.as_str())).collect();
    let containers = template.at(&["spec", "containers"]).map_or(&[][..], Node::items);
    let is_proxy = |container: &Node| container.text(&["name"]) == "istio-proxy";
    let is_proxy_alone = !containers.is_empty() && containers.iter().all(is_proxy);
    let service_account = match template.text(&["spec", "serviceAccountName"]) {
        "" => "default".to_owned(),
        named => named.to_owned(),
    };
    Marks { annotations, is_proxy_alone, service_account }
}

fn labels(node: Option<&Node>, may_be_more: bool) -> Labels {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let known: BTreeMap<_, _> = entries
        .filter_map(|entry| match &entry.value.content {
            Content::Text(text) => Some((entry.key.clone(), text.clone())),
            _ => None,
        })
        .collect();
    Labels { known, may_be_more }
}

fn service(root: &Node) -> ServiceFacts {
    let ports = root.at(&["spec", "ports"]).map_or(&[][..], Node::items).iter().filter_map(|one| {
        let port = number(one.get("port")?)?;
        let target = match one.get("targetPort") {
            None => Some(port),
            Some(target) => number(target),
        };
        Some(ServicePort { port, target, is_http: is_http(one) })
    });
    ServiceFacts { is_headless: root.text(&["spec", "clusterIP"]) == "None", ports: ports.collect() }
}

/// By `appProtocol`, else by what stands before the first `-` of its name.
fn is_http(port: &Node) -> Option<bool> {
    let name = port.text(&["name"]);
    let declared = match port.text(&["appProtocol"]) {
        "" => name.split('-').next().unwrap_or_default(),
        own => own,
    };
    match declared.to_ascii_lowercase().as_str() {
        "http" | "http2" | "grpc" | "grpc-web" | "kubernetes.io/h2c" | "kubernetes.io/ws" => Some(true),
        "tcp" | "tls" | "https" | "mongo" | "mysql" | "redis" | "kubernetes.io/wss" => Some(false),
        _ => None,
    }
}

/// `data.mesh` of Istio's ConfigMap, itself YAML.
fn mesh(fields: &mut Fields<'_>, root: &Node, policies: &mut Policies) -> bool {
    let text = root.text(&["data", "mesh"]);
    if text.is_empty() {
        return false;
    }
    let line = root.line_of(&["data", "mesh"]);
    let documents = match hogusu_yaml::read(text) {
        Ok(documents) => documents,
        Err(wrong) => {
            fields.error(line, "data.mesh", &wrong.message, wrong.remedy);
            return true;
        }
    };
    let Some(own) = documents.first().map(|document| &document.root) else { return true };
    if !matches!(own.content, Content::Object(_)) {
        fields.error(
            line,
            "data.mesh",
            "it is no object",
            "write trustDomain: NAME and the like in lines of their own",
        );
        return true;
    }
    let default = Mesh::default();
    let mut text_or = |key: &str, default: String| {
        let own = fields.text_at(own, "data.mesh", key).unwrap_or_default();
        if own.is_empty() { default } else { own.to_owned() }
    };
    let trust_domain = text_or("trustDomain", default.trust_domain);
    let root_namespace = text_or("rootNamespace", default.root_namespace);
    let aliases = fields.texts(own, "data.mesh", "trustDomainAliases");
    let export_to = fields.texts(own, "data.mesh", "defaultDestinationRuleExportTo");
    let is_auto_mtls = match own.get("enableAutoMtls") {
        Some(Node { content: Content::Bool(is_auto), .. }) => *is_auto,
        None | Some(Node { content: Content::Null, .. }) => true,
        Some(_) => {
            fields.error(
                line,
                "data.mesh.enableAutoMtls",
                "it is no boolean, which Istio refuses",
                "write true or false",
            );
            true
        }
    };
    let read = Mesh { trust_domain, aliases, root_namespace, export_to, is_auto_mtls };
    if policies.is_mesh_given && policies.mesh != read {
        let said = "another mesh's configuration stands in these files, and says another thing";
        fields.error(line, "data.mesh", said, "leave in the one of the revision that is meant");
    }
    (policies.mesh, policies.is_mesh_given) = (read, true);
    true
}
