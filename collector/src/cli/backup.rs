//! `hogusu backup` and `hogusu restore`: a copy of a running collector's data folder, and a data folder made of one.

use std::path::PathBuf;

use clap::Args;

use super::CliError;
use super::acts::act;
use super::format::Format;
use crate::api::backups::Summary;
use crate::serve;
use crate::shown;

/// Copies everything that a running collector has acknowledged into a folder, while it goes on.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu backup /backup/2026-11-24 --data /var/lib/hogusu
         hogusu restore /backup/2026-11-24 --data /var/lib/hogusu-restored

It goes through a socket in the collector's data folder. Of one that is stopped copy the folder itself, as a whole.
docs/storage.md says what is in a backup.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 nobody listens on the socket of --data;
4 it refused, as where the folder is not empty or the disk is full.")]
pub(super) struct Backup {
    /// A new or empty folder, by its absolute path: the collector writes it.
    #[arg(value_name = "DIR", value_parser = absolute)]
    folder: String,
    /// Data folder of the running collector.
    #[arg(long, value_name = "FOLDER", default_value = "hogusu-data")]
    data: PathBuf,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Makes a data folder of a backup. Every file is checked before anything is written.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu restore /backup/2026-11-24 --data /var/lib/hogusu
         hogusu serve --data /var/lib/hogusu

A restore that was interrupted leaves a folder that `hogusu serve` refuses; restore into it again.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the data folder is in use by another process;
4 the backup is damaged or not finished, or the data folder is not empty.")]
pub(super) struct Restore {
    /// The folder that `hogusu backup` made.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A new or empty folder, which becomes the data folder.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn backup(options: &Backup) -> Result<String, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let body = serde_json::json!({"folder": options.folder}).to_string();
    let answer = runtime.block_on(act(&options.data, "POST", "/api/v1/backups", body))?;
    let made: Summary = serde_json::from_slice(&answer).map_err(std::io::Error::other)?;
    said("backup of", &made, options.format)
}

pub(super) fn restore(options: &Restore) -> Result<String, CliError> {
    let manifest = serve::restore(&options.folder, &options.data)?;
    let restored = Summary::of(&manifest, options.data.to_string_lossy().into_owned());
    said("restored", &restored, options.format)
}

fn said(what: &str, summary: &Summary, format: Format) -> Result<String, CliError> {
    if format == Format::Json {
        return super::json(summary);
    }
    let Summary { folder, made, files, bytes, .. } = summary;
    Ok(format!("{what} {} in {}: {files} files, {bytes} bytes\n", made.second(), shown::word(folder)))
}

fn absolute(text: &str) -> Result<String, String> {
    let is_absolute = std::path::Path::new(text).is_absolute();
    is_absolute.then(|| text.to_owned()).ok_or_else(|| "give an absolute path, as /backup/2026-11-24".to_owned())
}
