//! Which files go: what is older than is to be kept, then what has no room. Pure.

use super::Resolution;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long each resolution is kept, nanoseconds, by the newest data in the store; the finest first.
    pub keep: [u64; 4],
    /// How long anything is kept, nanoseconds.
    pub age: u64,
    /// Bytes that all files may take.
    pub bytes: u64,
}

/// A file that may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) resolution: Resolution,
    /// When it begins: seconds since the epoch.
    pub(super) stamp: u64,
    /// End of its latest event.
    pub(super) to: u64,
    /// Bytes that it takes.
    pub(super) bytes: u64,
    /// Everything in it is in rolled-up files too, as far as those are kept so long.
    pub(super) is_held: bool,
}

impl Retention {
    /// How long this resolution is kept, nanoseconds.
    #[must_use]
    pub fn of(&self, resolution: Resolution) -> u64 {
        let keep = self.keep.get(resolution as usize).copied().unwrap_or(u64::MAX);
        keep.min(self.age)
    }

    /// True when what ended at `to` is to be kept at this resolution at `now`.
    pub(super) fn keeps(&self, resolution: Resolution, to: u64, now: u64) -> bool {
        to.saturating_add(self.of(resolution)) > now
    }

    /// What goes of `candidates`, in this order, where all files together take `total` bytes: first all that is too old.
    pub(super) fn goes(&self, mut candidates: Vec<Candidate>, mut total: u64, now: u64) -> Vec<Candidate> {
        candidates.sort_by_key(|file| (file.rank(), file.stamp));
        let (mut goes, stays): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|file| self.is_old(file, now));
        total = goes.iter().fold(total, |total, file| total.saturating_sub(file.bytes));
        for file in stays {
            if total <= self.bytes {
                break;
            }
            total = total.saturating_sub(file.bytes);
            goes.push(file);
        }
        goes
    }

    fn is_old(&self, file: &Candidate, now: u64) -> bool {
        // What nothing else has stays as long as anything does.
        !self.keeps(if file.is_held { file.resolution } else { Resolution::Day }, file.to, now)
    }
}

impl Candidate {
    /// What has no room goes in this order: what coarser files hold too, the finest first; then what only it holds.
    const fn rank(&self) -> u8 {
        match (self.is_held, self.resolution) {
            (true, Resolution::Slot) => 0,
            (_, Resolution::Minute) => 1,
            (_, Resolution::Hour) => 2,
            (false, Resolution::Slot) => 3,
            (_, Resolution::Day) => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETENTION: Retention = Retention { keep: [2, 30, 900, 4000], age: u64::MAX, bytes: 100 };

    fn file(resolution: Resolution, to: u64, bytes: u64, is_held: bool) -> Candidate {
        Candidate { name: format!("{}-{to}", resolution.as_str()), resolution, stamp: to, to, bytes, is_held }
    }

    fn gone(retention: Retention, candidates: &[Candidate], now: u64) -> Vec<String> {
        let total = candidates.iter().map(|file| file.bytes).sum();
        retention.goes(candidates.to_vec(), total, now).into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn each_resolution_is_kept_as_long_as_was_said_and_slots_until_they_are_rolled_up() {
        use Resolution::{Day, Hour, Minute, Slot};
        let files = [
            file(Slot, 95, 1, true),
            file(Slot, 99, 1, true),
            file(Slot, 10, 1, false),
            file(Minute, 69, 1, true),
            file(Minute, 71, 1, true),
            file(Hour, 1, 1, true),
            file(Day, 1, 1, true),
        ];
        assert_eq!(gone(RETENTION, &files, 100), ["10s-95", "1m-69"]);
        assert_eq!(
            gone(Retention { age: 50, ..RETENTION }, &files, 100),
            ["10s-95", "1m-69", "1h-1", "10s-10", "1d-1"]
        );
    }

    #[test]
    fn without_room_the_finest_goes_first_and_days_last() {
        use Resolution::{Day, Hour, Minute, Slot};
        let files = [
            file(Day, 1, 60, true),
            file(Slot, 100, 30, true),
            file(Slot, 98, 30, false),
            file(Minute, 90, 30, true),
            file(Hour, 60, 30, true),
        ];
        assert_eq!(gone(RETENTION, &files, 100), ["10s-100", "1m-90", "1h-60"]);
        assert_eq!(gone(Retention { bytes: 60, ..RETENTION }, &files, 100).last().unwrap(), "10s-98");
        assert_eq!(gone(Retention { bytes: 0, ..RETENTION }, &files, 100).last().unwrap(), "1d-1");
        let old = Retention { keep: [2, 30, 20, 4000], bytes: 150, ..RETENTION };
        assert_eq!(gone(old, &files, 100), ["1h-60"], "what is too old makes room before anything else has to");
    }
}
