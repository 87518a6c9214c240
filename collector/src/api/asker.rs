//! Who asks a question: to whom it is counted, and whether the answer is still waited for.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Version;
use axum::http::request::Parts;

use super::Api;
use crate::ingest::{Identity, verified};
use crate::peer::{Party, Peer};

/// Who asks.
#[derive(Debug)]
pub(super) struct Asker {
    /// To whom the question is counted.
    pub(super) party: Party,
    /// Asked over HTTP/2: whoever waits for the answer is dropped when the asker goes.
    pub(super) is_multiplexed: bool,
    peer: Option<Peer>,
}

impl FromRequestParts<Arc<Api>> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Infallible> {
        let peer: Option<Peer> = parts.extensions.get().cloned();
        let identity = verified(api.settings.trust, &parts.headers, &parts.extensions).ok().flatten();
        let party = identity.as_ref().map_or_else(|| Party::at(peer.as_ref()), Identity::party);
        let is_multiplexed = parts.version == Version::HTTP_2;
        Ok(Self { party, is_multiplexed, peer: peer.filter(|_| !is_multiplexed) })
    }
}

impl Asker {
    /// Waits until nobody waits for the answer any more.
    pub(super) async fn left(&self) {
        match &self.peer {
            Some(peer) => peer.left().await,
            None => std::future::pending().await,
        }
    }
}
