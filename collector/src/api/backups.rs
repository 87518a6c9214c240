//! Backups: an act, which only who is at the data folder can ask for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{Json, Problem};
use super::asker::Asker;
use super::sent::Sent;
use crate::backup::{BackupError, Manifest};
use crate::limits;
use crate::report::Moment;
use crate::spans;
use crate::wanted::Wanted;

/// Who makes backups. Calls block.
pub trait Backups: std::fmt::Debug + Send + Sync {
    /// Copies everything that is acknowledged into this folder.
    ///
    /// # Errors
    /// When it is not copied: what was written of it is removed, or recognised as no backup.
    fn make(&self, folder: &Path, wanted: &Wanted) -> Result<Manifest, BackupError>;
}

/// What is said of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// `hogusu.backup_summary/v1`.
    pub schema: String,
    /// The folder that holds it, or the data folder that was made of it.
    pub folder: String,
    /// The moment of which it is.
    pub made: Moment,
    /// Version of the collector that made it.
    pub version: String,
    /// How many files.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
}

impl Summary {
    /// That of a backup.
    #[must_use]
    pub fn of(manifest: &Manifest, folder: String) -> Self {
        let (made, version) = (manifest.made, manifest.version.clone());
        let (files, bytes) = (manifest.files.len(), manifest.bytes());
        Self { schema: "hogusu.backup_summary/v1".to_owned(), folder, made, version, files, bytes }
    }
}

/// What only who is at the data folder can ask for.
pub(super) fn acts(api: Arc<Api>) -> Router {
    let routes = Router::new().route("/api/v1/backups", post(make));
    routes.layer(DefaultBodyLimit::max(limits::ACT_BYTES)).with_state(api)
}

/// The body of a backup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    folder: String,
}

async fn make(State(api): State<Arc<Api>>, asker: Asker, Sent(body): Sent) -> Result<Response, Problem> {
    let remedy = "give {\"folder\":PATH}";
    let Make { folder } =
        serde_json::from_str(&body).map_err(|error| Problem::bad("bad_body", &error.to_string(), remedy))?;
    let missing = || Problem::unavailable("this collector has no data folder");
    let backups = api.settings.backups.clone().ok_or_else(missing)?;
    let (wanted, share) = (Wanted::default(), api.answers.share(asker.party));
    // Dropped with this future: when whoever asked has gone.
    let _waiting = wanted.waiting();
    let making = tokio::task::spawn_blocking(spans::carried(move || {
        let made = spans::backup().in_scope(|| made(&*backups, &folder, &wanted))?;
        Json::of(&Summary::of(&made, folder), false, share)
    }));
    let made = tokio::time::timeout(limits::BACKUP_TIME, making).await;
    let made = made.map_err(|_late| Problem::late(limits::BACKUP_TIME))?;
    let made = made.map_err(|_stopping| Problem::unavailable("the collector is stopping"))??;
    Ok((StatusCode::CREATED, made).into_response())
}

fn made(backups: &dyn Backups, folder: &str, wanted: &Wanted) -> Result<Manifest, BackupError> {
    let made = backups.make(&PathBuf::from(folder), wanted)?;
    spans::number(spans::FILES, made.files.len() as u64);
    spans::number(spans::BYTES, made.bytes());
    Ok(made)
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        let message = error.to_string();
        match error {
            BackupError::Busy => Self::conflict("under_way", &message, "wait until it is made"),
            BackupError::Unfit { .. } => Self::bad("bad_folder", &message, "see `hogusu backup --help`"),
            BackupError::Target(_) => {
                let remedy = "free space there, or give a folder on another disk; nothing of it was kept";
                Self::conflict("not_written", &message, remedy)
            }
            BackupError::Source { .. } | BackupError::Store(_) | BackupError::Open(_) => Self::unavailable(&message),
        }
    }
}
