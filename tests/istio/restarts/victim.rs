//! Whose proxy is killed, and who sees what happened meanwhile.

use anyhow::Result;
use hogusu_tests::istio::IstioLab;

use crate::cast::{CLIENT, WEB};
use crate::view::{DESTINATION, SOURCE};

/// Whose proxy is killed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Victim {
    Source,
    Destination,
}

impl Victim {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Source => CLIENT,
            Self::Destination => WEB,
        }
    }

    /// What its proxy reports.
    pub(super) fn side(self) -> &'static str {
        match self {
            Self::Source => SOURCE,
            Self::Destination => DESTINATION,
        }
    }

    /// The end that goes on.
    pub(super) fn witness(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }

    /// Where a log has what this end's proxy handles of the load.
    pub(super) fn direction(self) -> &'static str {
        match self {
            Self::Source => "outbound",
            Self::Destination => "inbound",
        }
    }

    pub(super) async fn kill(self, lab: &IstioLab) -> Result<()> {
        match self {
            // The agent ends with it.
            Self::Source => lab.pod(CLIENT).kill_envoy().await.map(drop),
            // Agent and Envoy, as their container ends.
            Self::Destination => lab.pod(WEB).kill_sidecar().await,
        }
    }
}
