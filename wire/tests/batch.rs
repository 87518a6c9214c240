//! A whole batch as values: written with the crate, and read back from bytes.

use std::collections::BTreeMap;

use hogusu_model::{BatchHeader, SeriesData, SeriesKey};
use hogusu_wire::{BatchWriter, Refusal, Resource, encode_resource, encode_series, parse_resource, parse_series, walk};

/// What a sender says in one body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) resource: Resource,
    pub(crate) header: BatchHeader,
    pub(crate) series: BTreeMap<SeriesKey, SeriesData>,
}

impl Whole {
    /// The body that the filter's encoder writes for it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = BatchWriter::new(self.header.start, self.header.end);
        for (key, data) in &self.series {
            writer.series(key.measure, &encode_series(key), data);
        }
        writer.finish(&encode_resource(&self.resource), &self.header)
    }

    /// What a receiver that has seen nothing before makes of a body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let batch = walk(body)?;
        let mut series = BTreeMap::<SeriesKey, SeriesData>::new();
        for point in batch.points {
            let key = parse_series(point.measure, &point.attributes)?;
            point.value.add_to(series.entry(key).or_default());
        }
        let resource = parse_resource(batch.resource)?;
        assert_eq!(resource.sender, batch.sender);
        Ok(Self { resource, header: batch.header, series })
    }
}
