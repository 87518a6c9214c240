//! Whose batches were refused for good, and why: what they held is missing, and the map must say so.
//!
//! In memory, for an hour, bounded; how many there were is kept for longer, hour by hour. Nothing here is verified: names are as the refused
//! bodies claim them, cut, beside the address that they came from.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use hogusu_model::Slot;

use crate::limits;

/// Slots that are remembered of one: an hour.
const SLOTS: usize = 360;
/// Length of what is kept of those that are forgotten, nanoseconds, and how many such stretches there are: a year's.
const HOUR: u64 = SLOTS as u64 * hogusu_model::slot::SLOT_NANOS;
const HOURS: usize = 366 * 24;
/// Longest name and reason that are kept, in characters: what a sender that may be taken says of itself (namespace, workload and pod of
/// 256 bytes each) stays whole, so that two of them never read the same.
const NAME: usize = 800;
const REASON: usize = 1_000;

/// One sender's, or one address', batches that were refused in a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Address that they came from; empty where it is not known.
    pub peer: String,
    /// Who they say they are from; empty where they do not say it.
    pub who: String,
    /// A stable word for the reason.
    pub code: &'static str,
    /// The last one's reason, for people.
    pub why: String,
    /// How many.
    pub batches: u64,
    /// Start of the first slot in which one arrived, within the stretch.
    pub first: Slot,
    /// The last one.
    pub last: Slot,
}

/// The word for a batch that was turned away, as no more senders can be remembered: its proxy keeps it.
pub const NO_PLACE: &str = "no_place";

/// A batch that was refused.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// Where it came from.
    pub peer: Option<IpAddr>,
    /// Who it says it is from.
    pub who: &'a str,
    /// A stable word for the reason.
    pub code: &'static str,
    /// The reason.
    pub why: &'a str,
}

type Key = (String, String, &'static str);

#[derive(Debug, Default)]
struct Entry {
    why: String,
    slots: VecDeque<(Slot, u64)>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: BTreeMap<Key, Entry>,
    /// How many were refused for good of those that are forgotten, by hour.
    forgotten: BTreeMap<u64, u64>,
}

/// All that were refused lately.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<Kept>);

impl Refusals {
    /// Notes one. Beyond the bounds an address' names are taken together, and then those silent for longest go.
    pub fn note(&self, refusal: &Refusal<'_>, now: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { entries, forgotten } = &mut *kept;
        let peer = refusal.peer.map_or_else(String::new, |peer| peer.to_canonical().to_string());
        let mut key = (peer, cut(refusal.who, NAME), refusal.code);
        if !entries.contains_key(&key) {
            if entries.keys().filter(|(peer, ..)| *peer == key.0).count() >= limits::REFUSED_OF_ONE_ADDRESS {
                key.1.clear();
            }
            if entries.len() >= limits::REFUSED && !entries.contains_key(&key) {
                let last = |entry: &Entry| entry.slots.back().map(|(slot, _)| *slot);
                let oldest = entries.iter().min_by_key(|(_, entry)| last(entry)).map(|(key, _)| key.clone());
                let gone = oldest.and_then(|key| Some((key.2, entries.remove(&key)?)));
                for (code, (slot, count)) in
                    gone.into_iter().flat_map(|(code, gone)| gone.slots.into_iter().map(move |one| (code, one)))
                {
                    forget(forgotten, code, slot, count);
                }
            }
        }
        let entry = entries.entry(key).or_default();
        entry.why = cut(refusal.why, REASON);
        let now = Slot::of(now);
        match entry.slots.back_mut() {
            Some((slot, count)) if *slot >= now => *count = count.saturating_add(1),
            _ => entry.slots.push_back((now, 1)),
        }
        if entry.slots.len() > SLOTS
            && let Some((slot, count)) = entry.slots.pop_front()
        {
            forget(forgotten, refusal.code, slot, count);
        }
    }

    /// How many were refused for good from a moment on, up to now; of an hour that is partly forgotten, all.
    #[must_use]
    pub fn since(&self, from: u64) -> u64 {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = kept.entries.iter().filter(|((.., code), _)| *code != NO_PLACE);
        let slots = entries.flat_map(|(_, entry)| &entry.slots).filter(|(slot, _)| slot.end() > from);
        let hours = kept.forgotten.range(from / HOUR..);
        slots.map(|(_, count)| count).chain(hours.map(|(_, count)| count)).fold(0, |sum, one| sum.saturating_add(*one))
    }

    /// Those of [from, to).
    #[must_use]
    pub fn within(&self, from: u64, to: u64) -> Vec<Refused> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = |((peer, who, code), entry): (&Key, &Entry)| {
            let is_within = |(slot, _): &&(Slot, u64)| slot.start() < to && slot.end() > from;
            let mut slots = entry.slots.iter().filter(is_within);
            let (first, mut batches) = slots.next().copied()?;
            let mut last = first;
            for (slot, count) in slots {
                (last, batches) = (*slot, batches.saturating_add(*count));
            }
            let (peer, who, why) = (peer.clone(), who.clone(), entry.why.clone());
            Some(Refused { peer, who, code, why, batches, first, last })
        };
        kept.entries.iter().filter_map(refused).collect()
    }
}

/// Keeps how many there were. The oldest hours are taken together, at the later one: that is never less than there were since.
fn forget(forgotten: &mut BTreeMap<u64, u64>, code: &str, slot: Slot, count: u64) {
    if code == NO_PLACE {
        return;
    }
    let sum = forgotten.entry(slot.start() / HOUR).or_default();
    *sum = sum.saturating_add(count);
    if forgotten.len() > HOURS
        && let Some((_, oldest)) = forgotten.pop_first()
        && let Some(mut next) = forgotten.first_entry()
    {
        *next.get_mut() = next.get().saturating_add(oldest);
    }
}

/// As much of a foreign text as is kept, as it is: whoever shows it escapes it. A quote that was open is closed, so that nothing after it
/// seems to belong to it.
fn cut(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let kept = text.get(..end).unwrap_or_default().trim_end_matches('\\');
    let is_open = kept.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2 == 1;
    format!("{kept}…{}", if is_open { "\"" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: u64 = 10_000_000_000;

    fn note(refusals: &Refusals, peer: &str, who: &str, at: u64) {
        let peer = peer.parse().ok();
        refusals.note(&Refusal { peer, who, code: "bad_batch", why: "it\u{1b}[2J is\nlate" }, at);
    }

    #[test]
    fn each_is_counted_in_the_time_that_is_asked_about() {
        let refusals = Refusals::default();
        for slot in [100, 100, 101, 130] {
            note(&refusals, "10.0.0.1", "shop/checkout", slot * SLOT);
        }
        note(&refusals, "10.0.0.2", "shop/checkout", 101 * SLOT);
        let of = |from: u64, to: u64| -> Vec<_> {
            refusals.within(from * SLOT, to * SLOT).into_iter().map(|one| (one.peer, one.batches)).collect()
        };
        assert_eq!(of(100, 110), [("10.0.0.1".to_owned(), 3), ("10.0.0.2".to_owned(), 1)]);
        assert_eq!((of(120, 131), of(140, 150)), (vec![("10.0.0.1".to_owned(), 1)], vec![]));
    }

    #[test]
    fn those_that_are_forgotten_are_still_counted_from_a_moment_on() {
        let refusals = Refusals::default();
        for slot in 1_000..1_500 {
            note(&refusals, "10.0.0.1", "shop/checkout", slot * SLOT);
        }
        assert_eq!((refusals.since(0), refusals.since(1_499 * SLOT), refusals.since(1_500 * SLOT)), (500, 1, 0));
        for number in 0..3_000_u64 {
            note(&refusals, &format!("10.1.{}.{}", number / 250, number % 250), "one", 2_000 * SLOT + number);
        }
        assert_eq!(refusals.since(0), 3_500);
        let no_place = Refusal { peer: None, who: "one", code: NO_PLACE, why: "full" };
        refusals.note(&no_place, 2_000 * SLOT);
        assert_eq!(refusals.since(0), 3_500, "one that was turned away comes again");
    }

    #[test]
    fn names_are_cut_and_else_kept_as_they_are() {
        let refusals = Refusals::default();
        note(&refusals, "::ffff:10.0.0.1", &format!("\u{1b}]0;{}\u{202e}", "x".repeat(9_000)), SLOT);
        let one = &refusals.within(0, u64::MAX)[0];
        assert_eq!((one.peer.as_str(), one.why.as_str()), ("10.0.0.1", "it\u{1b}[2J is\nlate"));
        assert!(one.who.starts_with("\u{1b}]0;xxx") && one.who.chars().count() == NAME + 1);
        assert_eq!(cut("\"a b c\" d", 4), "\"a b…\"");
        assert_eq!(cut("\"a\" b\\\" c", 6), "\"a\" b…");
        assert_eq!(cut("has the value \"65536\"", 99), "has the value \"65536\"");
    }

    #[test]
    fn two_senders_whose_names_are_as_long_as_may_be_are_kept_apart() {
        let refusals = Refusals::default();
        for last in ["a", "b"] {
            let part = |last: &str| format!("{}{last}", "x".repeat(255));
            note(&refusals, "10.0.0.1", &format!("{}/{} ({})", part("n"), part("w"), part(last)), SLOT);
        }
        assert_eq!(refusals.within(0, u64::MAX).len(), 2);
    }

    #[test]
    fn however_many_names_and_addresses_come_what_is_kept_is_bounded() {
        let refusals = Refusals::default();
        for number in 0..3_000_u64 {
            note(&refusals, "10.0.0.1", &format!("forged-{number}"), number * SLOT);
            note(&refusals, &format!("10.1.{}.{}", number / 250, number % 250), "one", number * SLOT);
        }
        let all = refusals.within(0, u64::MAX);
        assert_eq!(all.len(), limits::REFUSED);
        let of_one: Vec<_> = all.iter().filter(|one| one.peer == "10.0.0.1").collect();
        assert!(of_one.len() <= limits::REFUSED_OF_ONE_ADDRESS + 1);
        assert!(of_one.iter().any(|one| one.who.is_empty() && one.batches >= 360));
    }
}
