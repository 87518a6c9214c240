//! The last entry before a VM goes with everything in it: no tick and no answer comes after it.

use super::{Life, Sender};
use crate::host::{Encoder, Host};

/// Steps at most, each one slice: what a few batches hold. The rest is missing, and the collector sees it unclosed.
const STEPS: usize = 12;

impl<E: Encoder> Sender<E> {
    /// True from the moment that the proxy asked it to end.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.life != Life::Running
    }

    /// True once it has let go: it counts nothing any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.life == Life::Ended
    }

    /// Hands over what an ending sender still holds, in order, without waiting for an answer: nobody would hear it.
    ///
    /// Should the VM go on after all, then the batch that was out is not repeated if it fails: its gap says so.
    pub fn last_words(&mut self, host: &mut impl Host) {
        let now = host.monotonic();
        for _ in 0..STEPS {
            if self.life == Life::Ended || self.upload.is_last_out() {
                return;
            }
            self.upload.let_go();
            if self.upload.waiting() > 0 {
                self.send_slice(host, now);
                if self.upload.is_held_back() {
                    return; // The proxy did not take it.
                }
            } else if self.sealing.is_some() {
                self.pack_slice();
            } else if self.owes_last_cut() {
                self.seal_last(now);
            } else {
                return;
            }
        }
    }
}
