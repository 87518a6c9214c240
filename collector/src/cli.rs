//! The command line: what `hogusu` is told, and what each exit code means. Commands themselves are below and in
//! [`crate::serve`].

mod acts;
mod address;
mod arguments;
mod backup;
mod baseline;
mod check;
mod compliance;
mod diff;
mod facts;
mod fetch;
mod format;
mod groups;
mod handshake;
mod keep;
mod kind;
mod lint;
mod map;
mod placing;
mod policy;
mod ready;
mod report;
mod series;
mod serve;
mod shape;
mod span;
mod tls;
mod token;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;
use serde::Serialize;

use self::arguments::{Arguments, Command};
use crate::policies::Unusable;
use crate::serve::{RestoreFailed, ServeError};
use crate::shown;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// The collector cannot be reached.
    #[error("cannot reach {url}: {reason}; is `hogusu serve` running there? --url names another one")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// The collector answered, but not with what was asked for.
    #[error("{url} answered {status}: {message}")]
    Refused {
        /// Where.
        url: String,
        /// HTTP status.
        status: String,
        /// What it says.
        message: String,
    },
    /// `hogusu check`, `hogusu lint` or `hogusu policy check` found something.
    #[error("{lines} of the lines above failed")]
    Failing {
        /// How many lines failed.
        lines: usize,
    },
    /// Nobody listens on the socket of a data folder.
    #[error("cannot reach the collector at {}: {reason}; is `hogusu serve` running with that folder? --data names it", path.display())]
    NoSocket {
        /// The socket.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// `hogusu diff` or `hogusu compliance` says what was to end it so.
    #[error("{said}, as --fail-on names it")]
    Changed {
        /// What is said, of how many edges.
        said: String,
    },
    /// `hogusu policy simulate` lists something that ends it so.
    #[error("{rows} of the lines above would break, or might, as --fail-on names it")]
    WouldBreak {
        /// How many lines there are.
        rows: usize,
    },
    /// `hogusu policy simulate` or `suggest` found nothing that it could rest on.
    #[error("no edge to a workload was seen in the period, so nothing is known -> ask for a longer one with --since")]
    NothingSeen,
    /// `hogusu policy suggest` lists somebody whom its policies cut.
    #[error("{rows} of those that were seen would be cut: see WOULD CUT")]
    WouldCut {
        /// How many lines there are.
        rows: usize,
    },
    /// `hogusu policy suggest` rests on what proves nothing.
    #[error("not proven: {why}")]
    SuggestedUnproven {
        /// What is missing.
        why: String,
    },
    /// `hogusu diff` can say no word.
    #[error("nothing of --fail-on can be said: periods shorter than seven days have no words")]
    Undecided,
    /// `hogusu compliance` found what proves nothing.
    #[error("not proven, as --fail-on names it: {policies}")]
    NotProven {
        /// Which policies.
        policies: String,
    },
    /// Files of policies cannot be used.
    #[error(transparent)]
    Policies(#[from] Unusable),
    /// A bundle is not what it says.
    #[error("differs: {0}")]
    Differs(#[from] crate::bundle::Differs),
    /// A bundle comes to what it says, and is another one than was asked for.
    #[error("differs: the bundle has SHA-256 {digest}, and not the one of --digest: it is consistent, and another one")]
    AnotherBundle {
        /// Its digest.
        digest: String,
    },
    /// Nothing says where a bundle comes from.
    #[error(
        "origin not proven: who can change a bundle can make another that is consistent; --digest takes the one that was kept elsewhere"
    )]
    OriginNotProven,
    /// `hogusu restore` did not.
    #[error(transparent)]
    Restore(#[from] RestoreFailed),
    /// `hogusu serve` ended.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Nothing can be written or run here.
    #[error("{0}")]
    Process(#[from] std::io::Error),
}

impl CliError {
    /// 1: this process, 2: the command line, 3: unreachable, or the data folder is another process's, 4: refused,
    /// 5: nothing could be decided.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Process(_)
            | Self::Failing { .. }
            | Self::Changed { .. }
            | Self::WouldBreak { .. }
            | Self::WouldCut { .. }
            | Self::Differs(_)
            | Self::AnotherBundle { .. } => 1,
            Self::Usage(_) | Self::Policies(_) => 2,
            Self::Unreachable { .. } | Self::NoSocket { .. } => 3,
            Self::Refused { .. } => 4,
            Self::Undecided
            | Self::NothingSeen
            | Self::NotProven { .. }
            | Self::SuggestedUnproven { .. }
            | Self::OriginNotProven => 5,
            Self::Restore(error) => error.exit_code(),
            Self::Serve(error) => error.exit_code(),
        }
    }
}

/// Runs the command that `arguments` name, the program's name first.
///
/// # Errors
/// When it failed; [`CliError::exit_code`] says how the process should end.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), CliError> {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        // Help and version come as errors too; they belong on stdout.
        Err(told) if !told.use_stderr() => return say(&told.to_string()),
        Err(wrong) => return Err(CliError::Usage(one_line(&wrong.to_string()))),
    };
    match arguments.command {
        Command::Serve(options) => Ok(crate::serve::run(&serve::options(options))?),
        Command::Map(options) => say(&map::run(&options)?),
        Command::Backup(options) => say(&backup::backup(&options)?),
        Command::Restore(options) => say(&backup::restore(&options)?),
        Command::Baseline(options) => say(&baseline::run(&options)?),
        Command::Placing(options) => say(&placing::run(&options)?),
        Command::Groups(options) => say(&groups::run(&options)?),
        Command::Series(options) => say(&series::run(&options)?),
        Command::Entries(options) => say(&options.run()?),
        Command::Impact(options) => say(&options.run()?),
        Command::Coupling(options) => say(&options.run()?),
        Command::Turnover(options) => say(&options.run()?),
        Command::Unstable(options) => say(&options.run()?),
        Command::Cascades(options) => say(&options.run()?),
        Command::Diff(options) => {
            let (said, ended) = diff::run(&options)?;
            say(&said).and(ended)
        }
        Command::Check(options) => {
            let (said, ended) = check::run(&options);
            say(&said).and(ended)
        }
        Command::Lint(options) => {
            let (said, ended) = lint::run(&options)?;
            say(&said).and(ended)
        }
        Command::Policy(options) => {
            let (said, ended) = policy::run(&options)?;
            say(&said).and(ended)
        }
        Command::Compliance(options) => {
            let (said, ended) = compliance::run(&options)?;
            say(&said).and(ended)
        }
        Command::Report(options) => {
            let (said, ended) = report::run(&options)?;
            say(&said).and(ended)
        }
        Command::Ready(options) => {
            let (said, ended) = ready::run(&options);
            say(&said).and(ended)
        }
    }
}

/// Writes to stdout. A reader that has seen enough is no error.
fn say(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::Process(error)),
        _ => Ok(()),
    }
}

/// A value as people and programs read it.
fn json(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value).map_err(std::io::Error::other)?;
    Ok(shown::json(text) + "\n")
}

/// clap explains over several lines; an error is one.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ").trim_start_matches("error: ").to_owned()
}
