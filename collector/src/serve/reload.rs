//! TLS files are read again when they change: looked at all the time, and at once on SIGHUP. Connections that are there go on
//! as they began; new ones meet what is in force. Files that cannot be used change nothing, and are complained about. So is a certificate that
//! is not valid now, or soon will not be; it is used all the same, for whether to believe it is for who connects to say.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::signal::unix::Signal;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

use super::tls::{self, Contents};
use super::validity::{Standing, Validity};
use super::{ServeError, Tls, clock};
use crate::api::status::TlsState;
use crate::limits;
use crate::telemetry::{Metric, Telemetry};

/// What is in force.
#[derive(Clone)]
pub(super) struct Secure {
    accept: Arc<RwLock<TlsAcceptor>>,
    /// Host names that the certificate proves to be ours.
    pub(super) names: Arc<RwLock<BTreeSet<String>>>,
    /// For whoever asks.
    pub(super) state: Arc<Mutex<TlsState>>,
}

/// Looks after the files.
pub(super) struct Looking {
    files: Tls,
    secure: Secure,
    telemetry: Arc<Telemetry>,
    in_force: Contents,
    /// When the certificate in force is valid, and what was said of that.
    dates: (Validity, Standing),
    /// What was found last: a file that is still being written changes from look to look.
    found: Option<Found>,
    /// What was found to be of no use.
    refused: Option<Found>,
}

/// What the files held, or why they could not be read.
type Found = Result<Contents, String>;

impl Secure {
    /// From the files as they are now.
    pub(super) fn new(files: &Tls, telemetry: &Arc<Telemetry>) -> Result<(Self, Looking), ServeError> {
        let in_force = Contents::read(files)?;
        let tls::Acceptor { accept, names, valid } = tls::acceptor(files, &in_force)?;
        let state = TlsState { loaded: clock::now(), refused: None };
        let secure = Self {
            accept: Arc::new(RwLock::new(accept)),
            names: Arc::new(RwLock::new(names)),
            state: Arc::new(Mutex::new(state)),
        };
        let (own, files, telemetry) = (secure.clone(), files.clone(), Arc::clone(telemetry));
        let dates = (valid, Standing::Valid);
        let mut looking = Looking { files, secure, telemetry, in_force, dates, found: None, refused: None };
        looking.begin(valid);
        Ok((own, looking))
    }

    /// For a new connection.
    pub(super) fn accept(&self) -> TlsAcceptor {
        self.accept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Looking {
    /// Looks again and again.
    pub(super) async fn run(mut self, mut hangup: Signal) {
        let mut turns = tokio::time::interval(limits::TLS_LOOK);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_asked = tokio::select! {
                _ = turns.tick() => false,
                _ = hangup.recv() => true,
            };
            let files = self.files.clone();
            let found = tokio::task::spawn_blocking(move || Contents::read(&files).map_err(|error| error.to_string()));
            let Ok(found) = found.await else { return };
            self.judge(found, is_asked);
            self.date();
        }
    }

    /// From here on a certificate is in force that is valid then.
    fn begin(&mut self, valid: Validity) {
        self.telemetry.set(Metric::TlsCertificateEnd, valid.to);
        self.dates = (valid, Standing::Valid);
        self.date();
    }

    /// Says once what the dates of the certificate in force have come to.
    fn date(&mut self) {
        let (valid, said) = self.dates;
        let standing = valid.standing(clock::now());
        if standing != said
            && let Some(warning) = valid.said(standing, &self.files.certificate)
        {
            tracing::warn!("{warning}");
        }
        self.dates = (valid, standing);
    }

    /// Takes what was found, once it is the same at two looks; at once where somebody asked for it.
    fn judge(&mut self, found: Found, is_asked: bool) {
        if found.as_ref() == Ok(&self.in_force) && !is_asked {
            self.found = None;
            if self.refused.take().is_some() {
                self.say(None);
            }
            return;
        }
        if !is_asked && (self.found.as_ref() != Some(&found) || self.refused.as_ref() == Some(&found)) {
            self.found = Some(found);
            return;
        }
        let made = found.clone().and_then(|contents| {
            let made = tls::acceptor(&self.files, &contents).map_err(|error| error.to_string())?;
            Ok((made, contents))
        });
        self.found = None;
        match made {
            Ok((made, contents)) => {
                self.begin(made.valid);
                *self.secure.accept.write().unwrap_or_else(PoisonError::into_inner) = made.accept;
                *self.secure.names.write().unwrap_or_else(PoisonError::into_inner) = made.names;
                (self.in_force, self.refused) = (contents, None);
                self.telemetry.add(Metric::TlsLoads, 1);
                tracing::info!("TLS files were read again; new connections meet them");
                self.say(None);
                self.secure.state.lock().unwrap_or_else(PoisonError::into_inner).loaded = clock::now();
            }
            Err(error) => {
                self.refused = Some(found);
                self.telemetry.add(Metric::TlsLoadsFailed, 1);
                tracing::error!(error, "new TLS files cannot be used; those before them stay in force");
                self.say(Some(error));
            }
        }
    }

    /// Shows what is wrong with the files as they are, if anything.
    fn say(&self, refused: Option<String>) {
        self.telemetry.set(Metric::TlsRefused, u64::from(refused.is_some()));
        self.secure.state.lock().unwrap_or_else(PoisonError::into_inner).refused = refused;
    }
}
