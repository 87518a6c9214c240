//! Files that are left out of answers, and the stretch of time that each may have held.

use std::collections::BTreeMap;

use super::Resolution;
use super::names::{SECOND, is_rolled_set_aside, name_of, rolled_stretch, set_aside_of};
use super::retention::Candidate;
use super::summary::Summary;
use super::sums::Range;

/// How long before a file's beginning events lie that came in time and are in it: what a filter holds back at most before it folds.
const REACH_NANOS: u64 = 60 * SECOND;

/// A file that is left out of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedFile {
    /// Its name in the data folder.
    pub file: String,
    /// How the damage shows.
    pub reason: String,
    /// Start of the stretch that it may have held, nanoseconds since the epoch.
    pub from: u64,
    /// Its end, exclusive.
    pub to: u64,
}

impl DamagedFile {
    /// Whether it may have held something of [from, to).
    #[must_use]
    pub const fn meets(&self, from: u64, to: u64) -> bool {
        self.from < to && self.to >= from
    }
}

/// What is left out.
#[derive(Debug, Default)]
pub(super) struct Damaged {
    /// Files of the store by when they begin.
    files: BTreeMap<u64, DamagedFile>,
    /// Rolled-up files.
    rolled: Vec<DamagedFile>,
    /// A segment of the journal that the store does not hold either. Its batches are gaps in sequences from the next one on; until then, and
    /// where none comes, this says so.
    missing: Option<DamagedFile>,
}

impl Damaged {
    /// Notes a file under its own name; it is said once in the log.
    pub(super) fn note(&mut self, stamp: u64, reason: &str, (from, to): Range) -> &DamagedFile {
        self.insert(stamp, DamagedFile { file: path(&name_of(stamp)), reason: reason.to_owned(), from, to })
    }

    /// Notes a file that was set aside.
    pub(super) fn note_set_aside(&mut self, stamp: u64, reason: &str, (from, to): Range) {
        self.insert(stamp, DamagedFile { file: path(&set_aside_of(stamp)), reason: reason.to_owned(), from, to });
    }

    fn insert(&mut self, stamp: u64, file: DamagedFile) -> &DamagedFile {
        say(&file);
        self.files.entry(stamp).insert_entry(file).into_mut()
    }

    /// Notes that the store ends before what the journal begins with, where no damaged file says it already.
    pub(super) fn note_missing(&mut self, file: String, newest: &Summary) {
        if self.files.values().any(|file| file.to == u64::MAX) {
            return;
        }
        let reason = "it is not there, and the store does not hold what was in it".to_owned();
        let missing = DamagedFile { file, reason, from: newest.to.saturating_sub(REACH_NANOS), to: u64::MAX };
        say(&missing);
        self.missing = Some(missing);
    }

    /// A commit: from now on nothing goes to what is left out.
    pub(super) fn end_at(&mut self, now: u64) {
        let all = self.files.values_mut().chain(&mut self.missing);
        all.filter(|file| file.to == u64::MAX).for_each(|file| file.to = now.max(file.from));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &DamagedFile)> {
        self.files.iter().map(|(stamp, file)| (*stamp, file))
    }

    /// What may have held something of [from, to), but for files of slots that are read from rolled-up ones.
    pub(super) fn meeting(&self, from: u64, to: u64, is_held: impl Fn(&u64) -> bool) -> Vec<DamagedFile> {
        let slots = self.files.iter().filter(|(stamp, _)| !is_held(stamp)).map(|(_, file)| file);
        slots.chain(&self.rolled).chain(&self.missing).filter(|file| file.meets(from, to)).cloned().collect()
    }

    /// Notes a rolled-up file by its name, or the one under which it was set aside.
    pub(super) fn note_rolled(&mut self, name: &str, reason: &str) -> Option<&DamagedFile> {
        let (from, to) = rolled_stretch(name)?;
        let place = match self.rolled.iter().position(|file| file.file == path(name)) {
            Some(place) => place,
            None => {
                let file = DamagedFile { file: path(name), reason: reason.to_owned(), from, to };
                say(&file);
                self.rolled.push(file);
                self.rolled.len() - 1
            }
        };
        self.rolled.get(place)
    }

    /// What of it may go: like the rest of its age, and first where there is no room.
    pub(super) fn candidates(&self, bytes: impl Fn(&str) -> u64) -> impl Iterator<Item = Candidate> {
        let candidate = move |stamp: u64, resolution, file: &DamagedFile| {
            let name = file.file.trim_start_matches("slots/").to_owned();
            let bytes = bytes(&name);
            Candidate { name, resolution, stamp, to: file.to, bytes, is_held: true }
        };
        let rolled = self.rolled.iter().filter(|file| is_rolled_set_aside(file.file.trim_start_matches("slots/")));
        let all = self.files.iter().map(|(stamp, file)| (*stamp, Resolution::Slot, file));
        let all = all.chain(rolled.map(|file| (file.from / SECOND, Resolution::Minute, file)));
        all.map(move |(stamp, resolution, file)| candidate(stamp, resolution, file))
    }

    /// One of these was removed. False when it is none.
    pub(super) fn forget(&mut self, name: &str) -> bool {
        let before = self.len();
        self.files.retain(|_, file| file.file != path(name));
        self.rolled.retain(|file| file.file != path(name));
        self.len() < before
    }

    pub(super) fn get(&self, stamp: u64) -> Option<&DamagedFile> {
        self.files.get(&stamp)
    }

    pub(super) fn len(&self) -> usize {
        self.files.len() + self.rolled.len()
    }

    /// Names of their files, be they still there or not.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.values().chain(&self.rolled).map(|file| file.file.trim_start_matches("slots/"))
    }

    /// Whether a file of this name is among them.
    pub(super) fn has(&self, name: &str) -> bool {
        self.files.values().any(|file| file.file == path(name))
    }
}

/// A file of the store, by its name in the data folder.
fn path(name: &str) -> String {
    format!("slots/{name}")
}

fn say(file: &DamagedFile) {
    let DamagedFile { file, reason, from, to } = file;
    tracing::error!(%file, %reason, from, to, "damaged: answers about its time are without it and say so");
}

/// What a file of which nothing is known may have held: from the end of the one before it to the beginning of the next.
pub(super) fn stretch(stamp: u64, before: Option<&Summary>, next: Option<u64>) -> Range {
    let begun = stamp.saturating_mul(SECOND);
    let from = before.map_or(begun, |summary| summary.to.min(begun));
    (from.saturating_sub(REACH_NANOS), next.map_or(u64::MAX, |next| next.saturating_mul(SECOND)))
}
