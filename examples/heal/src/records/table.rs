//! Columns that line up, and fit into the terminal.

use std::io;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::page::Page;
use crate::say::clean;
use crate::say::style::{BOLD, styled};

const GAP: usize = 2;

/// No column is made narrower than this.
const NARROWEST: usize = 8;

/// A column's heading, and what becomes of it where the terminal is too narrow.
pub(super) struct Column {
    heading: &'static str,
    tight: Tight,
}

#[derive(PartialEq, Eq)]
enum Tight {
    Stays,
    Shrinks,
    Goes,
    ShrinksAndGoes,
}

impl Column {
    /// Stays as it is.
    pub(super) const fn fixed(heading: &'static str) -> Self {
        Self { heading, tight: Tight::Stays }
    }

    /// Is cut.
    pub(super) const fn elastic(heading: &'static str) -> Self {
        Self { heading, tight: Tight::Shrinks }
    }

    /// Is cut, and left out where that is not enough; the last such column first.
    pub(super) const fn spare(heading: &'static str) -> Self {
        Self { heading, tight: Tight::ShrinksAndGoes }
    }

    /// Is left out.
    pub(super) const fn optional(heading: &'static str) -> Self {
        Self { heading, tight: Tight::Goes }
    }
}

/// A row: its cells, and the style of the last one.
pub(super) struct Row<const N: usize> {
    pub(super) cells: [String; N],
    pub(super) style: Style,
}

/// Writes headings and rows; with a width, the elastic columns are cut so that a row stays on its line.
pub(super) fn write<const N: usize>(page: &mut Page<'_>, columns: &[Column; N], rows: &[Row<N>]) -> io::Result<()> {
    let cells: Vec<[String; N]> =
        rows.iter().map(|row| row.cells.each_ref().map(|cell| clean::line(cell).into_owned())).collect();
    let widths = widths(page.width, columns, &cells);
    let headings = columns.each_ref().map(|column| column.heading.to_owned());
    write_row(page, &widths, &headings, BOLD, BOLD)?;
    for (cells, row) in cells.iter().zip(rows) {
        write_row(page, &widths, cells, Style::new(), row.style)?;
    }
    Ok(())
}

fn write_row<const N: usize>(
    page: &mut Page<'_>,
    widths: &[usize; N],
    cells: &[String; N],
    style: Style,
    last: Style,
) -> io::Result<()> {
    let mut line = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate().filter(|(_, (_, width))| **width > 0) {
        let shown = fitted(cell, *width);
        let is_last = at + 1 == N;
        let padding = if is_last { 0 } else { width.saturating_sub(shown.width()) + GAP };
        line.push_str(&styled(if is_last { last } else { style }, &shown));
        line.extend(std::iter::repeat_n(' ', padding));
    }
    writeln!(page.out, "{}", line.trim_end())
}

fn widths<const N: usize>(most: Option<usize>, columns: &[Column; N], cells: &[[String; N]]) -> [usize; N] {
    let widest = |at: usize| cells.iter().map(|row| row[at].width()).chain([columns[at].heading.width()]).max();
    let mut widths: [usize; N] = std::array::from_fn(|at| widest(at).unwrap_or(0));
    let Some(most) = most else { return widths };
    for at in (0..N).filter(|at| columns[*at].tight == Tight::Goes) {
        widths[at] = if excess(&widths, most) > 0 { 0 } else { widths[at] };
    }
    let mut spare = (0..N).rev().filter(|at| columns[*at].tight == Tight::ShrinksAndGoes);
    loop {
        let shrunk = shrunk(widths, columns, most);
        match spare.next().filter(|_| excess(&shrunk, most) > 0) {
            Some(at) => widths[at] = 0,
            None => return shrunk,
        }
    }
}

/// By how much a row is too long.
fn excess<const N: usize>(widths: &[usize; N], most: usize) -> usize {
    let shown = widths.iter().filter(|width| **width > 0);
    (shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)).saturating_sub(most)
}

/// `widths` with the widest of what gives way cut first.
fn shrunk<const N: usize>(mut widths: [usize; N], columns: &[Column; N], most: usize) -> [usize; N] {
    let shrinks = |at: usize| matches!(columns[at].tight, Tight::Shrinks | Tight::ShrinksAndGoes);
    while excess(&widths, most) > 0 {
        let elastic = (0..N).filter(|at| shrinks(*at) && widths[*at] > NARROWEST);
        let Some(at) = elastic.max_by_key(|at| widths[*at]) else { break };
        widths[at] -= 1;
    }
    widths
}

/// `text` in at most `width` columns.
fn fitted(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    for c in text.chars() {
        let mut longer = shown.clone();
        longer.push(c);
        if longer.width() + 1 > width {
            break;
        }
        shown = longer;
    }
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfheal_core::time::Timestamp;

    #[test]
    fn wide_characters_line_up_and_a_narrow_terminal_cuts_what_gives_way() {
        let columns = [Column::fixed("ID"), Column::elastic("RESOURCE"), Column::fixed("STATE")];
        let row = |cells: [&str; 3]| Row { cells: cells.map(str::to_owned), style: Style::new() };
        let rows = [row(["1", "配置/サービス/checkout", "healed"]), row(["22", "local/pipeline/shop", "open"])];
        let mut out = Vec::new();
        write(&mut Page::new(&mut out, Some(28), Timestamp::default()), &columns, &rows).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.width() <= 28), "{text}");
        let column = |line: &str, word: &str| line[..line.find(word).unwrap()].width();
        assert_eq!(column(lines[1], "healed"), column(lines[2], "open"), "{text}");
        assert!(lines[1].contains('…') && lines[2].contains("local/pipeline/…"), "{text}");
    }

    #[test]
    fn where_cutting_is_not_enough_spare_columns_go_one_after_the_other() {
        let columns =
            [Column::fixed("ID"), Column::spare("ENVIRONMENT"), Column::spare("CATEGORY"), Column::fixed("STATE")];
        let cells = ["inc-3f0c9a52b1d7e684", "production", "dependency_failure", "healed"].map(str::to_owned);
        let shown = |most| {
            let widths = widths(Some(most), &columns, std::slice::from_ref(&cells));
            assert!(excess(&widths, most) == 0, "{widths:?} in {most}");
            widths.map(|width| width > 0)
        };
        assert_eq!(shown(80), [true; 4]);
        assert_eq!(shown(50), [true; 4]);
        assert_eq!(shown(40), [true, true, false, true]);
        assert_eq!(shown(30), [true, false, false, true]);
    }
}
