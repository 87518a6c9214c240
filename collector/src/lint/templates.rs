//! Path templates that the filter takes, and that fit nothing or are never looked at.

use hogusu_yaml::{Content, Node};

use super::report::Finding;
use crate::schema::join;
use crate::shown::{quoted, word};

const LIST: [&str; 2] = ["measure", "path_templates"];

/// What may not be meant so in a configuration.
pub(super) fn findings(root: &Node, path: &str) -> Vec<Finding> {
    let templates = root.at(&LIST).map_or(&[][..], Node::items);
    let list = join(path, &LIST.join("."));
    let mut found = Vec::new();
    for (number, template) in templates.iter().enumerate() {
        let Content::Text(text) = &template.content else { continue };
        let wrong = fits_nothing(text).into_iter().chain(text.split('/').find_map(stands_for_itself));
        found.extend(
            wrong.map(|(said, remedy)| Finding::warn(template.line, &format!("{list}[{number}]"), said, remedy)),
        );
    }
    let operation = root.text(&["measure", "operation"]);
    if !templates.is_empty() && operation != "path_templates" {
        let operation = if operation.is_empty() { "none".into() } else { word(operation) };
        let said = format!("they are never looked at, for measure.operation is {operation}");
        let remedy = "write operation: path_templates, or leave the templates out";
        found.push(Finding::warn(root.line_of(&LIST), &list, said, remedy));
    }
    found
}

fn fits_nothing(template: &str) -> Option<(String, &'static str)> {
    let said = || format!("no path fits {}: neither query nor fragment is looked at", quoted(template));
    template.contains(['?', '#']).then(|| (said(), "leave out ? or #, and what follows"))
}

/// A segment in which a brace is no more than a brace.
fn stands_for_itself(segment: &str) -> Option<(String, &'static str)> {
    let is_any = segment.starts_with('{') && segment.ends_with('}');
    let said = || format!("the segment {} stands for itself", quoted(segment));
    let remedy = "write {NAME} as a whole segment where it may be anything";
    (!is_any && segment.contains(['{', '}'])).then(|| (said(), remedy))
}
