//! What a batch that can be read must not contradict: who its sender was, its own total, and that a series counts something.
//! Asked of what arrives, never of what the journal holds: that was acknowledged.

use std::collections::HashSet;

use hogusu_model::SeriesKey;
use hogusu_wire::{Value, parse_resource};

use super::prepare::{Named, Prepared};
use super::{Dictionary, Unfit};

/// Whether a sender whose Resource was in these bytes is who it was. Other bytes may say the same.
pub(super) fn resource(before: &[u8], prepared: &Prepared) -> Result<(), Unfit> {
    let now = &*prepared.resource.0;
    if before == now {
        return Ok(());
    }
    // What was taken under the rules of a version before is no measure.
    let Ok(before) = parse_resource(before) else { return Ok(()) };
    Ok(parse_resource(now)?.goes_on_from(&before)?)
}

/// Whether a batch's total holds what is in the batch.
pub(super) const fn total(prepared: &Prepared) -> Result<(), Unfit> {
    let (total, exchanges) = (prepared.header.cumulative, prepared.exchanges);
    if total < exchanges { Err(Unfit::Total { total, exchanges }) } else { Ok(()) }
}

/// Whether every series counts an exchange.
pub(super) fn counted(dictionary: &Dictionary, prepared: &Prepared) -> Result<(), Unfit> {
    let is_duration = |(_, value): &&(Named, Value)| matches!(value, Value::Duration(..));
    if prepared.points.iter().any(|(_, value)| matches!(value, Value::Duration(one, _) if one.count() == 0)) {
        return Err(Unfit::Hollow);
    }
    // Without optional measures there is nothing beside durations: every batch comes through here.
    if prepared.points.iter().all(|point| is_duration(&point)) {
        return Ok(());
    }
    let mut counted: Vec<Named> = prepared.points.iter().filter(is_duration).map(|(named, _)| *named).collect();
    counted.sort_unstable();
    let is_beside = |point: &&(Named, Value)| !is_duration(point) && counted.binary_search(&point.0).is_err();
    let mut beside = prepared.points.iter().filter(is_beside).peekable();
    if beside.peek().is_none() {
        return Ok(());
    }
    // Other bytes may spell the same series.
    let key = |named: Named| -> Option<&SeriesKey> {
        match named {
            Named::Known(id) => dictionary.names().series_of(id).map(|key| &**key),
            Named::Unseen(place) => prepared.unseen.get(place).map(|one| &one.key),
        }
    };
    let spelt: HashSet<&SeriesKey> = counted.iter().filter_map(|named| key(*named)).collect();
    let is_spelt = |(named, _): &(Named, Value)| key(*named).is_some_and(|key| spelt.contains(key));
    if beside.all(is_spelt) { Ok(()) } else { Err(Unfit::Hollow) }
}
