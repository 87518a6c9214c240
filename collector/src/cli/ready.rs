//! `hogusu ready`: whether a collector takes batches, as a probe from an image without a shell or an HTTP client.

use std::time::Duration;

use clap::{Args, ValueEnum};
use hyper::StatusCode;
use serde_json::json;
use tokio::time::timeout;

use super::CliError;
use super::address::Address;
use super::fetch::{Answer, Collector, STRANGER};
use crate::shown;

/// A probe that waits longer has its answer.
const PROBE_TIME: Duration = Duration::from_secs(5);

const PATH: &str = "/readyz";
/// What is answered there.
const READY: &[u8] = b"ready";

/// Says whether a collector takes batches: exit code 0 when `/readyz` answers 200 and `ready`. Made for probes.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu ready --url http://127.0.0.1:4318
         readinessProbe: {exec: {command: [hogusu, ready, --url, \"http://127.0.0.1:4318\"]}, timeoutSeconds: 6}

Waits 5 s at most.
Exit codes: 0 ready; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it answers, and is not ready.")]
pub(super) struct Ready {
    #[command(flatten)]
    address: Address,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One line.
    Text,
    /// One JSON object, also when it is not ready.
    Json,
}

/// What to print, and how it ends.
pub(super) fn run(options: &Ready) -> (String, Result<(), CliError>) {
    let (asked, url) = (ask(&options.address), &options.address.url);
    let said = match (options.format, &asked) {
        (Format::Text, Ok(())) => format!("{} is ready\n", shown::line(url)),
        (Format::Text, Err(_)) => String::new(),
        (Format::Json, _) => {
            let error = asked.as_ref().err().map(ToString::to_string);
            shown::json(json!({"url": url, "ready": asked.is_ok(), "error": error}).to_string()) + "\n"
        }
    };
    (said, asked)
}

fn ask(address: &Address) -> Result<(), CliError> {
    let collector = Collector::new(address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(async { timeout(PROBE_TIME, collector.exchange(PATH)).await });
    let answer = answer.map_err(|_late| collector.unreachable(&"no answer within 5 s"))??;
    let is_its = answer.body.trim_ascii() == READY;
    if answer.status == StatusCode::OK && is_its {
        return Ok(());
    }
    let message = match answer.status {
        // A page for logging in has this status too.
        StatusCode::OK => STRANGER.to_owned(),
        _ => collector.refusal(PATH, &answer).unwrap_or_else(|| said(&answer)),
    };
    Err(CliError::Refused { url: format!("{}{PATH}", collector.url()), status: answer.status.to_string(), message })
}

/// What a collector that is not ready says; anybody else's words are none of it.
fn said(answer: &Answer) -> String {
    let text: String = String::from_utf8_lossy(&answer.body).trim().chars().take(200).collect();
    match (answer.status, text.as_str()) {
        (StatusCode::SERVICE_UNAVAILABLE, "") => "it says no more".to_owned(),
        (StatusCode::SERVICE_UNAVAILABLE, _) => text,
        (_, "") => STRANGER.to_owned(),
        _ => format!("{text}; {STRANGER}"),
    }
}
