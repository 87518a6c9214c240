//! Whose a request is that this proxy received. A header may name another address than the connection's own, and then says
//! nothing: the doubt is that request's, until another one on the same connection shows whose the connection is.

use hogusu_config::{Config, Trust};
use hogusu_model::Traffic;

use super::{Measured, Table, measured};
use crate::cache::Cached;
use crate::doubts::Doubt;
use crate::edges::Edge;
use crate::host::Host;
use crate::peer;
use crate::peer::downstream::{self, Source};
use crate::property::{self as path, integer};
use crate::recorder::Pick;

impl Table {
    /// The edge from the downstream. One connection is one edge, unless its first exchange named itself a probe: then each is
    /// asked, for users' requests may share the connection. Where that exchange hides whose the connection is, its id is in the
    /// second place, and the others on it are asked for that.
    pub(super) fn downstream(&mut self, host: &impl Host, config: &Config) -> (u32, Option<u64>) {
        let id = host.property(path::CONNECTION_ID).unwrap_or_default();
        let number = integer(Some(id));
        self.key.clear();
        self.key.extend_from_slice(id);
        let cached = if id.is_empty() { None } else { self.cache.get(&self.key, self.epoch) };
        let whose = || peer::traffic_of(host.request_header("user-agent"));
        match cached {
            Some(known) if known.is_sure => {
                let traffic = if known.is_shared { whose() } else { Traffic::Mesh };
                return (self.of_traffic(known.edge, traffic), None);
            }
            Some(doubtful) => {
                let (known, in_doubt) = self.ask_again(host, config.trust, doubtful, number);
                let traffic = if known.is_shared { whose() } else { Traffic::Mesh };
                return (self.of_traffic(known.edge, traffic), in_doubt);
            }
            None => {}
        }
        self.look_around(host);
        let (edge, is_in_doubt) = downstream::edge(host, config.trust);
        let (edge, traffic) = (self.edges.intern(edge, self.epoch), whose());
        // Without an id there is no telling whether the next exchange is on the same connection.
        if id.is_empty() {
            return (self.of_traffic(edge, traffic), None);
        }
        let mut known = Cached { edge, is_sure: !is_in_doubt, is_shared: traffic != Traffic::Mesh };
        // What an earlier interval knew of the connection holds: its ends do not change.
        if let Some(earlier) = self.cache.earlier(&self.key, self.epoch).filter(|_| is_in_doubt) {
            self.edges.touch(earlier.edge, self.epoch);
            known = Cached { is_shared: earlier.is_shared || known.is_shared, ..earlier };
        }
        self.cache.put(&self.key, self.epoch, known);
        if known.is_sure {
            number.into_iter().for_each(|connection| self.resolve(connection, known.edge));
        }
        (self.of_traffic(known.edge, traffic), number.filter(|_| !known.is_sure))
    }

    /// On a connection whose requests so far hid whose it is: this one may show it. Its id, while they still do.
    fn ask_again(
        &mut self,
        host: &impl Host,
        trust: Trust,
        doubtful: Cached,
        connection: Option<u64>,
    ) -> (Cached, Option<u64>) {
        let Source::Connection(ip) = downstream::source(host, trust) else { return (doubtful, connection) };
        let Some(mut named) = self.edges.get(doubtful.edge).map(|edge| Edge::clone(edge)) else {
            return (doubtful, None);
        };
        if !named.overflow {
            named.peer.address = ip.to_string();
        }
        let known = Cached { edge: self.edges.intern(named, self.epoch), is_sure: true, ..doubtful };
        self.cache.put(&self.key, self.epoch, known);
        connection.into_iter().for_each(|connection| self.resolve(connection, known.edge));
        (known, None)
    }

    /// Lets a request wait for what the next one on its connection shows.
    pub(super) fn wait(&mut self, host: &impl Host, config: &Config, connection: u64, pick: Pick, nanos: u64) {
        let measured = Measured::read(host, &config.measures, nanos);
        let exemplar = if config.measures.exemplars { measured::exemplar(host, measured.nanos) } else { None };
        if let Some(oldest) = self.doubts.wait(Doubt { connection, pick, measured, exemplar }) {
            self.count_doubt(oldest);
        }
    }

    fn count_doubt(&mut self, doubt: Doubt) {
        self.record(doubt.pick, doubt.measured, |kept| {
            doubt.exemplar.filter(|own| kept.is_none_or(|kept| own.nanos > kept.nanos))
        });
    }

    /// Requests that waited for a word on their connection are its edge's.
    fn resolve(&mut self, connection: u64, edge: u32) {
        for mut doubt in self.doubts.of(connection) {
            let traffic = self.edges.get(doubt.pick.edge).map_or(Traffic::Mesh, |edge| edge.traffic);
            doubt.pick.edge = self.of_traffic(edge, traffic);
            self.count_doubt(doubt);
        }
    }

    /// Requests that still wait stay in doubt: before every cut.
    pub(crate) fn settle(&mut self) {
        self.doubts.all().into_iter().for_each(|doubt| self.count_doubt(doubt));
    }
}
