//! Cells in columns, all within the table's width. Behind a name that is wider than its column the row goes on in the next line: columns
//! stay where they are, and names whole.

use std::fmt::Write;

use crate::report::frame::{self, WIDTH};

/// Between two columns.
const GAP: usize = 2;
/// Narrowest a column of names becomes.
const NARROWEST: usize = 10;

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A column's heading, and whether names stand in it: it gives way where there is no room for all.
pub(super) type Column = (&'static str, Align, bool);

/// The rows below their headings.
pub(super) fn laid_out<const N: usize>(columns: [Column; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut cells: Vec<[String; N]> = vec![columns.map(|(name, ..)| name.to_owned())];
    cells.extend(rows);
    let widths = widths(columns, &cells);
    cells.iter().map(|row| line(columns, row, widths)).collect::<Vec<_>>().join("\n")
}

/// A row, broken wherever a cell reaches into the next one's column.
fn line<const N: usize>(columns: [Column; N], row: &[String; N], widths: [usize; N]) -> String {
    let (mut lines, mut current, mut column) = (Vec::new(), String::new(), 0);
    for ((cell, width), (_, align, _)) in row.iter().zip(widths).zip(columns) {
        if frame::columns(&current) + GAP > column && !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        let before = match align {
            Align::Left => 0,
            Align::Right => width.saturating_sub(frame::columns(cell)),
        };
        let indent = column.saturating_sub(frame::columns(&current)) + before;
        let written = write!(current, "{:indent$}{cell}", "");
        debug_assert!(written.is_ok(), "writing to a String does not fail");
        column += width + GAP;
    }
    lines.push(current);
    lines.join("\n")
}

/// Natural widths; when they do not fit, the widest column of names shrinks until they do.
fn widths<const N: usize>(columns: [Column; N], cells: &[[String; N]]) -> [usize; N] {
    let mut widths = [0; N];
    for row in cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(frame::columns(cell));
        }
    }
    while widths.iter().sum::<usize>() + GAP * (widths.len() - 1) > WIDTH {
        let shrinkable = widths.iter_mut().zip(columns).filter(|(width, (_, _, names))| *names && **width > NARROWEST);
        match shrinkable.max_by_key(|(width, _)| **width) {
            Some((width, _)) => *width -= 1,
            None => break,
        }
    }
    widths
}
