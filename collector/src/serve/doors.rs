//! The doors of a collector: which addresses take batches, which answer people, and how each is bound and said.
//!
//! What is served at a door is put together in `served`; what a connection costs is in `connections`.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{ServeError, ServeOptions};

/// Whom a door is for. Probes are answered at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Senders and people.
    All,
    /// Senders alone: batches.
    Senders,
    /// People alone: page, API, metrics.
    People,
}

impl Purpose {
    pub(super) const fn takes_batches(self) -> bool {
        !matches!(self, Self::People)
    }

    pub(super) const fn answers_people(self) -> bool {
        !matches!(self, Self::Senders)
    }
}

/// A door that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) purpose: Purpose,
    /// The flag that asks for it.
    pub(super) flag: &'static str,
    /// Port 0 lets the kernel choose.
    pub(super) address: SocketAddr,
}

impl Wanted {
    pub(super) fn is_on_loopback(&self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }
}

/// The doors that the options ask for: `--listen` keeps what has no door of its own.
pub(super) fn wanted(options: &ServeOptions) -> Vec<Wanted> {
    let left = match (options.listen_ingest.is_empty(), options.listen_api.is_empty()) {
        (true, false) => Purpose::Senders,
        (false, true) => Purpose::People,
        _ => Purpose::All,
    };
    let flags = [
        (left, "--listen", &options.listen),
        (Purpose::Senders, "--listen-ingest", &options.listen_ingest),
        (Purpose::People, "--listen-api", &options.listen_api),
    ];
    let doors = flags.iter().flat_map(|(purpose, flag, addresses)| {
        addresses.iter().map(|address| Wanted { purpose: *purpose, flag, address: *address })
    });
    doors.collect()
}

/// A door that is open: whoever connects waits until somebody accepts.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) purpose: Purpose,
    /// With the port that the kernel chose.
    pub(super) address: SocketAddr,
    pub(super) listener: TcpListener,
}

impl Door {
    async fn bind(wanted: &Wanted) -> std::io::Result<Self> {
        let listener = TcpListener::bind(wanted.address).await?;
        Ok(Self { purpose: wanted.purpose, address: listener.local_addr()?, listener })
    }
}

/// Opens all of them, or says which one cannot be.
pub(super) async fn bind(wanted: &[Wanted]) -> Result<Vec<Door>, ServeError> {
    let mut doors = Vec::new();
    for one in wanted {
        let failed = |error| ServeError::Bind { flag: one.flag, address: one.address, error };
        doors.push(Door::bind(one).await.map_err(failed)?);
    }
    Ok(doors)
}

/// Where all of them are.
pub(super) fn addresses(doors: &[Door]) -> Vec<SocketAddr> {
    doors.iter().map(|door| door.address).collect()
}

/// What is said on stdout: every address, those that take batches, those that answer people, and where to ask first.
pub(super) fn announcement(doors: &[Door], tls: bool) -> Value {
    let those = |is_wanted: fn(Purpose) -> bool| {
        let found = doors.iter().filter(|door| is_wanted(door.purpose));
        found.map(|door| door.address).collect::<Vec<_>>()
    };
    let (ingest, api) = (those(Purpose::takes_batches), those(Purpose::answers_people));
    let scheme = if tls { "https" } else { "http" };
    let url = api.first().map(|address| format!("{scheme}://{address}"));
    json!({"listen": addresses(doors), "ingest": ingest, "api": api, "url": url})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purposes(listen: &[&str], ingest: &[&str], api: &[&str]) -> Vec<Purpose> {
        let [listen, listen_ingest, listen_api] =
            [listen, ingest, api].map(|all| all.iter().map(|address| address.parse().unwrap()).collect());
        let options = ServeOptions { listen, listen_ingest, listen_api, ..ServeOptions::default() };
        wanted(&options).iter().map(|door| door.purpose).collect()
    }

    #[test]
    fn listen_keeps_what_has_no_door_of_its_own() {
        let (a, b, c) = (&["127.0.0.1:1"][..], &["127.0.0.1:2"][..], &["127.0.0.1:3"][..]);
        assert_eq!(purposes(a, &[], &[]), [Purpose::All]);
        assert_eq!(purposes(a, b, &[]), [Purpose::People, Purpose::Senders]);
        assert_eq!(purposes(a, &[], c), [Purpose::Senders, Purpose::People]);
        assert_eq!(purposes(&[], b, c), [Purpose::Senders, Purpose::People]);
    }
}
