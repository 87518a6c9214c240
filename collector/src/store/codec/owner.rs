//! Whose an address was, as rolled-up files hold it: what was found once is not looked for again.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::Workload;

use super::{Garbled, LAYOUT, Reading, write_number, write_text};
use crate::ownership::{Dispute, Owner, Source};

const NOBODY: u64 = 0;
const ONE: u64 = 1;
const DISPUTED: u64 = 2;

const PROXY: u64 = 1;
const KUBERNETES: u64 = 2;

/// An owner.
pub(in super::super) fn write_owner(owner: &Owner) -> Vec<u8> {
    let mut out = vec![LAYOUT];
    match owner {
        Owner::Nobody => write_number(&mut out, NOBODY),
        Owner::One { workload, sources, against } => {
            write_number(&mut out, ONE);
            write_workload(&mut out, workload);
            write_number(&mut out, bits_of(sources));
            write_number(&mut out, against.len() as u64);
            against.iter().for_each(|other| write_workload(&mut out, other));
        }
        Owner::Disputed { claimants, dispute } => {
            write_number(&mut out, DISPUTED);
            write_number(&mut out, number_of(*dispute));
            write_number(&mut out, claimants.len() as u64);
            for (workload, sources) in claimants {
                write_workload(&mut out, workload);
                write_number(&mut out, bits_of(sources));
            }
        }
    }
    out
}

/// Reads what [`write_owner`] wrote.
pub(in super::super) fn read_owner(bytes: &[u8]) -> Result<Owner, Garbled> {
    let mut reading = Reading::of(bytes)?;
    let owner = match reading.number()? {
        NOBODY => Owner::Nobody,
        ONE => {
            let (owner, sources, others) = (workload(&mut reading)?, sources(&mut reading)?, reading.number()?);
            let against = (0..others).map(|_| workload(&mut reading)).collect::<Result<BTreeSet<_>, _>>()?;
            Owner::One { workload: owner, sources, against }
        }
        DISPUTED => {
            let (dispute, number) = (dispute(reading.number()?)?, reading.number()?);
            let claimant = |_| Ok((workload(&mut reading)?, sources(&mut reading)?));
            let claimants = (0..number).map(claimant).collect::<Result<BTreeMap<_, _>, Garbled>>()?;
            Owner::Disputed { claimants, dispute }
        }
        _ => return Err(Garbled),
    };
    if reading.0.is_empty() { Ok(owner) } else { Err(Garbled) }
}

fn write_workload(out: &mut Vec<u8>, workload: &Workload) {
    for text in [&workload.cluster, &workload.namespace, &workload.name] {
        write_text(out, text);
    }
}

fn workload(reading: &mut Reading<'_>) -> Result<Workload, Garbled> {
    Ok(Workload { cluster: reading.text()?, namespace: reading.text()?, name: reading.text()? })
}

fn bits_of(sources: &BTreeSet<Source>) -> u64 {
    sources.iter().fold(0, |bits, source| {
        bits | match source {
            Source::Proxy => PROXY,
            Source::Kubernetes => KUBERNETES,
        }
    })
}

fn sources(reading: &mut Reading<'_>) -> Result<BTreeSet<Source>, Garbled> {
    let bits = reading.number()?;
    if bits > PROXY | KUBERNETES {
        return Err(Garbled);
    }
    let all = [(PROXY, Source::Proxy), (KUBERNETES, Source::Kubernetes)];
    Ok(all.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, source)| source).collect())
}

const fn number_of(dispute: Dispute) -> u64 {
    match dispute {
        Dispute::ChangedHands => 0,
        Dispute::Contradiction => 1,
        Dispute::EndUnseen => 2,
        Dispute::OtherCertificate => 3,
    }
}

fn dispute(number: u64) -> Result<Dispute, Garbled> {
    let all = [Dispute::ChangedHands, Dispute::Contradiction, Dispute::EndUnseen, Dispute::OtherCertificate];
    all.into_iter().find(|dispute| number_of(*dispute) == number).ok_or(Garbled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Workload {
        Workload { cluster: "one".into(), namespace: "shop".into(), name: name.into() }
    }

    #[test]
    fn every_owner_is_read_as_it_was_written_and_none_that_is_cut() {
        let both = BTreeSet::from([Source::Proxy, Source::Kubernetes]);
        let one = |against| Owner::One { workload: named("cart"), sources: both.clone(), against };
        let disputed = |dispute| Owner::Disputed {
            claimants: [(named("cart"), both.clone()), (named("order"), BTreeSet::new())].into(),
            dispute,
        };
        let disputes = [0, 1, 2, 3].map(|number| disputed(dispute(number).unwrap()));
        let others = [Owner::Nobody, one(BTreeSet::new()), one([named("order"), named("pay")].into())];
        for owner in others.into_iter().chain(disputes) {
            let bytes = write_owner(&owner);
            assert_eq!(read_owner(&bytes), Ok(owner));
            for length in 0..bytes.len() {
                assert_eq!(read_owner(&bytes[..length]), Err(Garbled));
            }
            assert_eq!(read_owner(&[&bytes[..], &[0]].concat()), Err(Garbled));
        }
        assert_eq!(dispute(4), Err(Garbled));
    }
}
