//! YAML and JSON as trees that know their lines. One file holds one or more documents; a `List` of Kubernetes is its items.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, NonFiniteFloatPolicy, Options, Spanned};

use crate::parted::parted;
use crate::word::{is_beyond_json, resolved};
use crate::wrong::Wrong;

/// One document.
#[derive(Debug)]
pub struct Document {
    /// Its place in the file, from 1; empty ones do not count.
    pub number: usize,
    /// What stands in it.
    pub root: Node,
}

impl Document {
    /// What a file without any stands for.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        Self { number: 1, root: Node::in_line(value, 1) }
    }
}

/// A value and where it begins.
#[derive(Debug, Clone)]
pub struct Node {
    /// Line of its beginning, from 1.
    pub line: usize,
    /// What it is.
    pub content: Content,
    /// As it was written, where that is a word without quotes and is read as no text.
    word: Option<String>,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Content {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// Values in order.
    List(Vec<Node>),
    /// Keys in the order of the file, each once.
    Object(Vec<Entry>),
}

/// A key with its value, and where the key stands.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where it stands, from 1.
    pub line: usize,
    /// What it is of.
    pub value: Node,
}

/// What the parser makes of a value; of words without quotes [`resolved`] says what they are.
#[derive(Debug)]
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Self>>),
    Object(Vec<(Spanned<String>, Spanned<Self>)>),
}

/// Reads all documents of a file.
///
/// # Errors
/// When it is neither YAML nor JSON, or more than is read.
pub fn read(text: &str) -> Result<Vec<Document>, Wrong> {
    let mut options = Options::default();
    // What is too large for a number is text.
    options.non_finite_float_policy = NonFiniteFloatPolicy::PassThrough;
    let parted = parted(text);
    let text = parted.as_ref();
    let roots = serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(text, options);
    let mut documents = Vec::new();
    for (index, root) in roots.map_err(|error| Wrong::of(&error))?.into_iter().enumerate() {
        let (number, root) = (index + 1, Node::of(root, text));
        if let Some((line, word)) = root.beyond_json() {
            return Err(Wrong::beyond_json(line, word));
        }
        flatten(number, root, &mut documents);
    }
    Ok(documents)
}

/// A list's items, of lists within it too; they are no deeper than the parser reads.
fn flatten(number: usize, root: Node, documents: &mut Vec<Document>) {
    match root.get("items") {
        Some(items) if root.text(&["kind"]).ends_with("List") => {
            items.items().iter().for_each(|item| flatten(number, item.clone(), documents));
        }
        _ => documents.push(Document { number, root }),
    }
}

impl Node {
    /// Nothing, in this line.
    #[must_use]
    pub const fn empty(line: usize) -> Self {
        Self { line, content: Content::Null, word: None }
    }

    /// Keys and values; none where it is no object.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        if let Content::Object(entries) = &self.content { entries } else { &[] }
    }

    /// Values; none where it is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Content::List(items) = &self.content { items } else { &[] }
    }

    /// A key with its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value at the end of a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// A text; empty when there is none there.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> &str {
        match self.at(path).map(|node| &node.content) {
            Some(Content::Text(text)) => text,
            _ => "",
        }
    }

    /// The same without keys that have no value, at any depth: to Kubernetes they are not there.
    #[must_use]
    pub fn without_nulls(&self) -> Self {
        let content = match &self.content {
            Content::Object(entries) => {
                let is_there = |entry: &&Entry| !matches!(entry.value.content, Content::Null);
                let kept = entries.iter().filter(is_there);
                let value = |entry: &Entry| Entry { value: entry.value.without_nulls(), ..entry.clone() };
                Content::Object(kept.map(value).collect())
            }
            Content::List(items) => Content::List(items.iter().map(Self::without_nulls).collect()),
            other => other.clone(),
        };
        Self { content, ..self.clone() }
    }

    /// The line of a key, or of the nearest one above it that is there.
    #[must_use]
    pub fn line_of(&self, path: &[&str]) -> usize {
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
    #[must_use]
    pub fn json(&self) -> Value {
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
    #[must_use]
    pub fn in_line(value: &Value, line: usize) -> Self {
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
        Self { line, content, word: None }
    }

    /// A value of a file with this text.
    fn of(spanned: Spanned<Raw>, text: &str) -> Self {
        let line = wide(spanned.referenced.line());
        let written = written(&spanned, text);
        let content = match spanned.value {
            Raw::List(items) => Content::List(items.into_iter().map(|item| Self::of(item, text)).collect()),
            Raw::Object(entries) => Content::Object(entries.into_iter().map(|entry| Entry::of(entry, text)).collect()),
            Raw::Text(value) if written != Some(value.as_str()) => Content::Text(value),
            Raw::Null if written.is_none() => Content::Null,
            Raw::Bool(value) if written.is_none() => Content::Bool(value),
            Raw::Number(value) if written.is_none() => Content::Number(value),
            Raw::Null | Raw::Bool(_) | Raw::Number(_) | Raw::Text(_) => resolved(written.unwrap_or_default()),
        };
        let is_text = matches!(content, Content::Text(_) | Content::Null);
        Self { line, content, word: written.filter(|_| !is_text).map(str::to_owned) }
    }

    /// What it is, for people, and how it was written where that is not to be seen from what it is.
    #[must_use]
    pub fn described(&self) -> String {
        match (&self.word, &self.content) {
            (Some(word), Content::Number(number)) if number.to_string() != *word => {
                format!("{} ({word} is {number} in YAML 1.1, which Helm reads)", self.kind())
            }
            (Some(word), Content::Bool(_)) => format!("{} ({word} without quotes)", self.kind()),
            _ => self.kind().to_owned(),
        }
    }

    /// The first number that JSON cannot write, and where it is.
    fn beyond_json(&self) -> Option<(usize, &str)> {
        let own = self.word.as_deref().filter(|word| is_beyond_json(word)).map(|word| (self.line, word));
        let inner = self.items().iter().chain(self.entries().iter().map(|entry| &entry.value));
        own.or_else(|| inner.into_iter().find_map(Self::beyond_json))
    }

    /// How it is written as a string, where it was meant as one.
    #[must_use]
    pub fn quoted(&self) -> Option<String> {
        self.word.as_ref().map(|word| format!("write it in quotes: \"{word}\""))
    }

    /// What it is, for people.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
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

impl Entry {
    /// A key that is a number or a boolean becomes the text of one.
    fn of((key, value): (Spanned<String>, Spanned<Raw>), text: &str) -> Self {
        let line = wide(key.referenced.line());
        let is_word = slice(&key.defined, text) == Some(key.value.as_str());
        let key = match is_word.then(|| resolved(&key.value)) {
            Some(Content::Bool(value)) => value.to_string(),
            Some(Content::Number(value)) => value.to_string(),
            _ => key.value,
        };
        Self { key, line, value: Node::of(value, text) }
    }
}

/// The text of a scalar where that is one word without quotes, tag or anchor.
fn written<'a>(spanned: &Spanned<Raw>, text: &'a str) -> Option<&'a str> {
    let word = slice(&spanned.defined, text)?;
    let is_word = !word.is_empty() && !word.starts_with(['"', '\'', '!', '&', '*', '|', '>', '[', '{']);
    (is_word && !word.contains(char::is_whitespace)).then_some(word)
}

fn slice<'a>(location: &Location, text: &'a str) -> Option<&'a str> {
    let (begin, length) = (wide(location.span().byte_offset()?), wide(location.span().byte_len()?));
    text.get(begin..begin.checked_add(length)?)
}

pub(crate) fn wide(line: impl TryInto<usize>) -> usize {
    line.try_into().unwrap_or(usize::MAX)
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Number::from_f64(value).map_or(Raw::Null, Raw::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Object(entries))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}
