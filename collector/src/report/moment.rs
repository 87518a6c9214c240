//! A point in time: nanoseconds since the epoch inside, RFC 3339 with `Z` outside.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// Reads RFC 3339 with any offset; `None` for anything else and for times before the epoch.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        u64::try_from(moment.unix_timestamp_nanos()).ok().map(Self)
    }

    /// The second that it is in: what people read is no finer.
    #[must_use]
    pub const fn second(self) -> Self {
        Self(self.0 - self.0 % 1_000_000_000)
    }

    /// `2026-11-24`.
    #[must_use]
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// `14:02:00Z`.
    #[must_use]
    pub fn time_of_day(self) -> String {
        self.to_string().chars().skip(11).collect()
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0)).map_err(|_| std::fmt::Error)?;
        f.write_str(&moment.format(&Rfc3339).map_err(|_| std::fmt::Error)?)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A point in time in UTC, RFC 3339 with `Z`.",
            "type": "string",
            "format": "date-time",
            "pattern": "Z$",
        })
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("{text} is no time in RFC 3339")))
    }
}
