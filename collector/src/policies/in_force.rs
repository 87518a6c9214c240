//! The policies that a running collector judges by: those of its files as they were when they were last found in order, and by what it is
//! known that the files changed since. Holds no clock and judges nothing.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use hogusu_policy::{Level, Policy, Problem, Read};
use tokio::sync::Notify;

use super::{Unusable, in_order};
use crate::limits;

/// Nanoseconds of a day.
const DAY: u64 = 86_400_000_000_000;

/// Policies, and what is to be warned of about their files.
#[derive(Debug, Default)]
pub struct Loaded {
    /// In the order of their files.
    pub policies: Vec<Policy>,
    /// Warnings.
    pub problems: Vec<Problem>,
}

/// What is in force, for whoever judges by it.
#[derive(Debug, Clone, Default)]
pub struct InForce(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    loaded: RwLock<Arc<Loaded>>,
    changed: Notify,
}

impl InForce {
    /// These from now on.
    pub fn take(&self, Read { policies, problems }: Read) {
        *self.0.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Loaded { policies, problems });
        self.0.changed.notify_one();
    }

    /// The same, while their files cannot be used: whoever judges by them is told so, with the reason.
    pub fn keep(&self, why: &Unusable) {
        let mut loaded = self.0.loaded.write().unwrap_or_else(PoisonError::into_inner);
        let (policies, mut problems) = (loaded.policies.clone(), loaded.problems.clone());
        problems.retain(|problem| !problem.file.is_empty());
        problems.push(Problem {
            file: String::new(),
            line: 1,
            column: 1,
            level: Level::Warning,
            said: format!("the files changed and cannot be used, those before them are in force: {why}"),
            remedy: "mend them".to_owned(),
        });
        *loaded = Arc::new(Loaded { policies, problems });
    }

    /// As they are now; who has them keeps them, whatever comes after.
    #[must_use]
    pub fn current(&self) -> Arc<Loaded> {
        Arc::clone(&self.0.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends when others were taken since it ended last; for one who waits.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }
}

/// Reads files for a collector; `now` in nanoseconds since the epoch.
///
/// # Errors
/// When anything is wrong with one of them, there is no policy, or there are more than a collector shows as metrics.
pub fn read_served(paths: &[PathBuf], now: u64) -> Result<Read, Unusable> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Unusable(
            "policies that are looked after cannot come from stdin; name a file or a folder".to_owned(),
        ));
    }
    let read = in_order(paths, now)?;
    match (read.policies.len(), limits::POLICIES_SERVED) {
        (many, most) if many > most => Err(Unusable(format!(
            "{many} policies are more than the {most} that a collector judges by; name fewer files"
        ))),
        _ => Ok(read),
    }
}

/// By what files are known to be as they were, without reading them; and the day, for an exception may expire with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    day: u64,
    files: Vec<(PathBuf, Option<Known>)>,
}

/// Device, inode, length, and when contents and inode changed.
type Known = [i128; 5];

impl Stamp {
    /// Of these files and of those in these folders.
    #[must_use]
    pub fn of(paths: &[PathBuf], now: u64) -> Self {
        let mut files = Vec::new();
        for path in paths {
            files.push((path.clone(), known(path).ok()));
            let Ok(entries) = std::fs::read_dir(path) else { continue };
            let mut inner: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
            inner.sort();
            files.extend(inner.into_iter().map(|path| {
                let found = known(&path).ok();
                (path, found)
            }));
        }
        Self { day: now / DAY, files }
    }
}

fn known(path: &Path) -> io::Result<Known> {
    let found = std::fs::metadata(path)?;
    let moment = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    Ok([
        i128::from(found.dev()),
        i128::from(found.ino()),
        i128::from(found.len()),
        moment(found.mtime(), found.mtime_nsec()),
        moment(found.ctime(), found.ctime_nsec()),
    ])
}
