//! What a sender promises, seen from outside: through its proxy and through a collector.

mod bounds;
mod configuration;
mod cuts;
mod delivery;
mod ending;
mod losses;
mod rivals;
mod steps;
mod sweeping;

use crate::fake::{Collector, Exchange, Stage};

const SECOND: u64 = 1_000_000_000;

/// Delivers everything that leaves until `millis` have passed, each batch acknowledged at once.
fn deliver(stage: &mut Stage, collector: &mut Collector, millis: u64) {
    let until = stage.host.now + millis * 1_000_000;
    while stage.host.tick_at.is_some_and(|at| at <= until) {
        let before = stage.host.posts.len();
        stage.tick();
        if stage.host.posts.len() > before {
            collector.take(&stage.last_post().body);
            stage.status(200);
        }
    }
    stage.host.now = until;
}

/// One exchange to each of the destination hosts.
fn count_each(stage: &mut Stage, hosts: std::ops::Range<u32>) {
    let any = Exchange::outbound();
    hosts.for_each(|host| stage.count(&any.clone().to(host)));
}

impl<E> super::Sender<E> {
    /// Series that count something which is not packed yet.
    pub(crate) fn unpacked(&self) -> usize {
        self.table.recorder.unpacked()
    }

    /// Series that it knows.
    pub(crate) fn series(&self) -> usize {
        let [all, free] = self.table.recorder.sizes();
        all - free
    }

    /// The token of the request that is out.
    pub(crate) fn in_flight(&self) -> Option<u32> {
        self.upload.in_flight()
    }

    /// Sizes of the tables that could grow.
    pub(crate) fn sizes(&self) -> [usize; 5] {
        let [edges, free_edges] = self.table.edges.sizes();
        let [series, free_series] = self.table.recorder.sizes();
        [edges - free_edges, edges, series - free_series, series, self.upload.waiting()]
    }
}
