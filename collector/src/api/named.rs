//! Which edge a question names by its ends: one, or none, or several to choose from.

use super::Api;
use super::answer::Problem;
use crate::analysis::edge::Edge;
use crate::analysis::join::{Include, Taking, join_wanted};
use crate::label::with_port;
use crate::report::{Ends, Moment, edge_id};
use crate::shown::told;
use crate::spans;
use crate::wanted::Wanted;

/// Ids that are listed to choose from.
const LISTED: usize = 16;

/// The id of the edge between these ends in [from, to), as a map of the whole period has it. `text` is how it was asked for.
pub(super) fn edge(
    api: &Api,
    (text, ends): (&str, &Ends),
    (from, to): (u64, u64),
    include: Include,
    wanted: &Wanted,
) -> Result<String, Problem> {
    let part = wanted.part();
    let period = api.read(from, to, &part)?;
    let joined = spans::join()
        .in_scope(|| join_wanted(&period, Taking { include, declared: Some(&api.settings.declared.now()) }, &part))?;
    match ends.among(&joined.edges)[..] {
        [edge] => Ok(edge_id(edge)),
        [] => {
            let message = format!("no edge {} between {} and {}", told(text), Moment(from), Moment(to));
            let remedy = "name both ends as a map of the same period shows them, or give an id of it";
            Err(Problem::not_found("no_such_edge", &message, remedy))
        }
        ref several => Err(ambiguous(text, several)),
    }
}

fn ambiguous(text: &str, several: &[&Edge]) -> Problem {
    let one = |edge: &&Edge| {
        let (source, destination) = (&edge.source.label, &edge.destination.label);
        let port = if matches!(edge.key.destination, hogusu_model::edge::End::Workload(_)) { edge.key.port } else { 0 };
        let label = format!("{source} -> {}", with_port(destination, port));
        format!("{} ({} {})", edge_id(edge), label, edge.key.protocol)
    };
    let listed: Vec<String> = several.iter().take(LISTED).map(one).collect();
    let others = several.len().saturating_sub(LISTED);
    let others = if others > 0 { format!(", or one of {others} others, which a map shows") } else { String::new() };
    let message = format!("{} may be any of {} edges", told(text), several.len());
    Problem::bad("ambiguous_edge", &message, &format!("give one's id: {}{others}", listed.join(", ")))
}
