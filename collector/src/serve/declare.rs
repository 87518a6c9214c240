//! The file of one's own rules, looked at all the time: one that changed and can be used is in force from then on, another changes nothing and
//! is complained about. What it means is said elsewhere.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::MissedTickBehavior;

use super::{ServeError, ServeOptions, clock};
use crate::declared::{FILE_BYTES, Shared, read};
use crate::limits;
use crate::telemetry::{Metric, Telemetry};

/// What the file held, or why it could not be read.
type Found = Result<String, String>;

/// Looks after the file.
struct Looking {
    file: PathBuf,
    shared: Shared,
    telemetry: Arc<Telemetry>,
    /// What the file held that is in force.
    in_force: String,
    /// What was found last: a file that is still being written changes from look to look.
    found: Option<Found>,
    /// What was found to be of no use.
    refused: Option<Found>,
}

/// What the file declares, looked after from now on; of nobody's file nothing.
pub(super) fn begin(options: &ServeOptions, telemetry: &Arc<Telemetry>) -> Result<Shared, ServeError> {
    let Some(file) = options.declare.as_deref() else { return Ok(Shared::default()) };
    let unusable = |message: String| ServeError::Declare { file: file.to_owned(), message };
    let text = text(file).map_err(unusable)?;
    let declaration = read(&text).map_err(|wrong| unusable(wrong.to_string()))?;
    let shared = Shared::new(declaration, clock::now());
    let looking = Looking {
        file: file.to_owned(),
        shared: shared.clone(),
        telemetry: Arc::clone(telemetry),
        in_force: text,
        found: None,
        refused: None,
    };
    tokio::spawn(looking.run());
    Ok(shared)
}

/// No more of a file than can be one: what is longer is refused by its length. A pipe would be waited for without an end.
fn text(file: &Path) -> Found {
    match std::fs::metadata(file) {
        Ok(found) if !found.is_file() => return Err("it is no regular file".to_owned()),
        Ok(_) => {}
        Err(error) => return Err(error.to_string()),
    }
    let most = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    let opened = std::fs::File::open(file).and_then(|opened| opened.take(most).read_to_string(&mut text));
    opened.map(|_length| text).map_err(|error| error.to_string())
}

impl Looking {
    async fn run(mut self) {
        let mut turns = tokio::time::interval(limits::DECLARE_LOOK);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            let file = self.file.clone();
            let Ok(found) = tokio::task::spawn_blocking(move || text(&file)).await else { return };
            self.judge(found);
        }
    }

    /// Takes what was found, once it is the same at two looks.
    fn judge(&mut self, found: Found) {
        if found.as_ref() == Ok(&self.in_force) {
            self.found = None;
            if self.refused.take().is_some() {
                self.refuse(None);
            }
            return;
        }
        if self.found.as_ref() != Some(&found) || self.refused.as_ref() == Some(&found) {
            self.found = Some(found);
            return;
        }
        self.found = None;
        let made = found.clone().and_then(|text| Ok((read(&text).map_err(|wrong| wrong.to_string())?, text)));
        match made {
            Ok((declaration, text)) => {
                (self.in_force, self.refused) = (text, None);
                self.telemetry.add(Metric::DeclareLoads, 1);
                self.telemetry.set(Metric::DeclareRefused, 0);
                self.shared.change(declaration, clock::now());
                tracing::info!(file = %self.file.display(), "the declaration was read again and is in force");
            }
            Err(error) => {
                self.refused = Some(found);
                self.telemetry.add(Metric::DeclareLoadsFailed, 1);
                tracing::error!(error, file = %self.file.display(), "the declaration cannot be used; the one before it stays in force");
                self.refuse(Some(error));
            }
        }
    }

    /// Shows what is wrong with the file as it is, if anything.
    fn refuse(&self, refused: Option<String>) {
        self.telemetry.set(Metric::DeclareRefused, u64::from(refused.is_some()));
        self.shared.refuse(refused);
    }
}
