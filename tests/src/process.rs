//! Child processes: spawned with log files, watched, stopped by SIGTERM and then SIGKILL, also when a scenario panics.
//! Does not know what the programs are.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use tokio::sync::watch;

/// For whoever is dropped, and may not heed SIGTERM at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// For whoever is asked to stop, and has work of its own to end.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A running child. Dropping it stops it.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    alive: Arc<Alive>,
    ended: watch::Receiver<Option<ExitStatus>>,
    watcher: Option<std::thread::JoinHandle<()>>,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Process {
    /// Starts `command`; its output goes to `NAME.stdout` and `NAME.stderr` in `folder`, appended when it is started again.
    ///
    /// One thread per child both starts and reaps it: the kernel sends the parent-death signal when the *thread* that forked ends,
    /// so a thread of a pool must not do it.
    pub fn spawn(name: &str, mut command: Command, folder: &Path) -> Result<Self> {
        let stdout = folder.join(format!("{name}.stdout"));
        let stderr = folder.join(format!("{name}.stderr"));
        command.stdin(Stdio::null()).stdout(append(&stdout)?).stderr(append(&stderr)?);
        // A group of its own: Ctrl-C at a terminal reaches us alone, and we stop the children in order.
        command.process_group(0);
        die_with_parent(&mut command);
        let alive = Arc::new(Alive { yes: Mutex::new(true), ended: Condvar::new() });
        let (end, ended) = watch::channel(None);
        let (born, birth) = std::sync::mpsc::sync_channel(1);
        let still = Arc::clone(&alive);
        let watcher = std::thread::Builder::new().name(format!("watch {name}")).spawn(move || {
            let child = command.spawn();
            match child {
                Ok(child) => {
                    let _ = born.send(Ok(child.id()));
                    end.send_replace(Some(reap(child, &still)));
                }
                Err(error) => drop(born.send(Err(error))),
            }
        })?;
        let id = birth.recv().context("the watching thread ended")?.with_context(|| format!("starting {name}"))?;
        let pid = Pid::from_raw(i32::try_from(id)?);
        Ok(Self { name: name.to_owned(), pid, alive, ended, watcher: Some(watcher), stdout, stderr })
    }

    pub fn id(&self) -> i32 {
        self.pid.as_raw()
    }

    pub fn stdout(&self) -> &Path {
        &self.stdout
    }

    pub fn stderr(&self) -> &Path {
        &self.stderr
    }

    /// How it ended, if it did.
    pub fn exit(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Sends a signal unless the child is gone (its number may belong to another process by then).
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let alive = self.alive.yes.lock().unwrap_or_else(PoisonError::into_inner);
        if *alive {
            kill(self.pid, signal).with_context(|| format!("signalling {}", self.name))?;
        }
        Ok(())
    }

    pub async fn wait(&self, limit: Duration) -> Result<ExitStatus> {
        let mut ended = self.ended.clone();
        let found = tokio::time::timeout(limit, ended.wait_for(Option::is_some)).await;
        let found = found.map_err(|_| anyhow!("{} did not end within {limit:?}", self.name))?;
        found?.ok_or_else(|| anyhow!("{} has no exit status", self.name))
    }

    /// SIGTERM, then a bounded wait; SIGKILL when it does not go.
    pub async fn stop(&self) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        match self.wait(STOP_LIMIT).await {
            Ok(status) => Ok(status),
            Err(_) => {
                eprintln!("{} ignores SIGTERM: killing it", self.name);
                self.kill().await
            }
        }
    }

    /// SIGKILL and wait.
    pub async fn kill(&self) -> Result<ExitStatus> {
        self.signal(Signal::SIGKILL)?;
        self.wait(STOP_LIMIT).await
    }

    /// The last lines of its error output, for messages.
    pub fn last_words(&self, lines: usize) -> String {
        last_lines(&self.stderr, lines)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.exit().is_none() {
            let _ = self.signal(Signal::SIGTERM);
            if !self.alive.ends_within(PATIENCE) {
                let _ = self.signal(Signal::SIGKILL);
            }
        }
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

/// Whether the child still owns its number. The condition is for places that cannot await (drop).
#[derive(Debug)]
struct Alive {
    yes: Mutex<bool>,
    ended: Condvar,
}

impl Alive {
    fn ends_within(&self, limit: Duration) -> bool {
        let alive = self.yes.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ended.wait_timeout_while(alive, limit, |alive| *alive);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

/// Waits without reaping, then reaps under the lock, so that nobody signals a number that was given away.
fn reap(mut child: Child, alive: &Alive) -> ExitStatus {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process number fits"));
    while let Err(nix::errno::Errno::EINTR) = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {}
    let mut yes = alive.yes.lock().unwrap_or_else(PoisonError::into_inner);
    *yes = false;
    alive.ended.notify_all();
    child.wait().expect("a child that ended can be reaped")
}

fn append(path: &Path) -> Result<File> {
    let opened = File::options().create(true).append(true).open(path);
    opened.with_context(|| format!("opening {}", path.display()))
}

#[expect(unsafe_code, reason = "pre_exec is the only way to set the parent-death signal; prctl is async-signal-safe")]
fn die_with_parent(command: &mut Command) {
    let parent = nix::unistd::getpid();
    // SAFETY: the closure only makes two system calls and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            if nix::unistd::getppid() == parent { Ok(()) } else { Err(std::io::ErrorKind::Interrupted.into()) }
        });
    }
}

/// The last lines of a file, or why it cannot be read.
pub fn last_lines(path: &Path, lines: usize) -> String {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let all: Vec<&str> = text.lines().collect();
            all[all.len().saturating_sub(lines)..].join("\n")
        }
        Err(error) => format!("{}: {error}", path.display()),
    }
}
