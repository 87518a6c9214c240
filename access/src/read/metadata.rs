//! Names, ages and annotations of objects.

use hogusu_yaml::Node;

use super::Role;
use super::fields::Fields;
use crate::object::{Age, Object};

const DRY_RUN: &str = "istio.io/dry-run";

/// What every object has; `None` where it has no name that could be told from others.
pub(super) fn object(fields: &mut Fields<'_>, root: &Node, role: Role) -> Option<Object> {
    let nothing = Node::empty(root.line);
    let metadata = root.get("metadata").unwrap_or(&nothing);
    fields.object(metadata, "metadata");
    let line = root.line_of(&["metadata", "name"]);
    let name = fields.text_at(metadata, "metadata", "name").unwrap_or_default();
    let namespace = fields.text_at(metadata, "metadata", "namespace").unwrap_or_default();
    for (key, value) in [("metadata.name", name), ("metadata.namespace", namespace)] {
        if value.is_empty() {
            let remedy = "write it: without it nobody can tell whom it is about";
            fields.error(line, key, "it is missing", remedy);
        } else if !is_name(value, key == "metadata.name") {
            let remedy = "write lower-case letters, digits and -, in names of objects also . between them";
            fields.error(line, key, "it is no name: the API server refuses it", remedy);
        }
    }
    let created = fields.text_at(metadata, "metadata", "creationTimestamp");
    let age = match (role, created) {
        // Whatever a file says: what is applied is made then, and what is there stays as old as it is.
        (Role::Change, _) => Age::New,
        (Role::Current, None) => Age::Unknown,
        (Role::Current, Some(text)) => seconds(text).map_or_else(
            || {
                let line = root.line_of(&["metadata", "creationTimestamp"]);
                let remedy = "write it as the API server does: 2026-11-24T14:02:00Z";
                fields.error(line, "metadata.creationTimestamp", "it is no time", remedy);
                Age::Unknown
            },
            Age::At,
        ),
    };
    let is_named = !name.is_empty() && !namespace.is_empty();
    is_named.then(|| Object {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        place: fields.place(root.line),
        age,
    })
}

/// Whether it is a label of DNS, or several with dots where that is allowed.
fn is_name(text: &str, has_dots: bool) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        let ends = [label.bytes().next(), label.bytes().next_back()];
        ends.iter().all(|end| end.is_some_and(is_letter)) && label.bytes().all(|byte| is_letter(byte) || byte == b'-')
    };
    let (longest, is_one) = if has_dots { (253, true) } else { (63, !text.contains('.')) };
    text.len() <= longest && is_one && text.split('.').all(is_label)
}

/// Whether a policy is only to say what it would do; as Go reads booleans, and enforced where it is none.
pub(super) fn is_dry_run(fields: &mut Fields<'_>, root: &Node) -> bool {
    let path = ["metadata", "annotations", DRY_RUN];
    let Some(value) = root.at(&path) else { return false };
    let named = format!("metadata.annotations.{DRY_RUN}");
    match fields.text(value, &named) {
        Some("1" | "t" | "T" | "TRUE" | "true" | "True") => true,
        Some("0" | "f" | "F" | "FALSE" | "false" | "False") | None => false,
        Some(_) => {
            fields.warn(root.line_of(&path), &named, "it is no boolean: the policy is enforced", "write \"true\"");
            false
        }
    }
}

/// Seconds since 1970 of `2026-11-24T14:02:00Z`.
fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let mut time = time.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let is_date = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    if !is_date || !is_time {
        return None;
    }
    // Days by the civil calendar, years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}
