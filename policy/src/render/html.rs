//! A report as one HTML document without script and without anything from elsewhere: page 1 for who decides, all rows for who audits. Works
//! nothing out: every number is the report's.

mod document;
mod rows;
mod summary;

use serde::{Deserialize, Serialize};

use self::document::Document;
use crate::report::Report;
use crate::sample::Sample;
use crate::words::Verdict;

/// The document's only style sheet. A document is shown with nothing else allowed, so its digest stands in it.
pub const STYLE: &str = include_str!("html/page.css");

/// What a document is drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// What policies come to.
    pub report: Report,
    /// Rows to test again.
    pub sample: Sample,
    /// SHA-256 of the bundle that it was drawn from, in hexadecimal digits.
    pub bundle: String,
    /// [`STYLE`]'s digest, as a content security policy names it: `sha256-BASE64`.
    pub style: String,
}

/// Draws it.
#[must_use]
pub fn draw(page: &Page) -> String {
    let mut document = Document::default();
    let report = &page.report;
    head(&mut document, page);
    document.raw("<body>\n<main>\n");
    summary::draw(&mut document, report);
    document.raw("<div class=\"auditor\">\n");
    report.policies.iter().for_each(|policy| rows::draw(&mut document, policy));
    rows::method(&mut document, page);
    document.raw("</div>\n</main>\n<footer><p>");
    document.text(&footer(page)).raw("</p></footer>\n</body>\n</html>\n");
    document.into_text()
}

fn head(document: &mut Document, page: &Page) {
    let Report { verdict, from, to, .. } = &page.report;
    document.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    document.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    document.text(&page.style).raw("'; base-uri 'none'; form-action 'none'\">\n");
    document.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
    document.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    document.element("title", &format!("Compliance from traffic: {}, {from} to {to}", verdict.as_str()));
    document.raw("<style>").raw(STYLE).raw("</style>\n</head>\n");
}

/// Whose report it is; meshes need no name.
fn mesh(report: &Report) -> String {
    if report.mesh.is_empty() { "A mesh without a name".to_owned() } else { format!("Mesh {}", report.mesh) }
}

fn footer(page: &Page) -> String {
    let Report { from, to, version, completeness, .. } = &page.report;
    format!(
        "{}, {from} to {to}; proxies {}; made by hogusu {version} from the bundle with SHA-256 {}",
        mesh(&page.report),
        completeness.statement,
        page.bundle
    )
}

/// The class of what shows a verdict.
const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Violating => "violating",
        Verdict::NotProven => "not-proven",
        Verdict::Compliant => "compliant",
    }
}
