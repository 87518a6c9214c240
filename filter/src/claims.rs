//! Which time a sender's batches have named: what was named before the wall clock was set is not named again.

/// Runs kept from before; of more the two oldest are taken for one, so that rather too little time is covered than some twice.
const KEPT: usize = 8;

/// A stretch of time.
type Run = (u64, u64);

/// The time that batches named.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// By clocks of before, the oldest first.
    before: Vec<Run>,
    /// By the clock as it is.
    now: Option<Run>,
    /// The same before the last claim.
    without_last: Option<Run>,
}

impl Claims {
    /// Claims [start, end) for a batch: what of it was not named by a clock of before. May be empty: its exchanges count there.
    pub(crate) fn claim(&mut self, mut start: u64, mut end: u64) -> Run {
        for (from, to) in &self.before {
            if start < *to && end > *from {
                if start < *from {
                    end = *from;
                } else {
                    start = end.min(*to);
                }
            }
        }
        self.without_last = self.now;
        self.now = Some(self.now.map_or((start, end), |(from, to)| (from.min(start), to.max(end))));
        (start, end)
    }

    /// The last claim's batch was not written after all.
    pub(crate) const fn give_back(&mut self) {
        self.now = self.without_last;
    }

    /// The wall clock was set: what was named until now was named by a clock of before.
    pub(crate) fn begin_anew(&mut self) {
        let Some(run) = self.now.take().filter(|(from, to)| from < to) else { return };
        self.before.push(run);
        if self.before.len() > KEPT {
            let (from, to) = self.before.remove(0);
            if let Some(next) = self.before.first_mut() {
                *next = (next.0.min(from), next.1.max(to));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::fake::splitmix;

    #[test]
    fn what_was_named_by_a_clock_of_before_is_left_out() {
        let mut claims = Claims::default();
        assert_eq!([claims.claim(10, 15), claims.claim(15, 20)], [(10, 15), (15, 20)]);
        claims.begin_anew();
        assert_eq!([claims.claim(5, 9), claims.claim(9, 12), claims.claim(12, 14)], [(5, 9), (9, 10), (14, 14)]);
        assert_eq!([claims.claim(14, 22), claims.claim(22, 30)], [(20, 22), (22, 30)]);
    }

    #[test]
    fn however_often_the_clock_is_set_no_time_is_named_twice() {
        let mut seed = 5;
        let (mut claims, mut named, mut at) = (Claims::default(), Vec::new(), 1_000_u64);
        for _ in 0..2_000 {
            if splitmix(&mut seed).is_multiple_of(20) {
                claims.begin_anew();
                at = at.saturating_add(splitmix(&mut seed) % 200).saturating_sub(splitmix(&mut seed) % 200);
            }
            let end = at + splitmix(&mut seed) % 12;
            named.push(claims.claim(at, end));
            at = end;
        }
        named.retain(|(from, to)| from < to);
        named.sort_unstable();
        assert!(named.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        assert!(named.len() > 100 && claims.before.len() <= KEPT);
    }
}
