//! Of which time a command is to tell: `--since`, or `--from` and `--to`.

use clap::Args;

use super::arguments::{moment, since};

/// A period of time, as it is asked for.
#[derive(Debug, Clone, Args)]
pub(super) struct Span {
    /// Up to now, as 90s, 5m, 12h or 7d. Without any time: 5m.
    #[arg(long, value_name = "TIME", value_parser = since, conflicts_with = "from")]
    pub(super) since: Option<String>,
    /// Start, as 2026-11-24T14:02:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) from: Option<String>,
    /// End; without it: now.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "from")]
    pub(super) to: Option<String>,
}

impl Span {
    /// Its parameters by name.
    pub(super) fn named(&self) -> [(&'static str, Option<&String>); 3] {
        [("since", self.since.as_ref()), ("from", self.from.as_ref()), ("to", self.to.as_ref())]
    }
}
