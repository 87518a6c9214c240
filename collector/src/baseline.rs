//! Baselines: periods that are kept by a name, beyond retention, until somebody removes them. One file each under DATA/baselines; docs/storage.md
//! has its format. Knows nothing of where a period's hours come from.

mod file;
mod name;

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use hogusu_compare::{EdgeRecord, HourRecord, PeriodOfMesh};
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::store::stream::Input;
use crate::store::{Files, SlotFolder};

use file::{Writing, compressed, read};

pub use file::SCHEMA;
pub use name::Name;

/// How a file of a baseline ends.
const ENDING: &str = ".baseline";
/// What is written before it has its name.
const UNFINISHED: &str = "unfinished.new";

/// Why a baseline is not there, or not made.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// None has this name.
    #[error("there is no baseline {0}")]
    Missing(String),
    /// One has it already.
    #[error("there is a baseline {0} already")]
    Exists(String),
    /// One is being saved.
    #[error("another baseline is being saved")]
    Busy,
    /// There are as many as may be.
    #[error("there are {0} baselines, as many as are kept")]
    TooMany(usize),
    /// It is larger than one may be.
    #[error("the baseline would take more than {0} bytes")]
    TooLarge(u64),
    /// It is more than can be compared.
    #[error("the period holds more hours of edges than can be compared at once")]
    TooMuch,
    /// It cannot be believed.
    #[error("the baseline {name} is damaged: {why}")]
    Damaged {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The folder cannot be read or written.
    #[error("the folder of baselines: {0}")]
    Folder(#[from] io::Error),
}

/// One line of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first one.
    Head(Head),
    /// An hour; there is one for each, in order.
    Hour(HourRecord),
    /// An edge.
    Edge(Box<EdgeRecord>),
    /// The last one.
    End(End),
}

/// What a baseline is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// `hogusu.baseline/v1`.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// First hour, in hours since the epoch.
    pub from: u64,
    /// How many hours.
    pub hours: u64,
    /// When it was saved, nanoseconds since the epoch.
    pub saved: u64,
}

/// What closes a baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How many edges there are before it.
    pub edges: u64,
    /// Workloads of which every hour was covered: k8s cluster, namespace, name.
    pub covered: Vec<[String; 3]>,
    /// Workloads of which something is missing.
    pub lacking: Vec<[String; 3]>,
}

/// A baseline, as a list names it.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// What it is of, or why it cannot be read.
    pub head: Result<Head, BaselineError>,
}

/// All of them.
#[derive(Debug)]
pub struct Baselines<F: Files = SlotFolder> {
    folder: F,
    /// Held by who saves one.
    saving: Mutex<()>,
}

impl<F: Files> Baselines<F> {
    /// Those in a folder. What a crash left unfinished is removed.
    ///
    /// # Errors
    /// When that cannot be removed.
    pub fn open(folder: F) -> io::Result<Self> {
        match folder.remove(UNFINISHED) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { folder, saving: Mutex::default() })
    }

    /// Begins one. It has its name when it is finished, and until then nothing of it is there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self, name: &Name, head: &Head) -> Result<Saving<'_, F>, BaselineError> {
        let held = match self.saving.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(held)) => held.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(BaselineError::Busy),
        };
        let names = self.names()?;
        if names.contains(name) {
            return Err(BaselineError::Exists(name.to_string()));
        }
        if names.len() >= limits::BASELINES {
            return Err(BaselineError::TooMany(names.len()));
        }
        let mut writing = Writing::begin(self.folder.open(UNFINISHED)?)?;
        writing.line(&Line::Head(head.clone()))?;
        Ok(Saving { writing, folder: &self.folder, name: file_of(name), _held: held })
    }

    /// Their names, ascending.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn names(&self) -> io::Result<Vec<Name>> {
        let files = self.folder.list()?;
        let named = |(file, _): &(String, u64)| file.strip_suffix(ENDING).and_then(Name::parse);
        let mut names: Vec<Name> = files.iter().filter_map(named).collect();
        names.sort();
        Ok(names)
    }

    /// All of them, each checked to its last byte.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, BaselineError> {
        let entry = |name: &Name| {
            let mut head = None;
            let found = self.file(name).and_then(|file| {
                read(name, file, &mut |line| {
                    head = head.take().or(if let Line::Head(found) = line { Some(found) } else { None });
                    Ok(())
                })
            });
            let missing = || BaselineError::Missing(name.to_string());
            let head = found.and_then(|()| head.ok_or_else(missing));
            let bytes = self.file(name).map_or(0, |file| file.length());
            Entry { name: name.to_string(), bytes, head }
        };
        Ok(self.names()?.iter().map(entry).collect())
    }

    /// Bytes of its file.
    ///
    /// # Errors
    /// When there is none.
    pub fn bytes(&self, name: &Name) -> Result<u64, BaselineError> {
        Ok(self.file(name)?.length())
    }

    /// Reads one as it is compared.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn period(&self, name: &Name) -> Result<(Head, PeriodOfMesh), BaselineError> {
        file::period(name, self.file(name)?)
    }

    /// Its lines as they are kept: compressed with gzip.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn export(&self, name: &Name) -> Result<Vec<u8>, BaselineError> {
        compressed(name, self.file(name)?)
    }

    /// Hands out the file of each as it is now, sound or not, to be copied. They are opened one after the other.
    ///
    /// # Errors
    /// When one cannot be opened, or `take` says so.
    pub fn files<E: From<io::Error>>(
        &self,
        mut take: impl FnMut(&str, Input<F::Backend>) -> Result<(), E>,
    ) -> Result<(), E> {
        for name in self.names()?.iter().map(file_of) {
            match self.folder.existing(&name) {
                // It was removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                file => take(&name, Input::new(file?)?)?,
            }
        }
        Ok(())
    }

    /// Removes one, be it damaged.
    ///
    /// # Errors
    /// When there is none, or it cannot be removed.
    pub fn remove(&self, name: &Name) -> Result<(), BaselineError> {
        let _held: MutexGuard<'_, ()> = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        match self.folder.remove(&file_of(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BaselineError::Missing(name.to_string()));
            }
            removed => removed?,
        }
        Ok(self.folder.sync_dir()?)
    }

    fn file(&self, name: &Name) -> Result<Input<F::Backend>, BaselineError> {
        match self.folder.existing(&file_of(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BaselineError::Missing(name.to_string())),
            file => Ok(Input::new(file?)?),
        }
    }
}

fn file_of(name: &Name) -> String {
    format!("{name}{ENDING}")
}

/// One that is being saved. Dropped before it is finished, it leaves a file that has no name of a baseline, which the next one replaces.
#[derive(Debug)]
pub struct Saving<'a, F: Files = SlotFolder> {
    writing: Writing<F::Backend>,
    folder: &'a F,
    name: String,
    _held: MutexGuard<'a, ()>,
}

impl<F: Files> Saving<'_, F> {
    /// Adds a line.
    ///
    /// # Errors
    /// When it cannot be written, or there are too many.
    pub fn line(&mut self, line: &Line) -> Result<(), BaselineError> {
        self.writing.line(line)
    }

    /// Makes it durable and gives it its name. Returns its bytes.
    ///
    /// # Errors
    /// When it may not be durable.
    pub fn finish(self, end: End) -> Result<u64, BaselineError> {
        let mut writing = self.writing;
        writing.line(&Line::End(end))?;
        let bytes = writing.finish()?;
        self.folder.rename(UNFINISHED, &self.name)?;
        self.folder.sync_dir()?;
        Ok(bytes)
    }
}
