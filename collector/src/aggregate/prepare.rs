//! Reading a batch: everything of it that can be wrong is found here, and nothing of it is kept. What is refused leaves no trace.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use hogusu_model::{BatchHeader, Measure, Reporter, SenderId, SeriesKey};
use hogusu_wire::{Batch, Point, Refusal, Resource, Value, admit_resource, parse_series};

use super::{Aggregate, Dictionary, SeriesId, Sides, Unfit, bounds, named};

/// A batch that was read and found good; nothing of it is counted yet.
#[derive(Debug)]
pub struct Prepared {
    pub(super) sender: SenderId,
    pub(super) header: BatchHeader,
    pub(super) resource: (Arc<[u8]>, Arc<Resource>),
    /// Series that are not numbered yet.
    pub(super) unseen: Vec<Unseen>,
    pub(super) points: Vec<(Named, Value)>,
    pub(super) exchanges: u64,
    pub(super) sides: Sides,
    pub(super) arrival: u64,
}

/// A series that was not seen before, by its attributes' bytes.
#[derive(Debug)]
pub(super) struct Unseen {
    pub(super) attributes: Arc<[u8]>,
    pub(super) key: SeriesKey,
}

/// Which series a value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// One with a number.
    Known(SeriesId),
    /// A place in [`Prepared::unseen`].
    Unseen(usize),
}

impl Prepared {
    /// When it arrived.
    #[must_use]
    pub const fn arrival(&self) -> u64 {
        self.arrival
    }
}

impl Aggregate {
    /// Reads everything of a batch that can be wrong. Keeps nothing.
    ///
    /// # Errors
    /// When the batch must be refused.
    pub fn prepare(&self, batch: Batch<'_>, arrival: u64) -> Result<Prepared, Unfit> {
        bounds::check(&batch)?;
        let known = self.senders().get(&batch.sender).filter(|sender| *sender.resource_bytes == *batch.resource);
        let resource = match known {
            Some(sender) => (Arc::clone(&sender.resource_bytes), Arc::clone(&sender.resource)),
            None => (Arc::from(batch.resource), Arc::new(named(admit_resource(batch.resource)?))),
        };
        let (mut exchanges, mut sides) = (0_u64, Sides::default());
        let mut points = Vec::with_capacity(batch.points.len());
        let mut naming = Naming::default();
        for point in batch.points {
            let (named, side) = naming.name(self.dictionary(), &point)?;
            if let Value::Duration(histogram, _) = &point.value {
                exchanges = exchanges.saturating_add(histogram.count());
                sides = sides.or(side);
            }
            points.push((named, point.value));
        }
        bounds::exchanges(exchanges)?;
        let (sender, header) = (batch.sender, batch.header);
        Ok(Prepared { sender, header, resource, unseen: naming.unseen, points, exchanges, sides, arrival })
    }
}

/// The series of one batch that are not numbered yet, each read once.
#[derive(Default)]
struct Naming {
    unseen: Vec<Unseen>,
    places: HashMap<(Measure, Arc<[u8]>), usize>,
}

impl Naming {
    /// The series of a data point, and which side its counts are evidence of.
    fn name(&mut self, dictionary: &Dictionary, point: &Point<'_>) -> Result<(Named, Sides), Refusal> {
        if let Some((id, key)) = dictionary.find(point.measure, &point.attributes) {
            return Ok((Named::Known(id), sides_of(key)));
        }
        let attributes: Arc<[u8]> = Arc::from(&*point.attributes);
        let place = match self.places.entry((point.measure, Arc::clone(&attributes))) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                let key = parse_series(point.measure, &attributes)?;
                self.unseen.push(Unseen { attributes, key });
                *place.insert(self.unseen.len() - 1)
            }
        };
        Ok((Named::Unseen(place), self.unseen.get(place).map_or_else(Sides::default, |one| sides_of(&one.key))))
    }
}

/// The side that a count of the series is evidence of.
const fn sides_of(key: &SeriesKey) -> Sides {
    match (key.measure, key.reporter) {
        (Measure::Request, Reporter::Source) => Sides { source: true, destination: false },
        (Measure::Request, Reporter::Destination) => Sides { source: false, destination: true },
        _ => Sides { source: false, destination: false },
    }
}
