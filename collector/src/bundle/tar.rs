//! The tar that a bundle is: plain files one after another (ustar), without owners, times or links, so that the same members are the same
//! bytes. Nothing here reads a tar that others wrote: a bundle's manifest says which bytes must stand where.

/// Bytes of a block: a header is one, and members begin at blocks.
pub(super) const BLOCK: usize = 512;
/// What ends it.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// Fields of a header, and where they begin.
const FIELDS: [(usize, &[u8]); 8] = [
    (100, b"0000644\0"),
    (108, b"0000000\0"),
    (116, b"0000000\0"),
    (136, b"00000000000\0"),
    (156, b"0"),
    (257, b"ustar\x0000"),
    (329, b"0000000\0"),
    (337, b"0000000\0"),
];
const SIZE: usize = 124;
const SUM: usize = 148;

/// The header of a file. Names are our own, shorter than 100 bytes.
pub(super) fn header(name: &str, bytes: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    put(&mut block, 0, name.as_bytes());
    FIELDS.iter().for_each(|(at, field)| put(&mut block, *at, field));
    put(&mut block, SIZE, format!("{bytes:011o}\0").as_bytes());
    put(&mut block, SUM, b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut block, SUM, format!("{sum:06o}\0 ").as_bytes());
    block
}

fn put(block: &mut [u8; BLOCK], at: usize, field: &[u8]) {
    block.iter_mut().skip(at).zip(field).for_each(|(to, from)| *to = *from);
}

/// Zeros after so many bytes, up to the next block.
pub(super) const fn padding(bytes: usize) -> usize {
    (BLOCK - bytes % BLOCK) % BLOCK
}

/// The size that a header says, where it is one that is written here.
pub(super) fn size(block: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(block.get(SIZE..SIZE + 11)?).ok()?;
    u64::from_str_radix(digits, 8).ok()
}
