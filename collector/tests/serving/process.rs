//! A collector's process of a test's own: its folder, its port, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// Answers come within this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Collector {
    child: Child,
    /// Where people ask; where there are no doors of their own, everybody.
    pub(crate) address: SocketAddr,
    /// What it said on stdout.
    pub(crate) said: Value,
    /// Kept open: a closed pipe would be the process's error.
    _stdout: BufReader<ChildStdout>,
    stderr: Option<ChildStderr>,
}

/// An answer of the collector.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What every answer that a person may read carries.
pub(crate) fn is_guarded(answer: &Answer) {
    for header in ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff"] {
        assert!(answer.head.contains(header), "{header} is not in {}", answer.head);
    }
}

pub(crate) fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hogusu"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    piped(command)
}

/// One whose doors are the test's own matter.
pub(crate) fn without_listen(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hogusu"));
    command.args(["serve", "--data"]).arg(data);
    piped(command)
}

fn piped(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Collector {
    /// Starts one and waits until it says that it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::started(command(data).spawn().unwrap(), "http")
    }

    /// Waits until a process says that it is ready.
    pub(crate) fn started(mut child: Child, scheme: &str) -> Self {
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = child.stderr.take();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("not ready: {line:?}: {error}"));
        let address: SocketAddr = said["api"][0].as_str().unwrap().parse().unwrap();
        assert_eq!(said["url"], format!("{scheme}://{address}"));
        Self { child, address, said, _stdout: stdout, stderr }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash does: with nothing it could do about it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and returns how it ended, with its log.
    pub(crate) fn terminate(mut self) -> (ExitStatus, String) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let mut log = String::new();
        self.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap(), log)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path)
    }

    /// A request without a body.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Answer {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        ask(self.address, &head, &[]).unwrap()
    }

    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        post(self.address, headers, body).unwrap()
    }

    /// Delivers a batch as a filter does.
    pub(crate) fn deliver(&self, body: &[u8]) -> Answer {
        self.post(PROTOBUF, body)
    }

    /// A number of `/metrics`, named as it stands there.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").text();
        let line =
            text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} is not in {text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Requests that sources reported of the last minutes, by name of the source workload.
    pub(crate) fn counts(&self) -> Vec<(String, u64)> {
        self.counts_of("since=10m")
    }

    /// The same of a period, as it is asked for.
    pub(crate) fn counts_of(&self, period: &str) -> Vec<(String, u64)> {
        let answer = self.get(&format!("/api/v1/map?{period}&limit=500"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let map: Value = serde_json::from_slice(&answer.body).unwrap();
        let edges = map["edges"].as_array().unwrap().iter();
        let count = |edge: &Value| {
            (edge["source"]["name"].as_str().unwrap().to_owned(), edge["source_report"]["count"].as_u64().unwrap())
        };
        let mut counts: Vec<_> = edges.map(count).collect();
        counts.sort();
        counts
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) const PROTOBUF: &[(&str, &str)] = &[("content-type", "application/x-protobuf")];

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

pub(crate) fn post(address: SocketAddr, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Answer> {
    let mut head =
        format!("POST /v1/metrics HTTP/1.1\r\nhost: c\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    ask(address, &format!("{head}\r\n"), body)
}

pub(crate) fn ask(address: SocketAddr, head: &str, body: &[u8]) -> std::io::Result<Answer> {
    let mut stream = connect(address)?;
    stream.write_all(head.as_bytes())?;
    // A body that is refused by its length need not be read to its end.
    let written = stream.write_all(body);
    let answer = read(&mut stream);
    written.or_else(|error| if answer.is_ok() { Ok(()) } else { Err(error) })?;
    answer
}

/// Reads an answer after which the connection is closed.
pub(crate) fn read(stream: &mut impl Read) -> std::io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    let lower = head.to_ascii_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| std::io::Error::other("no answer"))?;
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let mut body = Vec::new();
    match length {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
        }
        None => drop(reader.read_to_end(&mut body)?.to_string()),
    }
    Ok(Answer { status, head: lower, body })
}

/// A folder of the test's own, removed at its end.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Names and lengths of the files in a folder below the data folder.
pub(crate) fn files(data: &Path, folder: &str) -> Vec<(PathBuf, u64)> {
    let mut files: Vec<_> = std::fs::read_dir(data.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path(), entry.metadata().unwrap().len()))
        .collect();
    files.sort();
    files
}

#[expect(clippy::disallowed_methods, reason = "the process under test reads the same clock")]
pub(crate) fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}
