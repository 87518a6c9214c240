//! The fewest labels that select one workload of a namespace and no other.

use std::collections::BTreeMap;

use hogusu_access::{Inventory, Labels, Truth};

use super::name::is_label;

/// Labels that stay as they are over releases, the best first; then all others by name, and last those that change with each release.
const FIRST: [&str; 4] = ["app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/component"];
const LAST: [&str; 3] = ["version", "app.kubernetes.io/version", "helm.sh/chart"];

/// Labels that are tried together, at most; then all.
const CANDIDATES: usize = 12;

/// The selector, or which other workload all labels select too.
pub(super) fn of(
    inventory: &Inventory,
    (namespace, name): (&str, &str),
    labels: &Labels,
) -> Result<BTreeMap<String, String>, String> {
    let mut usable: Vec<(&String, &String)> = labels.known.iter().filter(|(key, value)| is_label(key, value)).collect();
    if usable.is_empty() {
        return Err("its pods have no label that a selector could name".to_owned());
    }
    usable.sort_by_key(|(key, _)| (rank(key), (*key).clone()));
    let others: Vec<(&str, &Labels)> = inventory.all_of(namespace).filter(|(other, _)| *other != name).collect();
    let candidates = usable.get(..CANDIDATES).unwrap_or(&usable);
    let all = std::iter::once(made(&usable));
    let ones = candidates.iter().map(|one| made(&[*one]));
    let pairs = candidates.iter().enumerate().flat_map(|(at, one)| {
        let behind = candidates.iter().skip(at + 1);
        behind.map(|other| made(&[*one, *other]))
    });
    let is_alone =
        |selector: &BTreeMap<String, String>| others.iter().all(|(_, other)| other.selected_by(selector) == Truth::No);
    if let Some(found) = ones.chain(pairs).chain(all).find(is_alone) {
        return Ok(found);
    }
    let whole = made(&usable);
    let other = others.iter().find(|(_, other)| other.selected_by(&whole) != Truth::No);
    let other = other.map_or_else(String::new, |(name, _)| format!("{namespace}/{name}"));
    Err(format!("no labels of its pods tell it from those of {other}"))
}

fn rank(key: &str) -> usize {
    let at = |all: &[&str]| all.iter().position(|one| *one == key);
    at(&FIRST).or_else(|| at(&LAST).map(|at| FIRST.len() + 1 + at)).unwrap_or(FIRST.len())
}

fn made(pairs: &[(&String, &String)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).clone(), (*value).clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(all: &[(&str, &[(&str, &str)])]) -> Result<Vec<String>, String> {
        let mut inventory = Inventory::default();
        for (name, labels) in all {
            let mut labels = Labels::exactly(labels.iter().copied());
            labels.may_be_more = true;
            inventory.workloads.insert(("shop".to_owned(), (*name).to_owned()), labels);
        }
        let own = inventory.labels("shop", all[0].0).unwrap();
        of(&inventory, ("shop", all[0].0), own).map(|found| found.into_keys().collect())
    }

    #[test]
    fn the_fewest_labels_that_select_nobody_else_are_taken() {
        assert_eq!(selected(&[("a", &[("app", "a"), ("tier", "x")]), ("b", &[("app", "b")])]).unwrap(), ["app"]);
        let twins = [("a", &[("app", "a"), ("version", "1")][..]), ("b", &[("app", "a"), ("version", "2")])];
        assert_eq!(selected(&twins).unwrap(), ["version"]);
        let said = selected(&[("a", &[("app", "a")]), ("b", &[("app", "a"), ("tier", "x")])]);
        assert_eq!(said.unwrap_err(), "no labels of its pods tell it from those of shop/b");
        assert!(selected(&[("a", &[("app", "a\nb")])]).is_err());
    }

    #[test]
    fn a_label_that_may_be_added_to_the_other_tells_nothing() {
        assert!(selected(&[("a", &[("istio.io/rev", "x")]), ("b", &[("app", "b")])]).is_err());
    }
}
