//! The collector as a process: started on a data folder, stopped, killed, started again at the same address. Reads its API as JSON.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::artefacts;
use crate::client;
use crate::eventually::{Seen, eventually};
use crate::process::Process;

const START_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Collector {
    listen: SocketAddr,
    /// Where we reach it, and the command that starts it, when it runs in another network.
    elsewhere: Option<Elsewhere>,
    folder: PathBuf,
    data: PathBuf,
    arguments: Vec<String>,
    runs: u32,
    process: Option<Process>,
}

/// Another network: what leads into it from here.
#[derive(Debug)]
struct Elsewhere {
    /// The collector's program with what leads it there.
    program: Vec<OsString>,
    /// Whether the program comes with its arguments.
    is_whole: bool,
    reached_at: SocketAddr,
}

impl Collector {
    /// Starts `program`, which runs in another network; from here it is reached at `reached_at`.
    pub async fn start_elsewhere(
        program: &Command,
        listen: SocketAddr,
        reached_at: SocketAddr,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Self> {
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let elsewhere = Elsewhere { program: words.map(OsStr::to_owned).collect(), is_whole: false, reached_at };
        Self::begin(listen, Some(elsewhere), folder, arguments).await
    }

    /// Starts a container's command as it is: it brings all its arguments. Its data is what the container has as its volume.
    pub async fn start_container(command: &Command, reached_at: SocketAddr, folder: &Path) -> Result<Self> {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let elsewhere = Elsewhere { program: words.map(OsStr::to_owned).collect(), is_whole: true, reached_at };
        Self::begin(reached_at, Some(elsewhere), folder, &[]).await
    }

    /// Starts `hogusu serve` at `listen`, with its logs and, under `data`, its files in `folder`.
    pub async fn start(listen: SocketAddr, folder: &Path, arguments: &[&str]) -> Result<Self> {
        Self::begin(listen, None, folder, arguments).await
    }

    async fn begin(
        listen: SocketAddr,
        elsewhere: Option<Elsewhere>,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut collector = Self {
            listen,
            elsewhere,
            folder: folder.to_owned(),
            data: folder.join("data"),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            runs: 0,
            process: None,
        };
        collector.restart().await?;
        Ok(collector)
    }

    pub fn address(&self) -> SocketAddr {
        self.elsewhere.as_ref().map_or(self.listen, |elsewhere| elsewhere.reached_at)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// Starts it on the same folder and the same address; waits until it announces itself.
    pub async fn restart(&mut self) -> Result<()> {
        if self.process.is_some() {
            bail!("the collector is running");
        }
        self.runs += 1;
        let process = Process::spawn(&format!("collector-{}", self.runs), self.command()?, &self.folder)?;
        let announced = announced(&process).await?;
        self.process = Some(process);
        // Port 0 is learnt once and kept: a restarted collector is found where it was.
        self.listen = announced;
        Ok(())
    }

    /// Starts a second process on the same data folder and returns how it ended and what it said.
    pub async fn start_second(&self) -> Result<(ExitStatus, String)> {
        let mut command = Command::new(artefacts::hogusu()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&self.data);
        let process = Process::spawn("collector-second", command, &self.folder)?;
        let status = process.wait(START_LIMIT).await?;
        Ok((status, process.last_words(20)))
    }

    fn command(&self) -> Result<Command> {
        let mut command = match self.elsewhere.as_ref().and_then(|elsewhere| elsewhere.program.split_first()) {
            None => Command::new(artefacts::hogusu()?),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments);
                if self.elsewhere.as_ref().is_some_and(|elsewhere| elsewhere.is_whole) {
                    return Ok(command);
                }
                command
            }
        };
        command.args(["serve", "--listen", &self.listen.to_string(), "--data"]).arg(&self.data);
        command.args(&self.arguments);
        Ok(command)
    }

    /// SIGTERM; waits for the graceful end.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        self.process.take().context("the collector is not running")?.stop().await
    }

    /// `kill -9`.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        self.process.take().context("the collector is not running")?.kill().await
    }

    /// GET: status and body.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        let answer = client::get(self.address(), path).await?;
        Ok((answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned()))
    }

    /// GET of a JSON document that must be 200.
    pub async fn json(&self, path: &str) -> Result<Value> {
        let (status, body) = self.get(path).await?;
        if status != 200 {
            bail!("{path} answered {status}: {body}");
        }
        serde_json::from_str(&body).with_context(|| format!("{path} answered {body}"))
    }

    /// The map of the last `since` (`5m`).
    pub async fn map(&self, since: &str) -> Result<Value> {
        self.json(&format!("/api/v1/map?since={since}")).await
    }

    /// POST of raw bytes: status and body.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<(u16, String)> {
        let mut request = hyper::Request::post(path).header("host", self.address().to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = client::fetch(self.address(), request.body(client::Body::new(body.into()))?).await?;
        Ok((answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned()))
    }

    /// Runs a subcommand such as `map --url URL` and returns its standard output.
    pub async fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(artefacts::hogusu()?);
        command.args(arguments).args(["--url", &self.url()]);
        let folder = self.folder.join(format!("command-{}", arguments.first().unwrap_or(&"none")));
        std::fs::create_dir_all(&folder)?;
        let process = Process::spawn("hogusu", command, &folder)?;
        let status = process.wait(START_LIMIT).await?;
        let output = std::fs::read_to_string(process.stdout())?;
        // The same folder serves the next command: its output starts empty.
        std::fs::remove_file(process.stdout())?;
        if !status.success() {
            bail!("hogusu {arguments:?} ended with {status}: {}", process.last_words(10));
        }
        Ok(output)
    }
}

async fn announced(process: &Process) -> Result<SocketAddr> {
    eventually("the collector announces its address", START_LIMIT, async || {
        if let Some(status) = process.exit() {
            return Seen::Never(format!("it ended with {status}: {}", process.last_words(15)));
        }
        let text = std::fs::read_to_string(process.stdout()).unwrap_or_default();
        match parse_announcement(&text) {
            Some(address) => Seen::Done(address),
            None => Seen::Waiting(text),
        }
    })
    .await
}

fn parse_announcement(text: &str) -> Option<SocketAddr> {
    let json: Value = serde_json::from_str(text.lines().next()?).ok()?;
    json["listen"][0].as_str()?.parse().ok()
}
