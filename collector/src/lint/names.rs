//! Names, namespaces, labels and annotations of an object that are no strings: written without quotes they are numbers or booleans to
//! the API server, which refuses the object.

use hogusu_yaml::{Content, Node};

use super::report::Finding;
use crate::schema::join;

/// Keys whose value is a string wherever they stand in an object of Kubernetes or Istio.
const STRINGS: [&str; 2] = ["name", "namespace"];
/// Keys whose every entry is one.
const MAPS: [&str; 4] = ["labels", "matchLabels", "annotations", "nodeSelector"];

/// What is wrong with an object.
pub(super) fn findings(root: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    walk(root, "", &mut found);
    found
}

/// True for an object of this chart, whatever its kind.
pub(super) fn is_of_chart(root: &Node) -> bool {
    root.text(&["metadata", "labels", "app.kubernetes.io/part-of"]) == "hogusu"
}

fn walk(node: &Node, path: &str, found: &mut Vec<Finding>) {
    for (number, item) in node.items().iter().enumerate() {
        walk(item, &format!("{path}[{number}]"), found);
    }
    for entry in node.entries() {
        let path = join(path, &entry.key);
        let key = entry.key.as_str();
        if STRINGS.contains(&key) {
            found.extend(no_string(&entry.value, &path));
        }
        if MAPS.contains(&key) {
            let of_entry = |entry: &hogusu_yaml::Entry| no_string(&entry.value, &join(&path, &entry.key));
            found.extend(entry.value.entries().iter().filter_map(of_entry));
        }
        walk(&entry.value, &path, found);
    }
}

fn no_string(node: &Node, path: &str) -> Option<Finding> {
    let is_other = matches!(node.content, Content::Null | Content::Bool(_) | Content::Number(_));
    is_other.then(|| {
        let remedy = node.quoted().unwrap_or_else(|| "write a string".to_owned());
        Finding::fail(node.line, path, format!("it is {}, a string is wanted", node.described()), &remedy)
    })
}
