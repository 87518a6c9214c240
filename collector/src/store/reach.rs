//! How far back each resolution reaches, and what it takes of the disk. Whether that is enough is not known here.

use std::collections::HashMap;

use super::names::{name_of, sums_of};
use super::summary::Summary;
use super::sums::Range;
use super::{Files, Resolution, Store, StoreError};

/// Files of one resolution.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Start of the earliest slot in them, nanoseconds since the epoch; 0 when there is none.
    pub from: u64,
    /// End of the latest slot or batch.
    pub to: u64,
    /// How many they are; damaged ones are not among them.
    pub files: usize,
    /// Bytes of them, and of their checksums.
    pub bytes: u64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Bytes of all files, damaged ones among them.
    pub bytes: u64,
    /// Of each resolution, the finest first.
    pub reaches: [Reach; 4],
}

impl Reach {
    /// One file more.
    fn add(&mut self, (from, to): Range, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if to > 0 {
            self.from = if self.to == 0 { from } else { self.from.min(from) };
            self.to = self.to.max(to);
        }
    }
}

impl Extent {
    /// Files that are read.
    #[must_use]
    pub fn files(&self) -> usize {
        self.reaches.iter().map(|reach| reach.files).sum()
    }

    /// Start of the earliest event at any resolution; 0 when there is none.
    #[must_use]
    pub fn earliest(&self) -> u64 {
        self.reaches.iter().filter(|reach| reach.to > 0).map(|reach| reach.from).min().unwrap_or(0)
    }
}

impl<F: Files> Store<F> {
    /// How much there is.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn extent(&self) -> Result<Extent, StoreError> {
        let lengths: HashMap<String, u64> = self.files.list()?.into_iter().collect();
        let length = |name: &str| lengths.get(name).copied().unwrap_or(0);
        let shelves = self.catalogue.read();
        let (rolled, current) = (shelves.rolled_readers()?, self.current.as_ref());
        // The catalogue has the file that is written to as it was when it was opened.
        let known = |(stamp, file): (&u64, &Summary)| {
            let current = current.filter(|(current, _)| current == stamp).map(|(_, day)| day.summary.range());
            (*stamp, current.unwrap_or(file.range()))
        };
        let sealed = shelves.sealed.iter().map(|(stamp, file)| known((stamp, &file.summary)));
        let open = shelves.open.iter().map(|(stamp, file)| known((stamp, &file.summary)));
        let mut slots = Reach::default();
        for (stamp, range) in sealed.chain(open) {
            slots.add(range, length(&name_of(stamp)).saturating_add(length(&sums_of(stamp))));
        }
        let reaches = Resolution::ALL.map(|resolution| {
            let mut reach = if resolution == Resolution::Slot { slots } else { Reach::default() };
            for file in rolled.iter().filter(|file| file.resolution == resolution) {
                reach.add((file.contents.from, file.contents.to), length(&file.name));
            }
            reach
        });
        Ok(Extent { bytes: lengths.values().sum(), reaches })
    }
}
