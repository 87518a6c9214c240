//! Values of a manifest by their types, and what is wrong with them.

use std::collections::BTreeMap;

use hogusu_yaml::{Content, Node};

use super::Problem;
use crate::object::Place;

/// Reads the fields of one object.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    file: &'a str,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(file: &'a str) -> Self {
        Self { file, problems: Vec::new() }
    }

    pub(super) fn place(&self, line: usize) -> Place {
        Place { file: self.file.to_owned(), line }
    }

    pub(super) fn error(&mut self, line: usize, path: &str, said: &str, remedy: &str) {
        self.say(true, line, path, said, remedy);
    }

    pub(super) fn warn(&mut self, line: usize, path: &str, said: &str, remedy: &str) {
        self.say(false, line, path, said, remedy);
    }

    fn say(&mut self, is_error: bool, line: usize, path: &str, said: &str, remedy: &str) {
        let (path, said, remedy) = (path.to_owned(), said.to_owned(), remedy.to_owned());
        self.problems.push(Problem { is_error, place: self.place(line), path, said, remedy });
    }

    /// Names keys that there are not.
    pub(super) fn known(&mut self, node: &Node, path: &str, keys: &[&str]) {
        self.object(node, path);
        for entry in node.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            let remedy = format!("leave it out, or write one of {}", keys.join(", "));
            self.error(entry.line, &join(path, &entry.key), "there is no such field", &remedy);
        }
    }

    /// Says where something is no object.
    pub(super) fn object(&mut self, node: &Node, path: &str) {
        if !matches!(node.content, Content::Object(_) | Content::Null) {
            self.error(node.line, path, &format!("it is {}, not an object", node.described()), "write keys below it");
        }
    }

    /// A string; `None` where there is none.
    pub(super) fn text<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n str> {
        match &node.content {
            Content::Text(text) => Some(text),
            Content::Null => None,
            _ => {
                let remedy = node.quoted().unwrap_or_else(|| "write a string".to_owned());
                self.error(node.line, path, &format!("it is {}, not a string", node.described()), &remedy);
                None
            }
        }
    }

    /// The string below a key.
    pub(super) fn text_at<'n>(&mut self, node: &'n Node, path: &str, key: &str) -> Option<&'n str> {
        let value = node.get(key)?;
        self.text(value, &join(path, key))
    }

    /// The list below a key; empty where there is none.
    pub(super) fn list<'n>(&mut self, node: &'n Node, path: &str, key: &str) -> &'n [Node] {
        let Some(value) = node.get(key) else { return &[] };
        if !matches!(value.content, Content::List(_) | Content::Null) {
            let said = format!("it is {}, not a list", value.described());
            self.error(value.line, &join(path, key), &said, "write a list");
        }
        value.items()
    }

    /// The strings of the list below a key, none of them empty.
    pub(super) fn texts(&mut self, node: &Node, path: &str, key: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for (index, item) in self.list(node, path, key).iter().enumerate() {
            let path = format!("{}[{index}]", join(path, key));
            match self.text(item, &path) {
                Some(text) if !text.is_empty() => texts.push(text.to_owned()),
                Some(_) => self.error(item.line, &path, "it is empty, which Istio refuses", "write a value"),
                None if matches!(item.content, Content::Null) => {
                    self.error(item.line, &path, "it is empty, which Istio refuses", "write a value");
                }
                None => {}
            }
        }
        texts
    }

    /// The labels below a key.
    pub(super) fn labels(&mut self, node: &Node, path: &str, key: &str) -> BTreeMap<String, String> {
        let Some(value) = node.get(key) else { return BTreeMap::new() };
        let path = join(path, key);
        self.object(value, &path);
        let mut labels = BTreeMap::new();
        for entry in value.entries() {
            let path = join(&path, &entry.key);
            if let Some(text) = self.text(&entry.value, &path) {
                if text.contains('*') || entry.key.contains('*') {
                    self.error(
                        entry.line,
                        &path,
                        "a label has no wildcards: Istio refuses it",
                        "write the whole label",
                    );
                }
                labels.insert(entry.key.clone(), text.to_owned());
            } else if matches!(entry.value.content, Content::Null) {
                labels.insert(entry.key.clone(), String::new());
            }
        }
        labels
    }
}

/// `path.key`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
