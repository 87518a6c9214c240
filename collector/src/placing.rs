//! The collector's placing epoch: which place each end of an edge has, for everybody who asks and over restarts. One file in the data folder;
//! docs/storage.md has its format. Knows nothing of where graphs come from, and nothing of how places are drawn.

mod file;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hogusu_placing::{End, Epoch, Graph, Place};

use crate::store::{Files, SlotFolder};

pub use file::NAME;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 24 * 3600 * SECOND;
/// What did not come about, as there is no room for a place or the disk does not take the file, is not tried again before.
const AGAIN: u64 = 10 * SECOND;

/// The epoch that holds, and where it is kept.
#[derive(Debug)]
pub struct Placing<F: Files = SlotFolder> {
    /// `None`: it is kept in memory alone.
    folder: Option<F>,
    state: Mutex<State>,
    /// Held by whoever reads what the first epoch begins with: that is long, and once is enough.
    beginning: Mutex<()>,
}

/// An epoch, as it is at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Current {
    /// When it began, nanoseconds since the epoch of clocks, a whole second, later than that of the one before where that could be read. 0 before the first.
    pub begun: u64,
    epoch: Epoch,
}

#[derive(Debug, Default)]
struct State {
    current: Arc<Current>,
    /// The file does not hold what is current.
    is_unwritten: bool,
    /// When that is tried again, nanoseconds since the epoch of clocks.
    write_at: u64,
    /// When ends without a place are placed again, for there was no room for the last ones.
    place_at: u64,
}

impl Default for Placing {
    /// In memory alone.
    fn default() -> Self {
        Self { folder: None, state: Mutex::default(), beginning: Mutex::default() }
    }
}

impl<F: Files> Placing<F> {
    /// That of a data folder. A file that cannot be believed is laid aside, and said.
    ///
    /// # Errors
    /// When the folder cannot be read, or the file neither read nor laid aside.
    pub fn open(folder: F) -> io::Result<Self> {
        let current = Arc::new(file::read(&folder)?.unwrap_or_default());
        let state = Mutex::new(State { current, ..State::default() });
        Ok(Self { folder: Some(folder), state, beginning: Mutex::default() })
    }

    /// Begins the first epoch with this graph, where none has begun and there is anything to place. The graph is asked for only there; who
    /// comes meanwhile waits for it.
    ///
    /// # Errors
    /// When the graph cannot be had: then none has begun.
    pub fn begin<E>(&self, now: u64, graph: impl FnOnce() -> Result<Graph, E>) -> Result<(), E> {
        if self.is_begun() {
            return Ok(());
        }
        let _beginning = self.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_begun() {
            return Ok(());
        }
        let graph = graph()?;
        let mut state = self.lock();
        if state.current.begun == 0 && !graph.is_empty() {
            state.current = Arc::new(anew(0, &graph, now));
            self.write(&mut state, now);
        }
        Ok(())
    }

    fn is_begun(&self) -> bool {
        self.lock().current.begun > 0
    }

    /// Begins a new epoch, in which everything is placed anew.
    ///
    /// # Errors
    /// When it cannot be kept: then the one before goes on.
    pub fn renew(&self, graph: &Graph, now: u64) -> io::Result<Arc<Current>> {
        let mut state = self.lock();
        let current = Arc::new(anew(state.current.begun, graph, now));
        if let Some(folder) = &self.folder {
            file::write(folder, &current)?;
        }
        *state = State { current: Arc::clone(&current), ..State::default() };
        Ok(current)
    }

    /// The epoch, in which all of these have a place that there is room for. The graph is that of which these are the ends; it is asked for only
    /// where somebody has none.
    pub fn shown(&self, ends: &[End], now: u64, graph: impl FnOnce() -> Graph) -> Arc<Current> {
        let mut state = self.lock();
        let is_known = state.current.begun > 0 && state.current.epoch.knows(ends, day(now));
        if !is_known && !ends.is_empty() && now >= state.place_at {
            state.grow(ends, &graph(), now);
        }
        if state.is_unwritten && now >= state.write_at {
            self.write(&mut state, now);
        }
        Arc::clone(&state.current)
    }

    /// What cannot be written is tried again with a later question; meanwhile it holds in memory.
    fn write(&self, state: &mut State, now: u64) {
        let written = self.folder.as_ref().map_or(Ok(()), |folder| file::write(folder, &state.current));
        if let Err(error) = &written {
            tracing::error!(%error, file = NAME, "places cannot be written: after a restart they are those written last");
        }
        state.is_unwritten = written.is_err();
        state.write_at = now.saturating_add(AGAIN);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn grow(&mut self, ends: &[End], graph: &Graph, now: u64) {
        let is_first = self.current.begun == 0;
        let current = Arc::make_mut(&mut self.current);
        if is_first {
            *current = anew(0, graph, now);
        }
        if current.epoch.grow(graph, day(now)).is_changed || is_first {
            (self.is_unwritten, self.write_at) = (true, 0);
        }
        let is_full = !current.epoch.knows(ends, day(now));
        self.place_at = if is_full { now.saturating_add(AGAIN) } else { 0 };
    }
}

impl Current {
    /// Where an end stands.
    #[must_use]
    pub fn place(&self, end: &End) -> Option<Place> {
        self.epoch.place(end)
    }

    /// Ends that have a place.
    #[must_use]
    pub fn places(&self) -> usize {
        self.epoch.len()
    }

    /// Ends that had one when it began.
    #[must_use]
    pub const fn began_with(&self) -> u64 {
        self.epoch.began_with()
    }

    /// Ends that got one since.
    #[must_use]
    pub const fn added(&self) -> u64 {
        self.epoch.added()
    }
}

/// An epoch that begins after the one that began then.
fn anew(before: u64, graph: &Graph, now: u64) -> Current {
    let second = now - now % SECOND;
    let begun = second.max(before.saturating_add(SECOND));
    Current { begun, epoch: Epoch::begin(graph, day(now)) }
}

fn day(now: u64) -> u32 {
    u32::try_from(now / DAY).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use hogusu_placing::Lane;

    use super::*;

    const NOW: u64 = 20_000 * DAY + 5;

    fn ends(names: &[&str]) -> Vec<End> {
        let end = |name: &&str| End { lane: Lane::default(), kind: "workload".to_owned(), name: (*name).to_owned() };
        names.iter().map(end).collect()
    }

    fn graph(names: &[&str]) -> Graph {
        Graph::new(ends(names), (1..names.len()).map(|place| (place - 1, place, 1)))
    }

    fn opened(folder: &tempfile::TempDir) -> Placing {
        Placing::open(SlotFolder::found(folder.path().to_owned())).unwrap()
    }

    fn shown(placing: &Placing, names: &[&str]) -> Arc<Current> {
        placing.shown(&ends(names), NOW, || graph(names))
    }

    fn begin(placing: &Placing, names: &[&str]) {
        placing.begin(NOW, || Ok::<_, ()>(graph(names))).unwrap();
    }

    #[test]
    fn places_outlive_the_process_and_a_broken_file_is_laid_aside() {
        let folder = tempfile::tempdir().unwrap();
        let first = opened(&folder);
        assert!(!first.is_begun());
        begin(&first, &["a", "b"]);
        let known = shown(&first, &["a", "b", "c"]);
        assert_eq!((known.begun, known.began_with(), known.added()), (20_000 * DAY, 2, 1));
        assert_eq!(shown(&opened(&folder), &["c", "b"]), known, "nothing is placed anew");
        let renewed = first.renew(&graph(&["a"]), NOW).unwrap();
        assert_eq!((renewed.begun, renewed.places()), (20_000 * DAY + SECOND, 1), "no two epochs are called the same");
        assert_eq!(opened(&folder).lock().current, renewed);

        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        for broken in [&b""[..], &whole[..whole.len() - 1], &whole[..40], &[whole.as_slice(), b" "].concat()] {
            std::fs::write(&path, broken).unwrap();
            assert!(!opened(&folder).is_begun());
            assert!(!path.exists() && folder.path().join(format!("{NAME}.damaged")).exists());
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(opened(&folder).is_begun(), "what is put back is read");
    }

    #[test]
    fn what_cannot_be_written_holds_in_memory_and_is_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let placing = opened(&folder);
        let known = shown(&placing, &["a", "b"]);
        let aside = folder.path().with_extension("moved");
        std::fs::rename(folder.path(), &aside).unwrap();
        let grown = shown(&placing, &["a", "b", "c"]);
        assert!(grown.place(&ends(&["c"])[0]).is_some());
        placing.renew(&graph(&["a"]), NOW).unwrap_err();
        std::fs::rename(&aside, folder.path()).unwrap();
        assert_eq!(opened(&folder).lock().current, known);
        shown(&placing, &["a"]);
        assert_eq!(opened(&folder).lock().current, known, "a disk is not asked at every question");
        placing.shown(&ends(&["a"]), NOW + AGAIN, Graph::default);
        assert_eq!(opened(&folder).lock().current, grown);
    }

    #[test]
    fn ends_that_there_is_no_room_for_are_not_laid_out_at_every_question() {
        let placing = Placing::default();
        let names: Vec<String> = (0..=hogusu_placing::PLACES).map(|number| number.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let asked = std::cell::Cell::new(0);
        let shown = |now: u64| {
            let graph = || {
                asked.set(asked.get() + 1);
                Graph::new(ends(&names), [])
            };
            placing.shown(&ends(&names), now, graph).places()
        };
        let places = hogusu_placing::PLACES;
        assert_eq!((shown(NOW), shown(NOW + 1), shown(NOW + AGAIN - 1), asked.get()), (places, places, places, 1));
        assert_eq!((shown(NOW + AGAIN), asked.get()), (places, 2));
    }

    #[test]
    fn who_asks_while_the_first_epoch_begins_waits_for_it() {
        let placing = Placing::default();
        let asked = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let graph = || {
                        asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        Ok::<_, ()>(graph(&["a", "b"]))
                    };
                    placing.begin(NOW, graph).unwrap();
                    assert!(placing.is_begun());
                });
            }
        });
        assert_eq!(asked.into_inner(), 1);
        let other = Placing::default();
        assert_eq!(other.begin(NOW, || Err(())), Err(()));
        begin(&other, &["a"]);
        assert!(other.is_begun(), "what could not be read is read again");
    }

    #[test]
    fn no_epoch_begins_with_nothing() {
        let placing = Placing::default();
        begin(&placing, &[]);
        assert_eq!((shown(&placing, &[]).begun, placing.is_begun()), (0, false));
        assert_eq!(shown(&placing, &["a"]).began_with(), 1);
    }
}
