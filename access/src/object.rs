//! What every policy has: its name, where it was read, and how old it is.

use std::cmp::Ordering;

/// Whose it is and what it is called. Two are the same wherever they were read.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it was read.
    pub place: Place,
    /// How old it is.
    pub age: Age,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// From 1.
    pub line: usize,
}

/// When something was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Age {
    /// Then, in seconds since 1970 UTC: `metadata.creationTimestamp`.
    At(i64),
    /// It is in force, and nobody says since when.
    Unknown,
    /// It is not there yet: younger than all that is.
    New,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        (&self.namespace, &self.name, self.age) == (&other.namespace, &other.name, other.age)
    }
}

impl Eq for Object {}

impl Object {
    /// `NAMESPACE/NAME`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Which of two is the older one: by creation, then by name, then by namespace. `None` where that is not known.
    #[must_use]
    pub fn older(&self, other: &Self) -> Option<Ordering> {
        let by_name = || (&self.name, &self.namespace).cmp(&(&other.name, &other.namespace));
        match (self.age, other.age) {
            (Age::At(one), Age::At(other)) => Some(one.cmp(&other).then_with(by_name)),
            (Age::At(_) | Age::Unknown, Age::New) => Some(Ordering::Less),
            (Age::New, Age::At(_) | Age::Unknown) => Some(Ordering::Greater),
            (Age::Unknown, _) | (_, Age::Unknown) | (Age::New, Age::New) => None,
        }
    }
}

/// The oldest of several; all that may be it where that is not known. Empty of none.
pub(crate) fn oldest<T>(all: Vec<T>, object: impl Fn(&T) -> &Object) -> Vec<T> {
    let is_beaten = |one: &T| {
        let beats = |other: &T| object(other).older(object(one)) == Some(Ordering::Less);
        all.iter().any(beats)
    };
    let beaten: Vec<bool> = all.iter().map(is_beaten).collect();
    all.into_iter().zip(beaten).filter(|(_, is_beaten)| !is_beaten).map(|(one, _)| one).collect()
}
