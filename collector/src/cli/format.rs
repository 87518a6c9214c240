//! How most commands show what they were answered.

use clap::ValueEnum;

/// How to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs: the collector's own answer.
    Json,
}
