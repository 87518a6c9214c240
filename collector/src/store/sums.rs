//! Checksums of a file's blocks, and the file beside it that keeps them: made when it is written no more, so that they never are of another
//! time than what they are of. docs/storage.md describes every field.

use std::io;

use redb::StorageBackend;

use super::files::Files;

/// Bytes of a block: redb's pages begin at multiples of it.
pub(super) const BLOCK: u64 = 4096;
const MAGIC: &[u8; 8] = b"HOGUSUSM";
const VERSION: u32 = 1;
/// Magic, version, length of a block, length of the file, range of its events.
const HEADER: usize = 8 + 4 + 4 + 8 + 8 + 8;
/// Read at once where a whole file is.
const STEP: u64 = 256 * BLOCK;

/// What is known of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) length: u64,
    /// CRC-32C of each block; `None` where a write failed half-way, so that nobody knows.
    blocks: Vec<Option<u32>>,
}

/// Start and end of the events in a file.
pub(super) type Range = (u64, u64);

impl Sums {
    /// Those of a file that is being made.
    pub(super) const fn empty() -> Self {
        Self { length: 0, blocks: Vec::new() }
    }

    /// Those of a file as it is.
    pub(super) fn of(file: &impl StorageBackend) -> io::Result<Self> {
        let length = file.len()?;
        let mut sums = Self { length, blocks: Vec::new() };
        let mut at = 0;
        while at < length {
            let bytes = read(file, at, (at + STEP).min(length))?;
            sums.blocks.extend(bytes.chunks(size(BLOCK)).map(|block| Some(crc32c::crc32c(block))));
            at += STEP;
        }
        Ok(sums)
    }

    /// Learns the blocks that nobody knows.
    pub(super) fn complete(&mut self, file: &impl StorageBackend) -> io::Result<()> {
        let length = self.length;
        for (at, sum) in (0..).step_by(size(BLOCK)).zip(&mut self.blocks) {
            if sum.is_none() {
                *sum = Some(crc32c::crc32c(&read(file, at, (at + BLOCK).min(length))?));
            }
        }
        Ok(())
    }

    /// Where the first block begins that is not what was written; `bytes` begin with a block at `at`.
    pub(super) fn first_flaw(&self, at: u64, bytes: &[u8]) -> Option<u64> {
        let known = self.blocks.get(size(at / BLOCK)..).unwrap_or_default();
        let read = (at..).step_by(size(BLOCK)).zip(bytes.chunks(size(BLOCK)));
        let differs = |sum: Option<u32>, block: &[u8]| sum.is_some_and(|sum| sum != crc32c::crc32c(block));
        known.iter().zip(read).find_map(|(sum, (place, block))| differs(*sum, block).then_some(place))
    }

    /// Nobody knows what is in [from, to) until a write there has ended.
    pub(super) fn forget(&mut self, from: u64, to: u64) {
        if to > self.length {
            self.resize(to);
        }
        let blocks = self.blocks.get_mut(size(from / BLOCK)..size(to.div_ceil(BLOCK)));
        blocks.unwrap_or_default().fill(None);
    }

    /// `bytes`, which begin with a block at `at`, were written.
    pub(super) fn learn(&mut self, at: u64, bytes: &[u8]) {
        let known = self.blocks.get_mut(size(at / BLOCK)..).unwrap_or_default();
        for (sum, block) in known.iter_mut().zip(bytes.chunks(size(BLOCK))) {
            *sum = Some(crc32c::crc32c(block));
        }
    }

    /// The file was cut, or made longer by zeros.
    pub(super) fn resize(&mut self, length: u64) {
        let whole = size(self.length.min(length) / BLOCK);
        self.blocks.truncate(whole);
        self.blocks.resize(size(length.div_ceil(BLOCK)), None);
        self.length = length;
    }

    /// As they are kept; `None` while some are not known.
    pub(super) fn encode(&self, (from, to): Range) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(HEADER + 4 * self.blocks.len() + 4);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(BLOCK).ok()?.to_le_bytes());
        for number in [self.length, from, to] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for sum in &self.blocks {
            bytes.extend_from_slice(&(*sum)?.to_le_bytes());
        }
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        Some(bytes)
    }

    /// From what was kept; `None` where that is torn, damaged or of another version.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, Range)> {
        let (content, own) = bytes.split_last_chunk::<4>()?;
        let (magic, rest) = content.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (block, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let (from, rest) = rest.split_first_chunk::<8>()?;
        let (to, sums) = rest.split_first_chunk::<8>()?;
        let length = u64::from_le_bytes(*length);
        let is_ours = magic == MAGIC
            && u32::from_le_bytes(*version) == VERSION
            && u64::from(u32::from_le_bytes(*block)) == BLOCK
            && u32::from_le_bytes(*own) == crc32c::crc32c(content)
            && length.div_ceil(BLOCK).checked_mul(4) == Some(sums.len() as u64);
        let sums = sums.chunks_exact(4).filter_map(|sum| sum.try_into().ok());
        let blocks = sums.map(|sum: [u8; 4]| Some(u32::from_le_bytes(sum))).collect();
        is_ours.then_some((Self { length, blocks }, (u64::from_le_bytes(*from), u64::from_le_bytes(*to))))
    }
}

/// Keeps the sums of a file durably.
pub(super) fn write<F: Files>(files: &F, name: &str, bytes: &[u8]) -> io::Result<()> {
    let file = files.open(name)?;
    file.set_len(0)?;
    file.write(0, bytes)?;
    file.sync_data()?;
    file.close()?;
    files.sync_dir()
}

/// Reads what was kept of a file that is there.
pub(super) fn load<F: Files>(files: &F, name: &str) -> io::Result<Option<(Sums, Range)>> {
    let file = files.open(name)?;
    let bytes = read(&file, 0, file.len()?);
    file.close()?;
    Ok(Sums::decode(&bytes?))
}

pub(super) fn read(file: &impl StorageBackend, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size(to.saturating_sub(from))];
    file.read(from, &mut bytes)?;
    Ok(bytes)
}

/// A length that fits into memory: files are bounded far below what an address reaches.
pub(super) fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_any_flipped_bit_of_it_is_noticed() {
        let file = InMemoryBackend::new();
        file.set_len(3 * BLOCK + 100).unwrap();
        file.write(BLOCK + 7, b"something").unwrap();
        let sums = Sums::of(&file).unwrap();
        let kept = sums.encode((5, 9)).unwrap();
        assert_eq!(Sums::decode(&kept), Some((sums, (5, 9))));
        for bit in 0..kept.len() * 8 {
            let mut flipped = kept.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Sums::decode(&flipped), None, "bit {bit}");
        }
        for length in 0..kept.len() {
            assert_eq!(Sums::decode(&kept[..length]), None, "cut to {length}");
        }
    }
}
