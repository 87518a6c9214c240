//! `hogusu compliance --step`: a period step by step, each fetched and judged as a period of its own by the policies as they are now.

use hogusu_policy::evaluate::{Origin, evaluate};
use hogusu_policy::over_time::{Gathering, OverTime, Window};
use hogusu_policy::render::over_time;
use hogusu_policy::{Facts, Read};

use super::{Compliance, Format};
use crate::api::parse_length;
use crate::cli::fetch::Collector;
use crate::cli::span::Span;
use crate::cli::{CliError, facts, json};
use crate::report::Moment;
use crate::series::steps::{BadStep, Steps};
use crate::shown;
use crate::store::Resolution;

/// Steps at most: each is a question about the whole mesh.
const STEPS: u64 = 400;
const SECOND: u64 = 1_000_000_000;

/// What to print.
pub(super) fn run(options: &Compliance, step: &str, read: &Read) -> Result<String, CliError> {
    if !matches!(options.format, Format::Table | Format::Json) {
        return Err(CliError::Usage(
            "--step is shown as table or json; leave --format away, or leave --step away".to_owned(),
        ));
    }
    let collector = Collector::new(&options.judging.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let over = runtime.block_on(over_time(&collector, &options.judging.span, step, read))?;
    match options.format {
        Format::Json => json(&over),
        _ => Ok(shown::drawn(&over, over_time::draw)),
    }
}

async fn over_time(collector: &Collector, span: &Span, step: &str, read: &Read) -> Result<OverTime, CliError> {
    let (from, to) = facts::bounds(collector, span).await?;
    let steps = cut(from, to, step)?;
    let mut gathering = Gathering::new(&read.policies);
    for (start, end) in steps.stretches() {
        let window = Window { from: Moment(start).to_string(), to: Moment(end).to_string(), start, end };
        let asked = Span { since: None, from: Some(window.from.clone()), to: Some(window.to.clone()) };
        let (facts, query) = facts::fetch(collector, &asked).await?;
        as_asked(collector, &facts, &window)?;
        let origin = Origin { version: env!("CARGO_PKG_VERSION"), query: &query };
        gathering.add(evaluate(&read.policies, &read.problems, &facts, origin), window);
    }
    Ok(gathering.finish(std::time::Duration::from_nanos(steps.step()).as_secs_f64()))
}

fn cut(from: u64, to: u64, step: &str) -> Result<Steps, CliError> {
    let wrong = |message: String| CliError::Usage(format!("--step {step}: {message}"));
    if from >= to {
        return Err(CliError::Usage("the period is empty: --from is not before its end; exchange them".to_owned()));
    }
    let steps = Steps::of(from, to, Resolution::Slot, parse_length(step));
    match steps {
        Ok(steps) if steps.points() <= STEPS => Ok(steps),
        Ok(_) | Err(BadStep::TooManyPoints { .. }) => {
            let longer = (to - from).div_ceil(STEPS - 1);
            Err(wrong(format!(
                "the period has more than {STEPS} steps of this length; give {} or longer",
                usable(longer)
            )))
        }
        Err(error @ BadStep::NoMultiple(_)) => Err(wrong(format!("{error}; give a multiple of 10s"))),
    }
}

/// The shortest length at least as long that people write.
fn usable(nanos: u64) -> String {
    const DAY: u64 = 86_400;
    const LENGTHS: [(u64, &str); 9] = [
        (10, "10s"),
        (60, "1m"),
        (300, "5m"),
        (600, "10m"),
        (1_800, "30m"),
        (3_600, "1h"),
        (10_800, "3h"),
        (21_600, "6h"),
        (43_200, "12h"),
    ];
    let found = LENGTHS.into_iter().find(|(seconds, _)| seconds * SECOND >= nanos);
    found.map_or_else(|| format!("{}d", nanos.div_ceil(DAY * SECOND)), |(_, word)| word.to_owned())
}

/// What is kept more coarsely than the step is of another stretch of time than was asked for, and would be counted in two steps.
fn as_asked(collector: &Collector, facts: &Facts, window: &Window) -> Result<(), CliError> {
    if facts.from == window.from && facts.to == window.to {
        return Ok(());
    }
    let message = format!(
        "what it keeps from {} to {} is not as fine as --step; give a longer one, as 1m, 1h or 1d, or a later --from",
        facts.from, facts.to
    );
    Err(CliError::Refused { url: collector.url().to_owned(), status: "200".to_owned(), message })
}
