//! A folder for each scenario under `target/tests`, kept and named when the scenario fails. Holds no processes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use anyhow::{Context, Result};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Clones share the folder; it goes away with the last of them if `succeed` was called and nothing panicked.
#[derive(Clone, Debug)]
pub struct Workdir {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    succeeded: AtomicBool,
}

impl Workdir {
    pub fn create(name: &str) -> Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = workspace_root().join("target/tests").join(format!("{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
        let succeeded = AtomicBool::new(false);
        Ok(Self { inner: Arc::new(Inner { path, succeeded }) })
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// A folder inside, made when missing.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.inner.path.join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
        Ok(path)
    }

    /// Says that the scenario passed: the folder is removed unless `HOGUSU_KEEP` is set.
    pub fn succeed(&self) {
        self.inner.succeeded.store(true, Ordering::Relaxed);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let passed = self.succeeded.load(Ordering::Relaxed) && !std::thread::panicking();
        if passed && std::env::var_os("HOGUSU_KEEP").is_none() {
            if let Err(error) = std::fs::remove_dir_all(&self.path) {
                eprintln!("cannot remove {}: {error}", self.path.display());
            }
        } else {
            eprintln!("logs are kept in {}", self.path.display());
        }
    }
}

/// The workspace's folder: the harness is always run from a checkout, never installed.
pub fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lies inside the workspace")
}
