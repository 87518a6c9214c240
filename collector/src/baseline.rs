//! Baselines: periods that are kept by a name, beyond retention, until somebody removes them. One file each under DATA/baselines; docs/storage.md
//! has its format. Knows nothing of where a period's hours come from.

mod file;
mod name;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use hogusu_compare::{EdgeRecord, HourRecord, PeriodOfMesh};
use serde::{Deserialize, Serialize};

use crate::limits;

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
pub struct Baselines {
    folder: PathBuf,
    /// Held by who saves one.
    saving: Mutex<()>,
}

impl Baselines {
    /// Those under a folder, which is made when the first one is saved. What a crash left unfinished is removed.
    ///
    /// # Errors
    /// When that cannot be removed.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        match fs::remove_file(folder.join(UNFINISHED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { folder, saving: Mutex::default() })
    }

    /// Begins one. It has its name when it is finished, and until then nothing of it is there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self, name: &Name, head: &Head) -> Result<Saving<'_>, BaselineError> {
        let held = match self.saving.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(held)) => held.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(BaselineError::Busy),
        };
        fs::create_dir_all(&self.folder)?;
        if self.path(name).try_exists()? {
            return Err(BaselineError::Exists(name.to_string()));
        }
        let count = self.names()?.len();
        if count >= limits::BASELINES {
            return Err(BaselineError::TooMany(count));
        }
        let mut writing = Writing::begin(self.folder.join(UNFINISHED))?;
        writing.line(&Line::Head(head.clone()))?;
        Ok(Saving { writing, path: self.path(name), _held: held })
    }

    /// Their names, ascending.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn names(&self) -> io::Result<Vec<Name>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry?.file_name();
            names.extend(file.to_str().and_then(|file| file.strip_suffix(ENDING)).and_then(Name::parse));
        }
        names.sort();
        Ok(names)
    }

    /// All of them, each checked to its last byte.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, BaselineError> {
        let entry = |name: &Name| {
            let (path, mut head) = (self.path(name), None);
            let found = read(name, &path, &mut |line| {
                head = head.take().or(if let Line::Head(found) = line { Some(found) } else { None });
                Ok(())
            });
            let missing = || BaselineError::Missing(name.to_string());
            let head = found.and_then(|()| head.ok_or_else(missing));
            Entry { name: name.to_string(), bytes: fs::metadata(&path).map_or(0, |found| found.len()), head }
        };
        Ok(self.names()?.iter().map(entry).collect())
    }

    /// Reads one as it is compared.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn period(&self, name: &Name) -> Result<(Head, PeriodOfMesh), BaselineError> {
        file::period(name, &self.path(name))
    }

    /// Its lines as they are kept: compressed with gzip.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn export(&self, name: &Name) -> Result<Vec<u8>, BaselineError> {
        compressed(name, &self.path(name))
    }

    /// Removes one, be it damaged.
    ///
    /// # Errors
    /// When there is none, or it cannot be removed.
    pub fn remove(&self, name: &Name) -> Result<(), BaselineError> {
        let _held: MutexGuard<'_, ()> = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BaselineError::Missing(name.to_string()));
            }
            removed => removed?,
        }
        Ok(fs::File::open(&self.folder)?.sync_all()?)
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.folder.join(format!("{name}{ENDING}"))
    }
}

/// One that is being saved. Dropped before it is finished, it leaves a file that has no name of a baseline, which the next one replaces.
#[derive(Debug)]
pub struct Saving<'a> {
    writing: Writing,
    path: PathBuf,
    _held: MutexGuard<'a, ()>,
}

impl Saving<'_> {
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
        writing.finish(&self.path)
    }
}
