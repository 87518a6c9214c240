//! How a scenario runs: a runtime of its own, a folder of its own, and on failure the place of its logs.

use std::io::Write;

use anyhow::Result;

use crate::workdir::Workdir;

/// Runs `scenario` and panics with the whole chain of causes when it fails; the folder is then kept.
pub fn run(name: &str, scenario: impl AsyncFnOnce(&Workdir) -> Result<()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the scenario");
    let workdir = Workdir::create(name).expect("a folder for the scenario");
    let outcome = runtime.block_on(scenario(&workdir));
    match outcome {
        Ok(()) => workdir.succeed(),
        Err(error) => panic!("{name}: {error:?}\nlogs are in {}", workdir.path().display()),
    }
}

/// A line straight to the terminal: what a passing test prints is not shown.
pub fn say(line: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr(), "{line}");
}
