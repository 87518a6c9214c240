//! A process' wall clock that a scenario sets: a library that is preloaded, and the file that says how far off the clock is.
//! Needs a C compiler, which linking Rust needs too.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

const SOURCE: &str = include_str!("wall_clock/shift.c");

/// The clock of every process that is started with its environment.
#[derive(Debug)]
pub struct WallClock {
    library: PathBuf,
    path: PathBuf,
    file: File,
}

impl WallClock {
    /// A clock that is right, its files in `folder`.
    pub fn new(folder: &Path) -> Result<Self> {
        let (source, library, path) = (folder.join("shift.c"), folder.join("shift.so"), folder.join("seconds"));
        std::fs::write(&source, SOURCE)?;
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).output();
        let built = built.context("running cc")?;
        if !built.status.success() {
            bail!("cc: {}", String::from_utf8_lossy(&built.stderr));
        }
        let clock = Self { file: File::create(&path)?, library, path };
        clock.set(0)?;
        Ok(clock)
    }

    /// Sets it so many seconds ahead of the real time.
    pub fn set(&self, seconds: i64) -> Result<()> {
        self.file.write_all_at(&seconds.to_ne_bytes(), 0).context("setting the clock")
    }

    /// What a process is started with.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        vec![("LD_PRELOAD".to_owned(), text(&self.library)), ("HOGUSU_TEST_CLOCK".to_owned(), text(&self.path))]
    }
}
