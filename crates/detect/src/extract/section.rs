//! Which part of a log belongs to the command that failed.
//!
//! CI systems print a command before its output and its exit status after it, and often clean up afterwards.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::line::Line;
use crate::pattern;

/// A line that tells that a command ended badly.
static ENDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern::ascii(
        r#"(?x)
  exited\ with\ (?:code\ )?[1-9] | failed\ and\ exited\ with | "\ failed\ \d\ times
| \#\#\[error\](?:Process|Bash|Cmd|PowerShell|Script|The\ process) .* (?:exit|code) | ^ERROR:\ Job\ failed | (?:build|job|task)\ step\ .*\ marked\ build\ as\ failure
| (?:exited|returned|finished|completed)\ with\ (?:non-zero\ )?(?:exit\ )?(?:code|status)\ [1-9] | [Cc]ommand\ failed\ with\ exit\ code\ [1-9]
"#,
    )
});

/// A line that shows the command about to run.
static STARTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern::ascii(
        r"^(?:\$ \S|##\[group\]Run |##\[section\]Starting|\[command\]|travis_time:start|Step #?\d+|Running: )",
    )
});

/// The failing commands' parts of a log.
#[derive(Debug)]
pub(super) struct Sections {
    /// In order; the last element of each is its exit status line.
    failing: Vec<Range<usize>>,
}

impl Sections {
    pub(super) fn of(lines: &[Line<'_>]) -> Self {
        let mut failing: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        for (index, line) in lines.iter().enumerate() {
            if STARTS.is_match(line.text.as_bytes()) {
                start = index;
            } else if ENDS.is_match(line.text.as_bytes()) && !line.text.starts_with("Done. ") {
                let end = index + 1;
                match failing.last_mut() {
                    Some(last) if last.start == start => last.end = end,
                    _ => failing.push(start..end),
                }
            }
        }
        Self { failing }
    }

    /// How much a cue at `index` counts: most in a failing command's part, and more towards its end.
    pub(super) fn factor(&self, index: usize, lines: usize) -> f32 {
        if self.failing.is_empty() {
            return nearness(lines - index);
        }
        match self.failing.iter().find(|section| section.contains(&index)) {
            Some(section) => nearness(section.end - index),
            None => OUTSIDE,
        }
    }

    /// The failing commands' parts; the whole log when it names no command.
    pub(super) fn or_whole(&self, lines: usize) -> Vec<Range<usize>> {
        let whole = self.failing.is_empty().then_some(0..lines);
        self.failing.iter().cloned().chain(whole).collect()
    }
}

/// The factor of cues in other parts: noise of set-up and clean-up, sometimes the origin of the failure.
const OUTSIDE: f32 = 0.27;

/// 1 at the end, falling slowly: a test suite prints its failures hundreds of lines before its end. In steps, so that
/// of equal cues near each other the first wins: the first error causes the next ones.
fn nearness(distance: usize) -> f32 {
    1.0 / (1.0 + (distance / STEP) as f32 / 8.0)
}

const STEP: usize = 400;
