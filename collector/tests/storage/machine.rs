//! A machine with one disk that forgets: what was not synced is lost when it stops, wholly, in part, or not at all.
//!
//! Every change of the disk is one position. A machine told to stop at a position fails that change and every access
//! after it; [`Machine::restart`] is the same disk with what survived.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::place::Place;

/// What survives of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survives {
    /// Nothing: the power failed.
    Nothing,
    /// Everything: only the process was killed.
    Everything,
    /// Some of the writes, each whole, torn or lost as chance has it.
    Some(u64),
}

/// A change of a file.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

/// A file: as the process sees it, as it is durable, and what lies between.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pub(crate) seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

impl Content {
    pub(crate) fn change(&mut self, change: Change) {
        apply(&mut self.seen, &change);
        self.unsynced.push(change);
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes: new } => {
            if bytes.len() < at + new.len() {
                bytes.resize(at + new.len(), 0);
            }
            bytes[*at..at + new.len()].copy_from_slice(new);
        }
        Change::Length(length) => bytes.resize(*length, 0),
    }
}

pub(crate) type Names = BTreeMap<String, usize>;

/// The disk.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) contents: Vec<Content>,
    /// Names as the process sees them, and every state since the last sync of the folder, the durable one first.
    folders: BTreeMap<&'static str, Vec<Names>>,
    position: usize,
    stop_at: Option<usize>,
    full: bool,
    /// Bytes that all files that have a name may have.
    capacity: Option<usize>,
}

/// The machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machine(Arc<Mutex<State>>);

impl Machine {
    /// A machine that stops at its `position`th change.
    pub(crate) fn stopping_at(position: usize) -> Self {
        Self(Arc::new(Mutex::new(State { stop_at: Some(position), ..State::default() })))
    }

    /// Lets the machine stop after so many changes more.
    pub(crate) fn stop_after(&self, changes: usize) {
        let mut state = self.0.lock().unwrap();
        state.stop_at = Some(state.position + changes);
    }

    /// Lets writes fail, as on a full disk; removing and shortening still work.
    pub(crate) fn fill(&self, full: bool) {
        self.0.lock().unwrap().full = full;
    }

    /// Lets writes fail while all files together have more than so many bytes.
    pub(crate) fn limit(&self, capacity: usize) {
        self.0.lock().unwrap().capacity = Some(capacity);
    }

    /// Bytes of all files that have a name.
    pub(crate) fn bytes(&self) -> usize {
        self.0.lock().unwrap().bytes()
    }

    pub(crate) fn folder(&self, folder: &'static str) -> Place {
        Place::new(self.clone(), folder)
    }

    /// Changes so far.
    pub(crate) fn position(&self) -> usize {
        self.0.lock().unwrap().position
    }

    /// The same disk after the machine stopped.
    pub(crate) fn restart(&self, survives: Survives) -> Self {
        let state = self.0.lock().unwrap();
        let mut chance = Chance(if let Survives::Some(seed) = survives { seed } else { 0 });
        let contents = state.contents.iter().map(|content| survivor(content, survives, &mut chance)).collect();
        let folders = state.folders.iter().map(|(folder, states)| {
            let at = match survives {
                Survives::Nothing => 0,
                Survives::Everything => states.len() - 1,
                Survives::Some(_) => chance.below(states.len()),
            };
            (*folder, vec![states[at].clone()])
        });
        Self(Arc::new(Mutex::new(State { contents, folders: folders.collect(), ..State::default() })))
    }

    /// Names of the store's files, without what lies beside them.
    pub(crate) fn stored(&self) -> Vec<String> {
        self.names("slots").into_iter().filter(|name| name.ends_with(".redb")).collect()
    }

    /// Overwrites a byte of a file, as a failing disk might.
    pub(crate) fn flip(&self, folder: &'static str, name: &str, at: usize) {
        self.flip_bit(folder, name, at * 8 + 6);
    }

    /// Flips one bit of a file.
    pub(crate) fn flip_bit(&self, folder: &'static str, name: &str, bit: usize) {
        let mut state = self.0.lock().unwrap();
        let content = state.folders[folder].last().unwrap()[name];
        let content = &mut state.contents[content];
        content.seen[bit / 8] ^= 1 << (bit % 8);
        content.durable.clone_from(&content.seen);
    }

    /// Removes all names of a folder behind the back of who has its files open. Returns them.
    pub(crate) fn take_away(&self, folder: &'static str) -> Names {
        let mut state = self.0.lock().unwrap();
        let names = state.names(folder).last().unwrap().clone();
        state.put(folder, Names::new());
        names
    }

    /// Puts them back.
    pub(crate) fn put_back(&self, folder: &'static str, names: Names) {
        self.0.lock().unwrap().put(folder, names);
    }

    pub(crate) fn length(&self, folder: &'static str, name: &str) -> usize {
        let state = self.0.lock().unwrap();
        state.contents[state.folders[folder].last().unwrap()[name]].seen.len()
    }

    pub(crate) fn names(&self, folder: &'static str) -> Vec<String> {
        let state = self.0.lock().unwrap();
        state
            .folders
            .get(folder)
            .and_then(|states| states.last())
            .map(|names| names.keys().cloned().collect())
            .unwrap_or_default()
    }

    pub(crate) fn read(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.0.lock().unwrap();
        if state.stop_at.is_some_and(|stop| state.position > stop) { Err(stopped()) } else { Ok(state) }
    }

    /// A change that needs space.
    pub(crate) fn grow(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.change()?;
        let is_full = state.full || state.capacity.is_some_and(|capacity| state.bytes() > capacity);
        if is_full { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(state) }
    }

    pub(crate) fn change(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.0.lock().unwrap();
        state.position += 1;
        if state.stop_at.is_some_and(|stop| state.position > stop) { Err(stopped()) } else { Ok(state) }
    }
}

fn stopped() -> io::Error {
    io::Error::other("the machine stopped")
}

fn survivor(content: &Content, survives: Survives, chance: &mut Chance) -> Content {
    let mut bytes = content.durable.clone();
    for change in &content.unsynced {
        match (survives, change) {
            (Survives::Nothing, _) => {}
            (Survives::Everything, change) => apply(&mut bytes, change),
            (Survives::Some(_), change) => match (chance.below(3), change) {
                (0, _) => {}
                (1, Change::Write { at, bytes: new }) => {
                    let torn = new[..chance.below(new.len() + 1)].to_vec();
                    apply(&mut bytes, &Change::Write { at: *at, bytes: torn });
                }
                _ => apply(&mut bytes, change),
            },
        }
    }
    Content { seen: bytes.clone(), durable: bytes, unsynced: Vec::new() }
}

/// A small generator of numbers (splitmix64): runs can be repeated.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }
}

impl State {
    fn bytes(&self) -> usize {
        let named = self.folders.values().filter_map(|states| states.last()).flat_map(|names| names.values());
        named.map(|content| self.contents[*content].seen.len()).sum()
    }

    pub(crate) fn names(&mut self, folder: &'static str) -> &mut Vec<Names> {
        self.folders.entry(folder).or_insert_with(|| vec![Names::new()])
    }

    pub(crate) fn rename(&mut self, folder: &'static str, change: impl FnOnce(&mut Names)) {
        let states = self.names(folder);
        let mut names = states.last().unwrap().clone();
        change(&mut names);
        states.push(names);
    }

    fn put(&mut self, folder: &'static str, names: Names) {
        self.folders.insert(folder, vec![names]);
    }

    pub(crate) fn content(&mut self, folder: &'static str, name: &str) -> io::Result<usize> {
        self.names(folder).last().unwrap().get(name).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    pub(crate) fn sync(&mut self, content: usize) {
        let content = &mut self.contents[content];
        content.durable.clone_from(&content.seen);
        content.unsynced.clear();
    }

    pub(crate) fn create(&mut self, folder: &'static str, name: &str) -> usize {
        self.contents.push(Content::default());
        let content = self.contents.len() - 1;
        self.rename(folder, |names| {
            names.insert(name.to_owned(), content);
        });
        content
    }

    pub(crate) fn sync_dir(&mut self, folder: &'static str) {
        let states = self.names(folder);
        states.drain(..states.len() - 1);
    }
}
