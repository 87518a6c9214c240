//! Batches written with `hogusu-wire`.

use hogusu_filter::Encoder;
use hogusu_model::{BatchHeader, SeriesData, SeriesKey};
use hogusu_wire::{BatchWriter, Preamble, Resource, encode_resource, encode_series};

#[derive(Debug)]
pub(crate) struct OtlpEncoder {
    preamble: Preamble,
    writer: BatchWriter,
}

impl OtlpEncoder {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self { preamble: encode_resource(resource), writer: BatchWriter::new(0, 0) }
    }
}

impl Encoder for OtlpEncoder {
    fn begin(&mut self, start: u64, end: u64) {
        self.writer = BatchWriter::new(start, end);
    }

    fn series(&mut self, key: &SeriesKey, data: &SeriesData) {
        self.writer.series(key.measure, &encode_series(key), data);
    }

    fn finish(&mut self, header: &BatchHeader) -> Vec<u8> {
        std::mem::replace(&mut self.writer, BatchWriter::new(0, 0)).finish(&self.preamble, header)
    }
}
