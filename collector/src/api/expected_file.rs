//! The file of `--expect`: which proxies should report, as JSON. Unknown keys are errors.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::analysis::expected::Expected;
use crate::label;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExpectedError {
    /// Not JSON of the right shape.
    #[error(
        "{0}; it must be {{\"proxies\":[\"NODE ID\",...]}} or \
         {{\"workloads\":[{{\"namespace\":..,\"name\":..,\"proxies\":N}},...]}}"
    )]
    Shape(#[from] serde_json::Error),
    /// Both ways at once, or none.
    #[error("give either proxies or workloads, not {0}")]
    Either(&'static str),
    /// The same twice.
    #[error("{0} is named twice")]
    Repeated(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    proxies: Option<Vec<String>>,
    workloads: Option<Vec<Workload>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Workload {
    namespace: String,
    name: String,
    proxies: u64,
}

/// Reads the file's text.
///
/// # Errors
/// When it is not a set of proxies.
pub fn parse(text: &str) -> Result<Expected, ExpectedError> {
    // A list would be taken for the values of all keys.
    serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text)?;
    let file: File = serde_json::from_str(text)?;
    match (file.proxies, file.workloads) {
        (Some(proxies), None) => {
            let mut set = BTreeSet::new();
            for proxy in proxies {
                if !set.insert(proxy.clone()) {
                    return Err(ExpectedError::Repeated(proxy));
                }
            }
            Ok(Expected::Proxies(set))
        }
        (None, Some(workloads)) => {
            let mut set = BTreeMap::new();
            for Workload { namespace, name, proxies } in workloads {
                let label = label::workload(&namespace, &name);
                if set.insert((namespace, name), proxies).is_some() {
                    return Err(ExpectedError::Repeated(label));
                }
            }
            Ok(Expected::Workloads(set))
        }
        (Some(_), Some(_)) => Err(ExpectedError::Either("both")),
        (None, None) => Err(ExpectedError::Either("neither")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_is_no_object_is_refused_in_words_of_json() {
        for text in ["[]", "[[\"a\"], null]", "7", "{\"workloads\": [[]]}", "{\"workloads\": [{}]}", ""] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains("it must be {\"proxies\":"), "{said}");
            assert!(!said.contains("struct") && !said.contains("elements"), "{said}");
        }
        let twice = r#"{"workloads": [{"namespace": "", "name": "a/b", "proxies": 1}, {"namespace": "", "name": "a/b", "proxies": 2}]}"#;
        assert_eq!(parse(twice).unwrap_err().to_string(), "\"a/b\" is named twice");
    }
}
