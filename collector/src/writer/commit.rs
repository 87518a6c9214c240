//! Moving what was taken into the store: a step that can be worked on while more is taken.

use std::sync::{Arc, Mutex, PoisonError};

use crate::aggregate::Commit;
use crate::spans;
use crate::store::{Extent, Files, Store, StoreError};

/// A step, for whichever thread works on it.
#[derive(Debug)]
pub struct Job<F: Files> {
    store: Arc<Mutex<Store<F>>>,
    task: Task,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Task {
    /// Take a commit over.
    Commit(Commit),
    /// Find out whether the commit up to this journal segment, which failed, is held.
    Settle(u64),
}

/// How a step ended.
#[derive(Debug)]
pub struct Landed {
    /// First journal segment of which nothing is in the commit.
    pub(super) position: u64,
    pub(super) ending: Ending,
    /// How much the store holds now, where that is known.
    pub(super) extent: Option<Extent>,
}

/// Whether the store holds the commit.
#[derive(Debug)]
pub(super) enum Ending {
    Held,
    NotHeld(StoreError),
    Unknown(StoreError),
}

impl<F: Files> Job<F> {
    pub(super) fn new(store: &Arc<Mutex<Store<F>>>, task: Task) -> Self {
        Self { store: Arc::clone(store), task }
    }

    /// Does it. Takes long: it writes files, and waits for the disk.
    #[must_use]
    pub fn run(self) -> Landed {
        let _in = spans::commit().entered();
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let (position, ending) = match self.task {
            Task::Commit(commit) => match store.commit(&commit) {
                Ok(()) => {
                    spans::number(spans::ROWS, commit.rows());
                    (commit.position, Ending::Held)
                }
                Err(error) => (commit.position, settled(&mut store, commit.position, error)),
            },
            Task::Settle(position) => (position, settled(&mut store, position, StoreError::NotTaken)),
        };
        let extent = store.extent().ok();
        if let Some(extent) = extent {
            spans::number(spans::STORE_BYTES, extent.bytes);
        }
        match ending {
            Ending::Held => {}
            Ending::NotHeld(_) => spans::failed("not_held"),
            Ending::Unknown(_) => spans::failed("unknown"),
        }
        Landed { position, ending, extent }
    }
}

/// Whether the store holds a commit that failed with this error.
fn settled<F: Files>(store: &mut Store<F>, position: u64, error: StoreError) -> Ending {
    match store.settle(position) {
        Ok(true) => Ending::Held,
        Ok(false) => Ending::NotHeld(error),
        Err(error) => Ending::Unknown(error),
    }
}
