//! `hogusu report compliance`: a report as a document, in the form that its reader wants, and the bundle that it is drawn from.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hogusu_policy::render::{csv, html, junit, markdown, openreports};
use hogusu_policy::sample;

use super::super::compliance::{Judging, ended};
use super::super::fetch::Collector;
use super::super::{CliError, facts, json};
use crate::bundle::{self, Inputs, Judged, digest};
use crate::{policies, serve, shown};

/// Says, as a document, which share of the calls that were really made is as policies ask, and how completely that was observed.
///
/// html is one file without script and without anything from elsewhere: page 1 for who decides, then every row for who audits. bundle is all
/// that the report was worked out from, for `hogusu report verify`. The same facts and policies give the same bundle, to the byte.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: hogusu report compliance --policy policies/strict --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --out november.html
         hogusu report compliance --policy policies/strict --since 24h --format bundle --out day.tar --fail-on violating,not-proven
         hogusu report compliance --policy policies/strict --since 24h --format openreports | kubectl apply -f -

Exit codes: 0 written, and nothing that --fail-on names; 1 violating, below or floor-below, as --fail-on names it, or this process failed;
2 the command line or a file of policies is wrong; 3 the collector cannot be reached; 4 it refused;
5 not proven, as --fail-on names it, or nothing is there to tell by what it names."
)]
pub(super) struct Compliance {
    #[command(flatten)]
    judging: Judging,
    /// What the rows of the sample are drawn by, as who audits chooses it; without it a number that follows from the facts.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=sample::MOST))]
    seed: Option<u64>,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
    /// Where to write it; without it to standard output. A bundle needs it.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A document for people, for the screen and for paper.
    Html,
    /// One JSON object, `hogusu.compliance/v1`, with every edge.
    Json,
    /// A row for each policy, edge and state.
    Csv,
    /// For a review or an issue.
    #[value(alias = "markdown")]
    Md,
    /// For the pages of CI.
    Junit,
    /// Objects of OpenReports, as a list that kubectl takes.
    Openreports,
    /// A tar of all that it was worked out from, for `hogusu report verify`.
    Bundle,
}

/// What to print, and how it ends.
pub(super) fn run(options: &Compliance) -> Result<(String, Result<(), CliError>), CliError> {
    if options.format == Format::Bundle && options.out.is_none() {
        return Err(CliError::Usage("a bundle is no text: say with --out where to write it".to_owned()));
    }
    let texts = policies::texts_in_order(&options.judging.policies, serve::now())?;
    let collector = Collector::new(&options.judging.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (facts, query) = runtime.block_on(facts::fetch(&collector, &options.judging.span))?;
    let inputs = Inputs::new(texts, (&facts, query), options.seed).map_err(std::io::Error::other)?;
    let failed = |(what, said)| std::io::Error::other(format!("{what}: {said}"));
    let judged = inputs.judge().map_err(failed)?;
    let drawn = draw(options.format, &inputs, &judged)?;
    let ended = ended(&judged.report, &options.judging.fail_on);
    let Some(path) = &options.out else {
        return Ok((String::from_utf8(drawn).map_err(std::io::Error::other)?, ended));
    };
    std::fs::write(path, &drawn)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    let verdict = judged.report.verdict.as_str();
    let kept = if options.format == Format::Bundle { "; keep this digest elsewhere" } else { "" };
    let said = format!("{}: {verdict}, sha256:{}{kept}\n", path.display(), digest::hex(&drawn));
    Ok((shown::line(said.trim_end()).into_owned() + "\n", ended))
}

fn draw(format: Format, inputs: &Inputs, judged: &Judged) -> Result<Vec<u8>, CliError> {
    let Judged { facts, report, sample } = judged;
    let bundle = || bundle::make(inputs, judged).map_err(std::io::Error::other);
    Ok(match format {
        Format::Html => {
            let (report, sample) = (report.clone(), sample.clone());
            let style = digest::of_policy(html::STYLE.as_bytes());
            let page = html::Page { report, sample, bundle: digest::hex(&bundle()?), style };
            shown::drawn(&page, html::draw).into_bytes()
        }
        Format::Json => json(report)?.into_bytes(),
        Format::Csv => shown::drawn(report, csv::draw).into_bytes(),
        Format::Md => shown::drawn(report, markdown::draw).into_bytes(),
        Format::Junit => shown::drawn(report, junit::draw).into_bytes(),
        Format::Openreports => json(&openreports::list(report, facts))?.into_bytes(),
        Format::Bundle => bundle()?,
    })
}
