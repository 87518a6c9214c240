//! Many claims to one address, as to that of a gateway that thousands stand behind: what they cost grows with their number, and
//! not with its square.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::claims::{Claim, Source};
use crate::limits;

/// Claims of the same word, made one where they overlap: a proxy's workers all speak for its addresses. Ascending by start.
pub(super) fn joined(mut claims: Vec<Claim>) -> Vec<Claim> {
    claims.sort_by(|a, b| (a.source, &a.workload, a.from).cmp(&(b.source, &b.workload, b.from)));
    let mut joined: Vec<Claim> = Vec::with_capacity(claims.len());
    for claim in claims {
        match joined.last_mut() {
            // An end that nobody saw is a doubt of its own.
            Some(last)
                if (last.source, &last.workload) == (claim.source, &claim.workload)
                    && !last.is_end_unseen
                    && !claim.is_end_unseen
                    && claim.from <= last.firm_to =>
            {
                last.firm_to = last.firm_to.max(claim.firm_to);
                last.to = last.to.max(claim.to);
            }
            _ => joined.push(claim),
        }
    }
    joined.sort_by_key(|claim| claim.from);
    joined
}

/// The claims that hold at a time that only goes on.
pub(super) struct Crowd<'a> {
    /// Ascending by start.
    claims: &'a [Claim],
    next: usize,
    ends: BinaryHeap<Reverse<(u64, bool, usize)>>,
    /// The API server's first, then by start.
    here: BTreeSet<(bool, usize)>,
}

impl<'a> Crowd<'a> {
    pub(super) const fn of(claims: &'a [Claim]) -> Self {
        Self { claims, next: 0, ends: BinaryHeap::new(), here: BTreeSet::new() }
    }

    /// Claims that touch [start, end), which is later than any asked for before. Of a crowd, those of the first
    /// [`limits::CLAIMANTS`]: more make no other owner of it.
    pub(super) fn between(&mut self, start: u64, end: u64) -> Vec<&'a Claim> {
        while let Some(claim) = self.claims.get(self.next)
            && claim.from < end
        {
            let is_proxy = claim.source == Source::Proxy;
            self.here.insert((is_proxy, self.next));
            self.ends.push(Reverse((claim.to, is_proxy, self.next)));
            self.next += 1;
        }
        while let Some(Reverse((to, is_proxy, place))) = self.ends.peek().copied()
            && to <= start
        {
            self.ends.pop();
            self.here.remove(&(is_proxy, place));
        }
        let mut claimants = BTreeSet::new();
        let mut claims = Vec::new();
        for claim in self.here.iter().filter_map(|(_, place)| self.claims.get(*place)) {
            claimants.insert((claim.source, &claim.workload));
            claims.push(claim);
            if claimants.len() >= limits::CLAIMANTS {
                break;
            }
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use hogusu_model::{Proxy, Workload};

    use super::*;
    use crate::ownership::{Owner, Owners, of_proxy};

    fn claim(name: usize, from: u64, firm_to: u64) -> Claim {
        let workload = Workload { cluster: "c1".into(), namespace: "shop".into(), name: format!("w{name:05}") };
        let proxy = Proxy { workload, addresses: "10.0.0.1".into(), ..Proxy::default() };
        of_proxy(&proxy, (from, firm_to), 5).next().expect("an address")
    }

    #[test]
    fn what_workers_of_one_proxy_say_is_one_claim() {
        let workers = vec![claim(1, 20, 60), claim(1, 0, 50), claim(1, 30, 40), claim(2, 10, 20), claim(1, 80, 90)];
        assert_eq!(joined(workers), [claim(1, 0, 60), claim(2, 10, 20), claim(1, 80, 90)]);
    }

    #[test]
    fn those_who_claim_at_a_time_are_found_as_it_goes_on() {
        let claims = [claim(1, 0, 50), claim(2, 10, 20), claim(3, 40, 90)];
        let mut crowd = Crowd::of(&claims);
        let mut places = |start, end| -> Vec<usize> {
            let found = crowd.between(start, end);
            (0..3).filter(|place| found.contains(&&claims[*place])).collect()
        };
        assert_eq!(places(0, 10), [0]);
        assert_eq!(places(10, 20), [0, 1]);
        assert_eq!(places(29, 35), [0, 1], "a claim reaches a little beyond what is firm");
        assert_eq!(places(30, 41), [0, 2]);
        assert_eq!(places(100, 110), [] as [usize; 0]);
    }

    /// 5,000 claims made 20,000 readings of 5,000 claims.
    #[test]
    fn an_address_that_thousands_share_is_nobody_s_and_a_few_of_them_are_named() {
        const SECOND: u64 = 1_000_000_000;
        let claims = (0..5_000_u32)
            .map(|name| claim(name as usize, u64::from(name) * 10 * SECOND, (60_000 + u64::from(name) * 10) * SECOND));
        let owners = Owners::of(claims.collect(), 5 * SECOND).into_list();
        let named = owners.iter().map(|owner| match owner {
            Owner::Disputed { claimants, .. } => claimants.len(),
            Owner::One { .. } | Owner::Nobody => 1,
        });
        assert_eq!(named.max(), Some(limits::CLAIMANTS));
    }

    #[test]
    fn of_a_crowd_a_few_are_enough() {
        let claims: Vec<Claim> = (0..10_000).map(|name| claim(name, 0, 100)).collect();
        let mut crowd = Crowd::of(&claims);
        assert!((0..100).all(|at| crowd.between(at, 100).len() == limits::CLAIMANTS));
    }
}
