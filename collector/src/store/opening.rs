//! Opening the folder: the newest file for commits, those before it for reading, and the damaged ones not at all.
//!
//! A damaged file that may be written to is set aside: the files before it do not know everybody who sent since, so the next commit begins
//! a file of its own, with everybody in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::ReadableDatabase;

use super::catalogue::OpenFile;
use super::damage::stretch;
use super::day::Day;
use super::files::Files;
use super::guard::{attempt, dispose};
use super::names::{
    is_rolled_set_aside, name_of, rolled_of, rolled_set_aside_of, set_aside_of, stamp_of, stamp_of_set_aside, sums_of,
};
use super::rolled::Rolled;
use super::{Restart, Store, StoreError, restart, soundness, sums};

impl<F: Files> Store<F> {
    /// Opens all files.
    pub(super) fn open_files(&mut self) -> Result<(), StoreError> {
        if self.current.as_ref().is_some_and(|(_, file)| file.knowledge.flaw().is_some()) {
            self.set_aside_current()?;
        }
        let before = self.current.take();
        // What was known of the bytes stays known: nobody else writes them.
        let known = before.as_ref().map(|(stamp, file)| (*stamp, Arc::clone(&file.knowledge)));
        let mut shelves = self.catalogue.write();
        dispose((before, std::mem::take(&mut shelves.open), std::mem::take(&mut shelves.sealed)));
        let listed = self.files.list()?;
        let is_there = |name: &str| listed.iter().any(|(other, _)| other == name);
        let names = listed.iter().map(|(name, _)| name.as_str());
        let set_aside = names.clone().filter_map(|name| Some((stamp_of_set_aside(name)?, true)));
        // One that has its own name is taken before one that was set aside from it.
        let all: BTreeMap<u64, bool> =
            set_aside.chain(names.filter_map(|name| Some((stamp_of(name)?, false)))).collect();
        let newest = all.iter().rev().find(|(_, is_set_aside)| !**is_set_aside).map(|(stamp, _)| *stamp);
        let mut last = None;
        for (stamp, is_set_aside) in &all {
            let (stamp, name) = (*stamp, name_of(*stamp));
            let next = all.range(stamp + 1..).next().map(|(next, _)| *next);
            if shelves.damaged.has(&name) || shelves.damaged.has(&set_aside_of(stamp)) {
                continue;
            }
            if *is_set_aside {
                let reason = "it was found damaged before and set aside";
                shelves.damaged.note_set_aside(stamp, reason, stretch(stamp, last.as_ref(), next));
                continue;
            }
            let kept = if is_there(&sums_of(stamp)) { sums::load(&*self.files, &sums_of(stamp))? } else { None };
            let (kept, range) = kept.unzip();
            if Some(stamp) != newest || self.is_next_due || kept.is_some() {
                let sealed = soundness::sealed(&*self.files, stamp, kept);
                last = sealed.as_ref().ok().map(|file| file.summary).or(last);
                shelves.put(stamp, sealed, || range.unwrap_or_else(|| stretch(stamp, last.as_ref(), next)))?;
                continue;
            }
            let knowledge = known.as_ref().filter(|(known, _)| *known == stamp).map(|(_, known)| Arc::clone(known));
            let knowledge = knowledge.unwrap_or_default();
            let opened = attempt(&name, &knowledge, || match knowledge.flaw() {
                Some(reason) => Err(StoreError::damaged(&name, reason)),
                None => Day::open(&name, self.files.open(&name)?, &knowledge),
            });
            match opened {
                Ok(file) => {
                    shelves.open.insert(stamp, OpenFile::of(&file));
                    self.current = Some((stamp, file));
                }
                Err(StoreError::Damaged { reason, .. }) => {
                    self.files.rename(&name, &set_aside_of(stamp))?;
                    self.files.sync_dir()?;
                    self.is_next_due = true;
                    shelves.damaged.note_set_aside(stamp, &reason, stretch(stamp, last.as_ref(), next));
                }
                Err(error) => return Err(error),
            }
        }
        drop(shelves);
        self.open_rolled(&listed)
    }

    /// Opens the rolled-up files that are not open. One that is damaged is set aside: what it holds may be rolled up again.
    fn open_rolled(&self, listed: &[(String, u64)]) -> Result<(), StoreError> {
        let mut shelves = self.catalogue.write();
        for (name, _) in listed {
            if is_rolled_set_aside(name) {
                shelves.damaged.note_rolled(name, "it was found damaged before and set aside");
            }
            let Some((resolution, ..)) = rolled_of(name).filter(|_| !shelves.rolled.contains_key(name)) else {
                continue;
            };
            match Rolled::open(name, resolution, self.files.open(name)?, &Arc::default()) {
                Ok(rolled) => drop(shelves.rolled.insert(name.clone(), rolled)),
                Err(StoreError::Damaged { reason, .. }) => {
                    let aside = rolled_set_aside_of(name);
                    self.files.rename(name, &aside)?;
                    self.files.sync_dir()?;
                    shelves.damaged.note_rolled(&aside, &reason);
                }
                Err(error) => return Err(error),
            }
        }
        drop(shelves);
        Ok(())
    }

    /// What a restart goes on from: the newest file that can be read.
    pub(super) fn restart(&mut self) -> Result<Restart, StoreError> {
        loop {
            match self.remembered() {
                Err(StoreError::Damaged { reason, .. }) => self.leave_out_newest(&reason)?,
                restart => return restart,
            }
        }
    }

    fn remembered(&self) -> Result<Restart, StoreError> {
        if let Some((stamp, file)) = &self.current {
            let name = name_of(*stamp);
            return attempt(&name, &file.knowledge, || {
                let remembered = restart::remembered(&name, &file.database.begin_read()?)?;
                Ok(Restart { position: Some(file.summary.position), remembered })
            });
        }
        let shelves = self.catalogue.read();
        let Some((stamp, file)) = shelves.sealed.last_key_value() else { return Ok(Restart::default()) };
        let name = name_of(*stamp);
        attempt(&name, &file.knowledge, || {
            let remembered = restart::remembered(&name, &file.database.begin_read()?)?;
            Ok(Restart { position: Some(file.summary.position), remembered })
        })
    }

    fn leave_out_newest(&mut self, reason: &str) -> Result<(), StoreError> {
        if self.current.is_some() {
            return self.set_aside_current();
        }
        let mut shelves = self.catalogue.write();
        if let Some((stamp, file)) = shelves.sealed.pop_last() {
            shelves.damaged.note(stamp, reason, file.summary.range());
            dispose(file);
        }
        drop(shelves);
        Ok(())
    }

    /// Sets the file aside that was written to, as it is damaged.
    pub(super) fn set_aside_current(&mut self) -> Result<(), StoreError> {
        let Some((stamp, file)) = &self.current else { return Ok(()) };
        let (stamp, reason, range) =
            (*stamp, file.knowledge.flaw().unwrap_or_default().to_owned(), file.summary.range());
        self.files.rename(&name_of(stamp), &set_aside_of(stamp))?;
        self.files.sync_dir()?;
        self.is_next_due = true;
        let mut shelves = self.catalogue.write();
        let open = shelves.open.remove(&stamp);
        shelves.damaged.note_set_aside(stamp, &reason, range);
        drop(shelves);
        dispose((self.current.take(), open));
        Ok(())
    }
}
