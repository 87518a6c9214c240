//! The account of those who ask: what was sent and how it ended. Knows nothing of what answers mean.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::client::Answer;

/// What was sent and how it ended: (script's label, answer) -> count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    #[serde(serialize_with = "as_rows")]
    pub ends: BTreeMap<(String, Answer), u64>,
}

impl Account {
    pub fn add(&mut self, label: String, answer: Answer) {
        *self.ends.entry((label, answer)).or_default() += 1;
    }

    pub fn merge(&mut self, other: &Self) {
        for (key, count) in &other.ends {
            *self.ends.entry(key.clone()).or_default() += count;
        }
    }

    /// Requests that left us (those without a connection did not).
    pub fn sent(&self) -> u64 {
        self.count(|_, answer| answer != Answer::NotConnected)
    }

    pub fn answered(&self, wanted: Answer) -> u64 {
        self.count(|_, answer| answer == wanted)
    }

    pub fn count(&self, mut wanted: impl FnMut(&str, Answer) -> bool) -> u64 {
        self.ends.iter().filter(|((label, answer), _)| wanted(label, *answer)).map(|(_, count)| count).sum()
    }

    /// Counts by answer alone.
    pub fn by_answer(&self) -> BTreeMap<Answer, u64> {
        let mut sums = BTreeMap::new();
        for ((_, answer), count) in &self.ends {
            *sums.entry(*answer).or_default() += count;
        }
        sums
    }
}

fn as_rows<S: serde::Serializer>(ends: &BTreeMap<(String, Answer), u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ends.iter().map(|((label, answer), count)| (label, answer, count)))
}
