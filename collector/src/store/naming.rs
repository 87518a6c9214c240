//! What a file's numbers stand for, as an excerpt of it needs them: names, and whose the peer's address was.

use std::sync::Arc;

use foldhash::HashMap;
use hogusu_model::SeriesKey;
use redb::ReadOnlyTable;

use super::accounts::Accounts;
use super::codec::{read_reporter, read_series};
use super::lines::{Line, Numbers};
use super::tables::{REPORTERS, SERIES};
use super::{Reader, StoreError};
use crate::aggregate::{Excerpt, Reporter};
use crate::allowance;
use crate::ownership::Owners;
use crate::wanted::Wanted;

/// Names lines of one file for one excerpt.
pub(super) struct Naming<'a> {
    reader: &'a Reader,
    owners: &'a Owners,
    wanted: &'a Wanted,
    reporters: ReadOnlyTable<u32, &'static [u8]>,
    series: ReadOnlyTable<u32, &'static [u8]>,
    reporter_places: HashMap<u32, usize>,
    series_places: HashMap<u32, usize>,
}

impl<'a> Naming<'a> {
    pub(super) fn of(reader: &'a Reader, owners: &'a Owners, wanted: &'a Wanted) -> Result<Self, StoreError> {
        let (reporters, series) = (reader.read.open_table(REPORTERS)?, reader.read.open_table(SERIES)?);
        let (reporter_places, series_places) = (HashMap::default(), HashMap::default());
        Ok(Self { reader, owners, wanted, reporters, series, reporter_places, series_places })
    }

    /// The line of these numbers, whose names the excerpt has from now on.
    pub(super) fn line(&mut self, (reporter, key): Numbers, excerpt: &mut Excerpt) -> Result<Line<'a>, StoreError> {
        let reporter = self.reporter(reporter, &mut excerpt.reporters)?;
        let key = self.key(key, &mut excerpt.series)?;
        let (of_reporter, of_key) = (excerpt.reporters.get(reporter), excerpt.series.get(key));
        self.wanted.take(of_key.map_or(0, |key| allowance::row(key)))?;
        let scope = of_reporter.and_then(|one| self.owners.scope(&one.workload.cluster));
        let timelines = of_key.map(|key| self.owners.timelines(key)).unwrap_or_default();
        Ok(Line { reporter, key, scope, timelines, row: None })
    }

    fn reporter(&mut self, number: u32, list: &mut Vec<Arc<Reporter>>) -> Result<usize, StoreError> {
        let (reader, table) = (self.reader, &self.reporters);
        Accounts::place(number, &mut self.reporter_places, list, || {
            let read = || Ok(Arc::new(reader.accounts().named(number, table, read_reporter)?));
            reader.names.reporters.get(number).map_or_else(read, Ok)
        })
    }

    fn key(&mut self, number: u32, list: &mut Vec<Arc<SeriesKey>>) -> Result<usize, StoreError> {
        let (reader, table) = (self.reader, &self.series);
        Accounts::place(number, &mut self.series_places, list, || {
            let read = || Ok(Arc::new(reader.accounts().named(number, table, read_series)?));
            reader.names.series.get(number).map_or_else(read, Ok)
        })
    }
}
