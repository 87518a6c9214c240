//! Whether refused connections can be in a period's numbers. A connection that a listener refuses, as Istio's STRICT refuses
//! plaintext, reaches no filter: only the listener's own access log tells of it. Where a sidecar has no logger there, their
//! absence means nothing, and every report says so.

use std::collections::BTreeMap;

use hogusu_model::Hook;

use crate::period::{Period, ProxyKey, proxy_key};

/// Sidecars that cover time of the period, and those of them that see what their listener refuses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observing {
    /// With a sender of the hook `listener_log`.
    pub observing: u64,
    /// All that report.
    pub sidecars: u64,
}

impl Observing {
    /// Reads the senders of a period. A gateway or a waypoint has no listener that STRICT applies to.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let mut sidecars: BTreeMap<ProxyKey<'_>, bool> = BTreeMap::new();
        for sender in period.senders.iter().filter(|sender| sender.covered > 0) {
            let id = sender.proxy.id.as_str();
            if !id.starts_with("router~") && !id.starts_with("waypoint~") {
                *sidecars.entry(proxy_key(&sender.proxy)).or_default() |= sender.hook == Hook::ListenerLog;
            }
        }
        let observing = sidecars.values().filter(|observes| **observes).count() as u64;
        Self { observing, sidecars: sidecars.len() as u64 }
    }

    /// For people.
    #[must_use]
    pub fn statement(self) -> String {
        match self.observing {
            0 => "refused connections not observed".to_owned(),
            all if all == self.sidecars => "refused connections observed".to_owned(),
            some => format!("refused connections observed by {some} of {} sidecars", self.sidecars),
        }
    }
}
