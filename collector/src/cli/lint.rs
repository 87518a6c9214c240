//! `hogusu lint`: reads files, and says what is wrong with them before they are applied.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::CliError;
use crate::lint::{self, Kind, Source, State};

/// Longest file that is read.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Checks plugin configurations, manifests, chart values and declarations before they are applied, as Istio does not.
///
/// A plugin configuration is JSON or YAML; manifests are WasmPlugin, TrafficExtension and EnvoyFilter objects, many in one
/// file; values are those of the chart; a declaration is what `hogusu serve --declare` reads. Objects that are given together are also looked at together: two hooks that count one
/// listener are found. Nothing is asked of a k8s cluster.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu lint plugin.json values.yaml
         helm template hogusu istio/ -f values.yaml | hogusu lint -

Exit codes: 0 nothing failed, though there may be warnings; 1 something failed; 2 the command line is wrong, or a file
cannot be read.")]
pub(super) struct Lint {
    /// Files; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What the files are; without it that is told by their keys.
    #[arg(long = "as", value_enum, value_name = "KIND")]
    kind: Option<KindArgument>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindArgument {
    /// A plugin configuration.
    Plugin,
    /// Kubernetes objects.
    Manifest,
    /// Values of the chart.
    Values,
    /// One's own rules, for hogusu serve --declare.
    Declaration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines.
    Text,
    /// One JSON object, `hogusu.lint/v1`.
    Json,
}

/// What to print, and how it ends.
pub(super) fn run(options: &Lint) -> Result<(String, Result<(), CliError>), CliError> {
    let sources = options.files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    let kind = options.kind.map(|kind| match kind {
        KindArgument::Plugin => Kind::Plugin,
        KindArgument::Manifest => Kind::Manifest,
        KindArgument::Values => Kind::Values,
        KindArgument::Declaration => Kind::Declaration,
    });
    let report = lint::lint(&sources, kind);
    let said = match options.format {
        Format::Text => lint::draw(&report),
        Format::Json => super::json(&report)?,
    };
    let ended = match report.result {
        State::Fail => Err(CliError::Failing { lines: report.counts.fail }),
        State::Ignored | State::Pass | State::Warn => Ok(()),
    };
    Ok((said, ended))
}

fn read(file: &Path) -> Result<Source, CliError> {
    let name = file.display().to_string();
    let unreadable = |error: std::io::Error| CliError::Usage(format!("{name}: {error}"));
    let input: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(file).map_err(unreadable)?)
    };
    let mut text = String::new();
    let length = input.take(FILE_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > FILE_BYTES {
        return Err(CliError::Usage(format!("{name} is longer than {FILE_BYTES} bytes")));
    }
    Ok(Source { name, text })
}
