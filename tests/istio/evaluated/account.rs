//! What was compared, and what came of it.

use std::collections::BTreeMap;

use hogusu_access::Verdict;
use serde_json::Value;

/// Of what a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// An exchange of which all is known.
    Known,
    /// An exchange of which only what an edge of a map tells is known.
    Told,
    /// The same, that happened under the policies before, under those after.
    Rehearsed,
}

#[derive(Debug, Default)]
pub struct Account {
    /// Verdicts by their word.
    verdicts: BTreeMap<(Of, &'static str), u64>,
    /// What was missing to those that are undecidable.
    missing: BTreeMap<(Of, String), u64>,
    /// Asked a second time, with nothing old left in the proxy.
    pub again: u64,
    pub wrong: Vec<String>,
}

impl Account {
    pub fn count(&mut self, of: Of, verdict: &Verdict) {
        let (word, missing) = match verdict {
            Verdict::Allowed(_) => ("allowed", None),
            Verdict::Denied(_) => ("denied", None),
            Verdict::Undecidable { missing, .. } => ("undecidable", Some(missing)),
        };
        *self.verdicts.entry((of, word)).or_default() += 1;
        for field in missing.into_iter().flatten() {
            *self.missing.entry((of, field.clone())).or_default() += 1;
        }
    }

    /// Adds what another one counted; whoever is wrong is shown with the policies that it was asked about.
    pub fn take(&mut self, other: Self, push: u64, policies: &[Value]) {
        other.verdicts.into_iter().for_each(|(key, count)| *self.verdicts.entry(key).or_default() += count);
        other.missing.into_iter().for_each(|(key, count)| *self.missing.entry(key).or_default() += count);
        self.again += other.again;
        for wrong in other.wrong {
            let target = wrong.split(' ').next().unwrap_or_default();
            let is_own = |one: &String| one.contains(&format!("\"{target}\"")) || !one.contains("\"app\"");
            let own: Vec<_> = policies.iter().map(Value::to_string).filter(is_own).collect();
            self.wrong.push(format!("push {push}, {wrong}\n  {}", own.join("\n  ")));
        }
    }

    /// Definite ones of a hundred.
    pub fn share(&self, of: Of) -> f64 {
        let undecidable = self.verdicts.get(&(of, "undecidable")).copied().unwrap_or_default();
        let all = self.of(of).map(|(_, count)| count).sum::<u64>().max(1);
        100.0 - 100.0 * undecidable as f64 / all as f64
    }

    fn of(&self, of: Of) -> impl Iterator<Item = (&'static str, u64)> {
        self.verdicts.iter().filter(move |((own, _), _)| *own == of).map(|((_, word), count)| (*word, *count))
    }

    /// What was missing to verdicts of this kind.
    pub fn missing(&self, of: Of) -> BTreeMap<&str, u64> {
        let own = self.missing.iter().filter(|((own, _), _)| *own == of);
        own.map(|((_, field), count)| (field.as_str(), *count)).collect()
    }

    /// A line for people.
    pub fn line(&self, of: Of) -> String {
        let counts: Vec<String> = self.of(of).map(|(word, count)| format!("{count} {word}")).collect();
        format!("{of:?}: {}, {:.1} % definite; missing {:?}", counts.join(", "), self.share(of), self.missing(of))
    }
}
