//! The namespaces of a pod (network, process numbers, mounts), held by one process as Kubernetes' pause container holds them.
//! They have no name, so many labs cannot collide, and they end with their holder, which ends with us: by stop, panic or signal.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use crate::eventually::{Seen, eventually};
use crate::process::Process;

const LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Namespaces {
    holder: Process,
    /// The holder's child: first process of the namespaces, in our numbering.
    first: i32,
}

impl Namespaces {
    /// Makes them; `set_up` is a shell script that runs inside as root, with `arguments`, before anything else does.
    pub async fn create(name: &str, folder: &Path, set_up: &str, arguments: &[&Path]) -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]);
        command.args(["sh", "-ec", &format!("ip link set lo up\n{set_up}\necho ready\nexec sleep infinity"), "sh"]);
        command.args(arguments);
        let holder = Process::spawn(&format!("{name}-namespaces"), command, folder)?;
        // The kernel may leave a child out of its list while others come and go.
        let first = eventually(&format!("the namespaces of {name}"), LIMIT, async || {
            if let Some(status) = holder.exit() {
                return Seen::Never(format!("their holder ended with {status}: {}", holder.last_words(10)));
            }
            let said = std::fs::read_to_string(holder.stdout()).unwrap_or_default();
            if !said.ends_with("ready\n") {
                return Seen::Waiting(said);
            }
            child_of(holder.id()).map_or_else(|error| Seen::Waiting(format!("{error:#}")), Seen::Done)
        })
        .await?;
        Ok(Self { holder, first })
    }

    /// Number of their first process.
    pub fn first(&self) -> i32 {
        self.first
    }

    /// Their network, as a file.
    pub fn network(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.first))
    }

    /// A command in their network alone: it sees our files and is our child, so signals reach it.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.first.to_string(), "-n", "--"]).arg(program);
        command
    }

    /// A command in all of them: its children end with the namespaces. It is the child of the process that we start.
    pub fn command_inside(&self, folder: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.first.to_string(), "-n", "-p", "-m", "--", "sh", "-ec"]);
        command.args([&format!("cd {folder}; exec \"$@\""), "sh"]);
        command
    }

    /// Runs a short script in their network.
    pub async fn run(&self, script: &str) -> Result<String> {
        let mut command = self.command("sh");
        command.args(["-ec", script]);
        output(command).await
    }
}

impl Drop for Namespaces {
    /// The holder itself heeds no SIGTERM.
    fn drop(&mut self) {
        let _ = self.holder.signal(Signal::SIGKILL);
    }
}

/// The first child of a process, whichever of its threads made it.
pub fn child_of(process: i32) -> Result<i32> {
    let path = format!("/proc/{process}/task");
    for thread in std::fs::read_dir(&path).with_context(|| format!("reading {path}"))? {
        let children = std::fs::read_to_string(thread?.path().join("children"))?;
        if let Some(first) = children.split_whitespace().next() {
            return Ok(first.parse()?);
        }
    }
    bail!("{process} has no child")
}

/// The same command with what it says to standard error in its output.
pub fn aloud(command: &Command) -> Command {
    let mut aloud = Command::new("sh");
    aloud.args(["-c", r#"exec "$@" 2>&1"#, "sh"]).arg(command.get_program()).args(command.get_args());
    aloud
}

/// Runs a short command to its end; its standard output, or an error with what it said.
pub async fn output(mut command: Command) -> Result<String> {
    let shown = format!("{command:?}");
    let ended = tokio::task::spawn_blocking(move || command.output()).await?.with_context(|| shown.clone())?;
    if !ended.status.success() {
        let said = [ended.stderr, ended.stdout].concat();
        bail!("{shown} ended with {}: {}", ended.status, String::from_utf8_lossy(&said).trim());
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}
