//! `hogusu diff`: what changed between two periods, each a baseline or as it is kept.

use clap::{Args, ValueEnum};

use super::CliError;
use super::address::Address;
use super::fetch::Collector;
use crate::report::changes::{Count, DIFF, Diff as Report, WORDS, markdown, table};

/// Edges that are asked for: all that a collector gives.
const LIMIT: usize = 100_000;

/// Words that are no test's result: they are said of periods of any length.
const FACTS: [&str; 2] = ["security_changed", "not_seen"];

/// Says of each edge what changed between two periods, with its interval, and with one bound on false words over all edges.
///
/// A word needs at least seven days of hours on both sides; with fewer there is only effect and interval, and the facts security_changed and
/// not_seen. Periods must not overlap; where the second lies before the first, it is said that words tell of going back.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu diff before-cut-over
         hogusu diff 2026-11-10T00:00:00Z/2026-11-17T00:00:00Z 2026-11-17T00:00:00Z/2026-11-24T00:00:00Z --format markdown
         hogusu diff before-cut-over --fail-on slower,failures_up,security_changed

docs/diff.md says what each word rests on, and what is found with which power.
Exit codes: 0 done; 1 a word of --fail-on is said of an edge, or this process failed; 2 the command line is wrong;
3 the collector cannot be reached; 4 it refused; 5 a word of --fail-on
needs longer periods.")]
pub(super) struct Diff {
    /// The period before: NAME of a baseline, or FROM/TO in whole hours.
    #[arg(value_name = "A")]
    a: String,
    /// The period after. Without it: as long as the first, up to the last hour that is over.
    #[arg(value_name = "B")]
    b: Option<String>,
    #[command(flatten)]
    address: Address,
    /// Every edge, not only those that are said to have changed.
    #[arg(long)]
    all: bool,
    /// End with 1 where one of these words is said of an edge.
    #[arg(long, value_delimiter = ',', value_name = "WORD", value_parser = WORDS)]
    fail_on: Vec<String>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// The API's own answer.
    Json,
    /// For a review or an issue.
    Markdown,
}

/// What to print, and how it ends.
pub(super) fn run(options: &Diff) -> Result<(String, Result<(), CliError>), CliError> {
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut question = vec![("a", options.a.clone()), ("limit", LIMIT.to_string())];
    question.extend(options.b.clone().map(|b| ("b", b)));
    let (url, body) = runtime.block_on(collector.get("/api/v1/diff", &question))?;
    let wrong = |message: String| CliError::Refused { url: url.clone(), status: "200".to_owned(), message };
    let diff: Report = serde_json::from_slice(&body).map_err(|error| wrong(format!("not a diff: {error}")))?;
    if diff.schema != DIFF {
        return Err(wrong(format!("a diff of schema {}, not {DIFF}", diff.schema)));
    }
    let text = match options.format {
        Format::Table => table(&diff, options.all),
        Format::Markdown => markdown(&diff, options.all),
        Format::Json => super::json(&diff)?,
    };
    Ok((text, ended(&diff.words, diff.has_words, &options.fail_on)))
}

fn ended(words: &[Count], has_words: bool, fail_on: &[String]) -> Result<(), CliError> {
    let is_named = |word: &&Count| fail_on.contains(&word.word) && word.edges > 0;
    let said: Vec<String> = words
        .iter()
        .filter(is_named)
        .map(|word| format!("{} of {} edges", word.word.replace('_', " "), word.edges))
        .collect();
    if !said.is_empty() {
        return Err(CliError::Changed { said: said.join(", ") });
    }
    let needs_days = fail_on.iter().any(|word| !FACTS.contains(&word.as_str()));
    if needs_days && !has_words { Err(CliError::Undecided) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_decided_on_periods_of_any_length_and_words_are_not() {
        let fails = |said: &[Count], words: &[&str]| {
            ended(said, false, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        };
        let said = [Count { word: "not_seen".to_owned(), edges: 1 }];
        assert!(matches!(fails(&said, &["not_seen", "slower"]), Err(CliError::Changed { .. })));
        assert!(matches!(fails(&[], &["not_seen", "security_changed"]), Ok(())));
        assert!(matches!(fails(&[], &["not_seen", "slower"]), Err(CliError::Undecided)));
    }
}
