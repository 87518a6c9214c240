//! Which workload an IP address belonged to during a period, from what the proxies say of themselves.
//!
//! Ownership holds for the time a sender covers, never for "now". Two workloads that owned an address within one period
//! make it ambiguous: it then resolves to nobody, and is reported.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hogusu_model::Workload;

use crate::period::{Period, SenderInPeriod};

/// Owners of addresses during one period.
#[derive(Debug, Clone, Default)]
pub struct Ownership {
    owners: BTreeMap<IpAddr, BTreeSet<Workload>>,
}

/// Who owned an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// One workload, all the time.
    One(&'a Workload),
    /// More than one in the period.
    Ambiguous,
    /// No workload that reports.
    Nobody,
}

impl Ownership {
    /// Reads the senders of a period.
    #[must_use]
    pub fn of(period: &Period) -> Self {
        let mut owners: BTreeMap<IpAddr, BTreeSet<Workload>> = BTreeMap::new();
        for sender in &period.senders {
            if sender.proxy.workload.is_empty() || !owns_within(sender, period) {
                continue;
            }
            for address in sender.proxy.addresses.split(',').filter_map(parse) {
                owners.entry(address).or_default().insert(sender.proxy.workload.clone());
            }
        }
        Self { owners }
    }

    /// The owner of `address`.
    #[must_use]
    pub fn owner(&self, address: &str) -> Owner<'_> {
        let Some(owners) = parse(address).and_then(|address| self.owners.get(&address)) else { return Owner::Nobody };
        let mut all = owners.iter();
        match (all.next(), all.next()) {
            (Some(one), None) => Owner::One(one),
            (None, _) => Owner::Nobody,
            (Some(_), Some(_)) => Owner::Ambiguous,
        }
    }

    /// The workloads that claim an ambiguous address.
    #[must_use]
    pub fn claimants(&self, address: &str) -> Vec<&Workload> {
        parse(address).and_then(|address| self.owners.get(&address)).map_or_else(Vec::new, |all| all.iter().collect())
    }
}

/// A sender owns its addresses from its first batch until two flush intervals after its last one.
fn owns_within(sender: &SenderInPeriod, period: &Period) -> bool {
    let end = sender.last_end.saturating_add(sender.flush_interval.saturating_mul(2));
    sender.first_start < period.to && end > period.from
}

/// An address as written by a proxy; an IPv4 address mapped into IPv6 is the IPv4 address.
fn parse(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}
