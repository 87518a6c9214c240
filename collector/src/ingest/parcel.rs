//! A batch's bytes on their way: read plain, kept as compact as they came, and counted against what all of them may take.

use std::io::Read;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::DECOMPRESSED_BYTES;
use crate::limits::memory::IngestBounds;

/// How bytes spell a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Plain,
    /// Compressed.
    Gzip,
}

/// What all bodies together may take; more are told to come again.
#[derive(Debug, Clone)]
pub struct Room {
    /// For bytes that were sent.
    sent: Arc<Semaphore>,
    /// For what decompressing made of them: it costs a sender a thousandth.
    inflated: Arc<Semaphore>,
    /// Both together.
    bytes: usize,
}

/// Part of a [`Room`], given back when it is dropped.
#[derive(Debug, Default)]
pub struct Held {
    sent: Option<OwnedSemaphorePermit>,
    inflated: Option<OwnedSemaphorePermit>,
}

/// There is no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A batch's bytes.
#[derive(Debug, Default)]
pub struct Parcel {
    plain: Vec<u8>,
    /// As it came, where that is shorter.
    packed: Option<Vec<u8>>,
    _held: Held,
}

/// Bytes that cannot be decompressed.
#[derive(Debug, thiserror::Error)]
pub enum Unpacking {
    /// They are not gzip.
    #[error(transparent)]
    Gzip(#[from] std::io::Error),
    /// They are more than a batch may be.
    #[error("more than {DECOMPRESSED_BYTES} bytes when decompressed")]
    TooLong,
    /// There is no room for them now.
    #[error("no room for them at the moment")]
    Full,
}

impl Default for Room {
    fn default() -> Self {
        Self::within(&IngestBounds::default())
    }
}

impl Room {
    /// As much as these bounds allow.
    #[must_use]
    pub fn within(bounds: &IngestBounds) -> Self {
        let IngestBounds { bodies_bytes, inflated_bytes, .. } = *bounds;
        let (sent, inflated) = (Arc::new(Semaphore::new(bodies_bytes)), Arc::new(Semaphore::new(inflated_bytes)));
        Self { sent, inflated, bytes: bodies_bytes.saturating_add(inflated_bytes) }
    }

    /// Takes room for so many bytes more that were sent.
    ///
    /// # Errors
    /// When there is not so much left.
    pub fn take(&self, held: &mut Held, bytes: usize) -> Result<(), Full> {
        take(&self.sent, &mut held.sent, bytes)
    }

    /// Bytes that are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        let free = self.sent.available_permits().saturating_add(self.inflated.available_permits());
        self.bytes.saturating_sub(free)
    }
}

fn take(room: &Arc<Semaphore>, held: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), Full> {
    let more = u32::try_from(bytes).map_err(|_too_many| Full)?;
    let more = Arc::clone(room).try_acquire_many_owned(more).map_err(|_none_left| Full)?;
    match held {
        Some(permit) => permit.merge(more),
        none => *none = Some(more),
    }
    Ok(())
}

impl Parcel {
    /// A body that came plain.
    #[must_use]
    pub const fn plain(plain: Vec<u8>, held: Held) -> Self {
        Self { plain, packed: None, _held: held }
    }

    /// A body that came compressed.
    ///
    /// # Errors
    /// When it is not gzip, is too long, or there is no room for it.
    pub fn gzip(packed: Vec<u8>, mut held: Held, room: &Room) -> Result<Self, Unpacking> {
        let plain = unpack(&packed, |bytes| take(&room.inflated, &mut held.inflated, bytes))?;
        let packed = Some(packed).filter(|packed| packed.len() < plain.len());
        Ok(Self { plain, packed, _held: held })
    }

    /// The batch as docs/wire.md describes it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.plain
    }

    /// The shortest spelling of it that is at hand.
    #[must_use]
    pub fn shortest(&self) -> (Encoding, &[u8]) {
        self.packed
            .as_ref()
            .map_or((Encoding::Plain, self.plain.as_slice()), |packed| (Encoding::Gzip, packed.as_slice()))
    }

    /// Bytes that it takes in memory.
    #[must_use]
    pub fn held(&self) -> usize {
        self.plain.len().saturating_add(self.packed.as_ref().map_or(0, Vec::len))
    }
}

impl From<Vec<u8>> for Parcel {
    fn from(plain: Vec<u8>) -> Self {
        Self::plain(plain, Held::default())
    }
}

/// Decompresses, at most to the bound, asking for room before each step: what is too long is refused before it takes memory.
pub(crate) fn unpack(packed: &[u8], mut room: impl FnMut(usize) -> Result<(), Full>) -> Result<Vec<u8>, Unpacking> {
    const LONGEST_STEP: usize = 1024 * 1024;
    let mut step = packed.len().saturating_mul(4).clamp(4 * 1024, LONGEST_STEP);
    let mut decoder = MultiGzDecoder::new(packed);
    let mut plain = Vec::new();
    loop {
        let before = plain.len();
        room(step).map_err(|Full| Unpacking::Full)?;
        plain.reserve_exact(step);
        decoder.by_ref().take(u64::try_from(step).unwrap_or(u64::MAX)).read_to_end(&mut plain)?;
        if plain.len() > DECOMPRESSED_BYTES {
            return Err(Unpacking::TooLong);
        }
        if plain.len() - before < step {
            return Ok(plain);
        }
        step = step.saturating_mul(2).min(LONGEST_STEP);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_came_compressed_is_kept_as_short_as_it_came() {
        let room = Room::default();
        let plain = vec![7; 3_000_000];
        let parcel = Parcel::gzip(gzip(&plain), Held::default(), &room).unwrap();
        assert_eq!(parcel.bytes(), plain);
        let (encoding, bytes) = parcel.shortest();
        assert_eq!(encoding, Encoding::Gzip);
        assert!(bytes.len() < 10_000, "{}", bytes.len());
        assert_eq!(Parcel::from(vec![1, 2]).shortest(), (Encoding::Plain, &[1, 2][..]));
    }

    #[test]
    fn a_body_takes_its_room_and_gives_it_back() {
        let room = Room::default();
        let mut held = Held::default();
        room.take(&mut held, 1_000).unwrap();
        let parcel = Parcel::gzip(gzip(&[7; 3_000_000]), held, &room).unwrap();
        let taken = room.taken();
        assert!((3_000_000..4_200_000).contains(&taken), "{taken}");
        drop(parcel);
        assert_eq!(room.taken(), 0);
    }

    #[test]
    fn bodies_that_unpack_to_more_than_there_is_room_for_are_told_to_come_again() {
        let room = Room::default();
        let packed = gzip(&vec![7; DECOMPRESSED_BYTES]);
        let mut parcels = Vec::new();
        let refused = loop {
            match Parcel::gzip(packed.clone(), Held::default(), &room) {
                Ok(parcel) => parcels.push(parcel),
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, Unpacking::Full), "{refused}");
        assert!(parcels.iter().map(Parcel::held).sum::<usize>() <= IngestBounds::default().inflated_bytes);
        room.take(&mut Held::default(), 1_000).expect("what is sent plain has room of its own");
        let longer = gzip(&vec![7; DECOMPRESSED_BYTES + 1]);
        parcels.clear();
        assert!(matches!(Parcel::gzip(longer, Held::default(), &room), Err(Unpacking::TooLong)));
        assert_eq!(room.taken(), 0);
    }
}
