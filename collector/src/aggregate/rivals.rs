//! Proxies in which two hooks may count the same requests, by filters that do not tell which: their rows are kept apart by proxy, so that
//! nothing of another pod is judged with them.

use std::collections::HashMap;

use hogusu_model::Hook;
use hogusu_wire::Resource;

use super::sender::proxy_key;
use crate::limits;

/// Which of the two hooks each proxy has, as bits.
#[derive(Debug, Default)]
pub(super) struct Rivals(HashMap<(String, String), u8>);

const BOTH: u8 = 3;

impl Rivals {
    /// Notes a sender; true when it makes its proxy one with both hooks.
    pub(super) fn note(&mut self, resource: &Resource) -> bool {
        let bit = bit(resource);
        if bit == 0 {
            return false;
        }
        // Those that went are forgotten with everybody: their next batch notes nobody anew, and then rows are of workloads again.
        if self.0.len() > limits::SENDERS {
            self.0.clear();
        }
        let bits = self.0.entry(key(resource)).or_default();
        let before = *bits;
        *bits |= bit;
        before != BOTH && *bits == BOTH
    }

    /// True where a sender's rows are to be kept apart.
    pub(super) fn keep_apart(&self, resource: &Resource) -> bool {
        bit(resource) != 0 && self.0.get(&key(resource)) == Some(&BOTH)
    }
}

/// Of its own, for the map outlives the batch.
fn key(resource: &Resource) -> (String, String) {
    let (k8s_cluster, id) = proxy_key(&resource.proxy);
    (k8s_cluster.to_owned(), id.to_owned())
}

const fn bit(resource: &Resource) -> u8 {
    match resource.hook {
        _ if resource.marks => 0,
        Hook::AccessLog => 1,
        Hook::HttpFilter => 2,
        Hook::UpstreamLog | Hook::ListenerLog => 0,
    }
}
