//! The same facts by brute force: every simple way is walked, every workload is taken out once. Shares no step with the crate.

use std::collections::BTreeSet;

/// A small mesh as a table of who calls whom.
pub(crate) struct Oracle {
    pub(crate) count: usize,
    pub(crate) calls: Vec<Vec<bool>>,
    /// Not wholly seen.
    pub(crate) is_partly_seen: Vec<bool>,
}

impl Oracle {
    /// All that can be reached without passing `without`.
    pub(crate) fn reach(&self, from: usize, without: Option<usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        if Some(from) != without {
            reached.insert(from);
        }
        // As many rounds as there are workloads are enough for any way.
        for _ in 0..self.count {
            for (one, other) in self.all_pairs() {
                if reached.contains(&one) && Some(other) != without {
                    reached.insert(other);
                }
            }
        }
        reached
    }

    fn all_pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let pairs = (0..self.count).flat_map(move |one| (0..self.count).map(move |other| (one, other)));
        pairs.filter(|(one, other)| one != other && self.calls[*one][*other])
    }

    /// Every way without a repetition, from a workload on.
    pub(crate) fn ways(&self, from: usize) -> Vec<Vec<usize>> {
        let (mut all, mut open) = (Vec::new(), vec![vec![from]]);
        while let Some(way) = open.pop() {
            let last = *way.last().unwrap();
            for next in (0..self.count).filter(|next| self.calls[last][*next] && !way.contains(next)) {
                let mut longer = way.clone();
                longer.push(next);
                open.push(longer);
            }
            all.push(way);
        }
        all
    }

    pub(crate) fn are_in_a_circle(&self, one: usize, other: usize) -> bool {
        self.reach(one, None).contains(&other) && self.reach(other, None).contains(&one)
    }

    pub(crate) fn is_in_a_circle(&self, place: usize) -> bool {
        self.calls[place][place] || (0..self.count).any(|other| other != place && self.are_in_a_circle(place, other))
    }

    /// The longest chain of calls, each circle that it passes counted as one; or the way to the farthest, where that is longer.
    pub(crate) fn depth(&self, from: usize) -> usize {
        let chain = |way: &Vec<usize>| {
            let crossed = way.windows(2).filter(|two| !self.are_in_a_circle(two[0], two[1])).count();
            // A circle is named by its first member.
            let first = |place: usize| (0..self.count).find(|other| self.are_in_a_circle(place, *other));
            let circles: BTreeSet<_> =
                way.iter().filter(|place| self.is_in_a_circle(**place)).map(|at| first(*at)).collect();
            crossed + circles.len()
        };
        let longest = self.ways(from).iter().map(chain).max().unwrap();
        let farthest = (0..self.count).filter_map(|to| self.shortest(from, to)).max().unwrap();
        longest.max(farthest)
    }

    /// Calls of the shortest way.
    pub(crate) fn shortest(&self, from: usize, to: usize) -> Option<usize> {
        self.ways(from).iter().filter(|way| way.last() == Some(&to)).map(|way| way.len() - 1).min()
    }

    /// Somebody on a way to it, before it, was not wholly seen: there may be ways that were not.
    pub(crate) fn may_miss(&self, from: usize, passed: usize) -> bool {
        let leads_there = |place: &usize| self.reach(*place, None).contains(&passed);
        self.reach(from, Some(passed))
            .iter()
            .filter(|place| leads_there(place))
            .any(|place| self.is_partly_seen[*place])
    }

    /// Calls may end there: whatever is reached from it leads back.
    fn is_end(&self, place: usize) -> bool {
        self.reach(place, None).iter().all(|other| self.reach(*other, None).contains(&place))
    }

    /// No way ends without passing it, and some way does pass it.
    pub(crate) fn always_passes(&self, from: usize, passed: usize) -> bool {
        let avoids = |way: &Vec<usize>| !way.contains(&passed) && self.is_end(*way.last().unwrap());
        self.reach(from, None).contains(&passed) && !self.ways(from).iter().any(avoids)
    }

    /// What entry points reach, and no longer when this is taken out.
    pub(crate) fn cut_off(&self, entries: &[usize], taken: usize) -> BTreeSet<usize> {
        let reach = |without| entries.iter().flat_map(|entry| self.reach(*entry, without)).collect::<BTreeSet<_>>();
        let (all, left) = (reach(None), reach(Some(taken)));
        all.difference(&left).copied().filter(|place| *place != taken).collect()
    }
}
