//! Finds the lines of a failed log that tell why it failed.
//!
//! Cues give single lines a weight (`cues`), a cue pulls in the lines that belong to it, such as stack frames, diffs and
//! code excerpts (`block`), the failing command's part of the log counts more than the rest (`section`), and the best
//! blocks are taken until the budget is spent (`select`).

mod block;
mod cues;
mod line;
mod section;
mod select;

use line::Line;

/// The most lines looked at: the last ones.
pub const MAX_LINES: usize = 100_000;

/// Lines at or above this score are the core of the answer; the rest of the budget is context worth reading.
pub const CONFIDENT: f32 = 0.7;

/// The rule of lines that were taken only because they stand near the end.
pub const BEFORE_EXIT: &str = "before-exit";

/// A line that tells, or helps to tell, why a log's command failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailingLine {
    /// Index into the lines given.
    pub index: usize,
    /// How likely the line belongs to the answer: 0 to 1, comparable within one log.
    pub score: f32,
    /// The cue that chose the line, or the block it is in (`traceback`, `compiler-error`, `test-failure`…).
    pub rule: &'static str,
}

/// The at most `budget` lines that best tell why the command failed whose log `lines` is; in order of lines.
///
/// Lines may hold escape sequences, CI timestamps and carriage returns. Linear in the size of the log; only the last
/// [`MAX_LINES`] lines and the first bytes of each are looked at.
#[must_use]
pub fn failing_lines(lines: &[&str], budget: usize) -> Vec<FailingLine> {
    let first = lines.len().saturating_sub(MAX_LINES);
    let parsed: Vec<Line<'_>> = lines[first..].iter().map(|line| Line::parse(line)).collect();
    let marks = cues::mark(&parsed);
    let sections = section::Sections::of(&parsed);
    let blocks = block::blocks(&parsed, &marks, &sections);
    let mut chosen = select::within(budget, &parsed, &marks, &sections, &blocks);
    for line in &mut chosen {
        line.index += first;
    }
    chosen
}

#[cfg(test)]
mod tests;
