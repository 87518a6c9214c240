//! Within which k8s cluster an address names: every cluster may have the same ones.

use std::collections::BTreeSet;

/// K8s clusters that are named in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

/// One of them, by its place; `None`: one that nobody names.
pub type Scope = Option<usize>;

impl Scopes {
    /// Those of these names; an empty one is not known.
    #[must_use]
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let named: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        Self(named.into_iter().map(str::to_owned).collect())
    }

    /// The scope of who is in the k8s cluster of this name. Who does not know its own is in the only one that is named; among
    /// several it may be in any, or in another: there it shares addresses but with those that do not know theirs either.
    #[must_use]
    pub fn scope(&self, k8s_cluster: &str) -> Scope {
        match self.0.as_slice() {
            [_] if k8s_cluster.is_empty() => Some(0),
            names => names.binary_search_by(|name| name.as_str().cmp(k8s_cluster)).ok(),
        }
    }
}
