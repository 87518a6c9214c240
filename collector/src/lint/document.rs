//! YAML and JSON as trees that know their lines. One file holds one or more documents; a `List` of Kubernetes is its items.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

/// One document.
#[derive(Debug)]
pub(super) struct Document {
    /// Its place in the file, from 1; empty ones do not count.
    pub(super) number: usize,
    pub(super) root: Node,
}

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Entry>),
}

/// A key with its value, and where the key stands.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: Node,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) message: String,
}

/// Reads all documents of a file.
pub(super) fn read(text: &str) -> Result<Vec<Document>, Wrong> {
    let roots = serde_saphyr::from_multiple::<Spanned<Content>>(text).map_err(|error| Wrong {
        line: error.location().map_or(1, |location| wide(location.line())),
        message: error.without_snippet().to_string(),
    })?;
    let mut documents = Vec::new();
    for (index, root) in roots.into_iter().map(Node::from).enumerate() {
        let number = index + 1;
        match root.get("items") {
            Some(items) if root.text(&["kind"]).ends_with("List") => {
                documents.extend(items.items().iter().map(|item| Document { number, root: item.clone() }));
            }
            _ => documents.push(Document { number, root }),
        }
    }
    Ok(documents)
}

impl Node {
    pub(super) fn entries(&self) -> &[Entry] {
        if let Content::Object(entries) = &self.content { entries } else { &[] }
    }

    pub(super) fn items(&self) -> &[Self] {
        if let Content::List(items) = &self.content { items } else { &[] }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// A text; empty when there is none there.
    pub(super) fn text(&self, path: &[&str]) -> &str {
        match self.at(path).map(|node| &node.content) {
            Some(Content::Text(text)) => text,
            _ => "",
        }
    }

    /// The line of a key, or of the nearest one above it that is there.
    pub(super) fn line_of(&self, path: &[&str]) -> usize {
        let (mut node, mut line) = (self, self.line);
        for entry in path.iter().map_while(|key| {
            let entry = node.entry(key)?;
            node = &entry.value;
            Some(entry)
        }) {
            line = entry.line;
        }
        line
    }

    /// The value without its lines.
    pub(super) fn json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(value) => Value::Number(value.clone()),
            Content::Text(value) => Value::String(value.clone()),
            Content::List(items) => items.iter().map(Self::json).collect(),
            Content::Object(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// A value all of which stands in one line.
    pub(super) fn in_line(value: &Value, line: usize) -> Self {
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(*value),
            Value::Number(value) => Content::Number(value.clone()),
            Value::String(value) => Content::Text(value.clone()),
            Value::Array(items) => Content::List(items.iter().map(|item| Self::in_line(item, line)).collect()),
            Value::Object(object) => {
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: key.clone(),
                    line,
                    value: Self::in_line(value, line),
                };
                Content::Object(object.iter().map(entry).collect())
            }
        };
        Self { line, content }
    }

    /// What it is, for people.
    pub(super) const fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "empty",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::Text(_) => "a string",
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
        }
    }
}

impl From<Spanned<Content>> for Node {
    fn from(spanned: Spanned<Content>) -> Self {
        Self { line: wide(spanned.referenced.line()), content: spanned.value }
    }
}

fn wide(line: impl TryInto<usize>) -> usize {
    line.try_into().unwrap_or(usize::MAX)
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Content;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Number::from_f64(value).map_or(Content::Null, Content::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Spanned<Content>>()? {
            items.push(item.into());
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Content>>()? {
            entries.push(Entry { key: key.value, line: wide(key.referenced.line()), value: value.into() });
        }
        Ok(Content::Object(entries))
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}
