//! What a report is worked out from, and nothing else: files of policies, facts, and how they were asked for. The same inputs give the same
//! report, on any day: exceptions end by the period, and not by a clock.

use hogusu_policy::evaluate::{self, evaluate};
use hogusu_policy::fact::Facts;
use hogusu_policy::sample::{self, Sample, sample};
use hogusu_policy::{File, Problem, Report, read};
use serde::{Deserialize, Serialize};

use super::digest::hex;

/// Name and version of the shape of [`Origin`].
const SCHEMA: &str = "hogusu.origin/v1";

/// Where a report comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    schema: String,
    /// Version of what made it.
    pub version: String,
    /// The question that brought the facts.
    pub query: String,
    /// What rows are drawn by.
    pub seed: u64,
    /// What was said of files that are no policies, as one in their folder that is not read.
    pub problems: Vec<Problem>,
}

/// What a report is worked out from.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Files of policies.
    pub files: Vec<File>,
    /// The facts as JSON: what is judged is what is read of exactly these bytes.
    pub facts: Vec<u8>,
    /// Where they come from.
    pub origin: Origin,
}

/// What comes of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The facts.
    pub facts: Facts,
    /// What policies come to.
    pub report: Report,
    /// Rows to test again.
    pub sample: Sample,
}

impl Inputs {
    /// Of facts that were just fetched. Without a seed one follows from the facts, so that nobody chose it.
    ///
    /// # Errors
    /// When the facts cannot be written as JSON.
    pub fn new(
        (files, problems): (Vec<File>, Vec<Problem>),
        (facts, query): (&Facts, String),
        seed: Option<u64>,
    ) -> Result<Self, serde_json::Error> {
        let facts = serde_json::to_vec(facts)?;
        let digits = hex(&facts);
        let own = digits.get(..12).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default();
        let (schema, version) = (SCHEMA.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let origin = Origin { schema, version, query, seed: seed.unwrap_or(own), problems };
        Ok(Self { files, facts, origin })
    }

    /// Works everything out.
    ///
    /// # Errors
    /// With the member of a bundle that is wrong, and why.
    pub fn judge(&self) -> Result<Judged, (&'static str, String)> {
        let wrong = |error: serde_json::Error| (super::FACTS, format!("they cannot be read: {error}"));
        let facts: Facts = serde_json::from_slice(&self.facts).map_err(wrong)?;
        if self.origin.schema != SCHEMA || self.origin.seed > sample::MOST {
            return Err((super::ORIGIN, format!("it is not of the schema {SCHEMA}, or its seed is too large")));
        }
        let read = read(&self.files, facts.end);
        if let Some(problem) = read.problems.iter().find(|problem| problem.level == hogusu_policy::Level::Error) {
            return Err((super::POLICIES, problem.line()));
        }
        let problems: Vec<Problem> = self.origin.problems.iter().chain(&read.problems).cloned().collect();
        let origin = evaluate::Origin { version: &self.origin.version, query: &self.origin.query };
        let report = evaluate(&read.policies, &problems, &facts, origin);
        let sample = sample(&facts, self.origin.seed);
        Ok(Judged { facts, report, sample })
    }
}
