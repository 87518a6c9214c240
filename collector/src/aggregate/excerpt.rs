//! What one place (open slots in memory, or one file) holds of a period. [`crate::period`] puts them together.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{SenderId, SeriesData, SeriesKey};

use super::dictionary::Reporter;
use super::open::Covered;
use super::sender::{Loss, Sender};

/// Part of a period, with numbers of its own for reporters and series.
#[derive(Debug, Default)]
pub struct Excerpt {
    /// Reporters, by their number here.
    pub reporters: Vec<Arc<Reporter>>,
    /// Series, by their number here.
    pub series: Vec<Arc<SeriesKey>>,
    /// Merged counts by (reporter, series).
    pub rows: HashMap<(usize, usize), SeriesData>,
    /// Covered time.
    pub coverage: Vec<(SenderId, Covered)>,
    /// What did not arrive.
    pub losses: Vec<(SenderId, Loss)>,
    /// Senders that may have been there in the period.
    pub senders: Vec<(SenderId, Sender)>,
    /// Parts that came late.
    pub late_parts: u64,
}

impl Excerpt {
    /// Adds counts to a row.
    pub fn add(&mut self, reporter: usize, series: usize, data: &SeriesData) {
        self.rows.entry((reporter, series)).or_default().merge(data);
    }
}
