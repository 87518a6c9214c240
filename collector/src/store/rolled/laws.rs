//! What is packed is what is unpacked, in as few pages as its bytes fill, and no bytes make reading fail in any other way than by saying so.

use hogusu_model::{Exemplar, Histogram, SeriesData};
use proptest::prelude::*;
use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase, ReadableTableMetadata};

use super::super::codec::{Garbled, write_data, write_number};
use super::super::tables::PACKED;
use super::pack::{BLOCK_BYTES, Packer, Row, Unpacked};

type Rows = Vec<(Row, SeriesData)>;

/// A number of any length: most counts are small.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(number, bits)| number >> bits)
}

fn histogram() -> impl Strategy<Value = Histogram> {
    let run = (0..200_usize, prop::collection::vec(number(), 0..56));
    (number(), number(), run, number()).prop_map(|(below, above, (first, counts), sum)| {
        Histogram::from_parts(below, above, first, counts, sum).expect("within the layout")
    })
}

fn data() -> impl Strategy<Value = SeriesData> {
    let exemplar = (any::<[u8; 16]>(), number(), number());
    let exemplar = exemplar.prop_map(|(trace, nanos, at)| Exemplar { trace, nanos, at });
    let optional = (prop::option::of((number(), number())), prop::option::of(number()), prop::option::of(exemplar));
    (histogram(), prop::option::of(histogram()), optional).prop_map(
        |(duration, backend, (bytes, attempts, exemplar))| SeriesData { duration, backend, bytes, attempts, exemplar },
    )
}

/// Rows in their order.
fn rows() -> impl Strategy<Value = Rows> {
    let series = (any::<u32>(), 0..32_u32).prop_map(|(series, bits)| series >> bits);
    let row = (0..9_u32, series, 0..3_u32);
    prop::collection::btree_map(row, data(), 0..120).prop_map(|rows| rows.into_iter().collect())
}

fn packed(rows: &Rows) -> Vec<Vec<u8>> {
    let mut packer = Packer::default();
    let mut blocks: Vec<Vec<u8>> = rows.iter().filter_map(|(row, data)| packer.push(*row, data)).collect();
    blocks.extend(packer.finish());
    blocks
}

/// As the version before packed them: a block of bytes.
fn packed_as_bytes(rows: &Rows) -> Vec<u8> {
    let (mut block, mut last) = (vec![1], Row::default());
    for (row, data) in rows {
        let before = if row.0 == last.0 { last.1 } else { 0 };
        let mut counts = Vec::new();
        write_data(&mut counts, data);
        for number in [row.0 - last.0, row.1 - before, row.2] {
            write_number(&mut block, number.into());
        }
        write_number(&mut block, counts.len() as u64);
        block.extend_from_slice(&counts);
        last = *row;
    }
    block
}

fn unpacked(block: &[u8]) -> Result<Rows, Garbled> {
    let (mut rows, mut unpacked) = (Rows::new(), Unpacked::of(block)?);
    while let Some((row, counts)) = unpacked.next()? {
        let mut data = SeriesData::default();
        counts.add_to(&mut data)?;
        rows.push((row, data));
    }
    Ok(rows)
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked_and_every_block_but_one_of_a_long_row_fits_a_page(rows in rows()) {
        let blocks = packed(&rows);
        let all: Vec<Rows> = blocks.iter().map(|block| unpacked(block).expect("a block")).collect();
        for (block, rows) in blocks.iter().zip(&all) {
            prop_assert!(block.len() <= BLOCK_BYTES || rows.len() == 1);
        }
        prop_assert_eq!(all.concat(), rows);
    }

    #[test]
    fn what_the_version_before_packed_is_unpacked(rows in rows()) {
        prop_assert_eq!(unpacked(&packed_as_bytes(&rows)), Ok(rows));
    }

    #[test]
    fn counts_that_are_added_as_they_are_unpacked_are_their_sum(one in data(), other in data()) {
        let mut read = one.clone();
        for block in packed(&vec![((1, 2, 3), other.clone())]) {
            let mut unpacked = Unpacked::of(&block).expect("a block");
            let (row, counts) = unpacked.next().expect("a row").expect("a row");
            prop_assert_eq!(row, (1, 2, 3));
            prop_assert_eq!(counts.add_to(&mut read), Ok(()));
        }
        let mut sum = one;
        sum.merge(&other);
        prop_assert_eq!(read, sum);
    }

    #[test]
    fn a_block_that_was_cut_or_says_other_than_it_holds_is_garbled(rows in rows(), end in any::<prop::sample::Index>()) {
        for mut block in packed(&rows) {
            let end = end.index(block.len());
            prop_assert_eq!(unpacked(&block[..end]), Err(Garbled), "{} of {} bytes", end, block.len());
            // One row more than there is.
            let rows = u16::from_le_bytes([block[1], block[2]]);
            block[1..3].copy_from_slice(&(rows + 1).to_le_bytes());
            prop_assert_eq!(unpacked(&block), Err(Garbled), "{} rows", rows);
        }
    }

    /// A row has bits of its own, and a histogram no more buckets than there are: whatever is said, memory is bounded by the bytes.
    #[test]
    fn bytes_that_are_no_block_are_garbled_or_few_rows_and_never_a_panic(
        layout in 0..4_u8, bytes in prop::collection::vec(any::<u8>(), 0..400)
    ) {
        let block = [&[layout][..], &bytes].concat();
        if let Ok(rows) = unpacked(&block) {
            prop_assert!(rows.len() <= bytes.len());
        }
    }
}

#[test]
fn the_longest_block_of_several_rows_fills_one_page() {
    let database = Database::builder().create_with_backend(InMemoryBackend::new()).expect("a file in memory");
    let write = database.begin_write().expect("the only writer");
    for stretch in 0..100 {
        let mut table = write.open_table(PACKED).expect("a table");
        table.insert((stretch, 0), [7; BLOCK_BYTES].as_slice()).expect("a block");
    }
    write.commit().expect("in memory");
    let read = database.begin_read().expect("committed");
    let table = read.open_table(PACKED).expect("it is there");
    let stats = table.stats().expect("sound");
    let pages = stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
    assert_eq!((stats.leaf_pages(), table.len().expect("sound")), (100, 100));
    assert!(pages <= 104 * 4096, "{pages} bytes");
}
