//! The door for acts: a socket in the data folder, for who may write there. Until roles exist no act comes in by a listening address.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use axum::Router;
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

use super::ServeError;

/// The socket's folder below DATA: its own, so that nobody else can reach the socket before its mode is set.
const FOLDER: &str = "acts";

/// Where the socket of a data folder is.
#[must_use]
pub fn socket(data: &Path) -> PathBuf {
    data.join(FOLDER).join("socket")
}

/// Serves acts until it is aborted. Where the folder's file system or the length of its path allows no socket, the collector runs without.
pub(super) fn serve(data: &Path, acts: Router) -> Result<Option<JoinHandle<()>>, ServeError> {
    let listener = match bind(data) {
        Ok(listener) => listener,
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            tracing::warn!(%error, path = %socket(data).display(), "no socket for acts: `hogusu baseline save` cannot reach this collector");
            return Ok(None);
        }
        Err(error) => return Err(ServeError::data(data, error)),
    };
    Ok(Some(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, acts).await {
            tracing::error!(%error, "the socket for acts ended");
        }
    })))
}

/// The lock of the data folder is held, so a socket that is there is nobody's.
fn bind(data: &Path) -> io::Result<UnixListener> {
    let path = socket(data);
    match DirBuilder::new().mode(0o700).create(data.join(FOLDER)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    fs::set_permissions(data.join(FOLDER), Permissions::from_mode(0o700))?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}
