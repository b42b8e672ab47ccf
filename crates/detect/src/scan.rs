//! Finds the lines that look like a failure in a stream too long to keep.
//!
//! A wide net at memory speed: one vectorised multi-substring search (Teddy) over the raw bytes. What it catches is
//! remembered by the caller and judged later by [`extract`](crate::extract).

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, BuildError};

/// The most lines reported per chunk; a log that is nothing but errors must not slow its stream down.
pub const MAX_HITS_PER_CHUNK: usize = 64;

/// Fragments rather than words, so that one serves several spellings (`error`, `Error`, `TypeError`).
/// At most 16: beyond that Teddy's false-positive rate costs speed.
const FRAGMENTS: [&str; 15] = [
    "rror",
    "ERROR",
    "failed",
    "Failed",
    "FAIL",
    "failure",
    "Failure",
    "atal:",
    "FATAL",
    "panic",
    "Traceback",
    "xception",
    "Killed",
    "denied",
    "o such file",
];

/// One byte less than the longest fragment: what may be the beginning of a fragment cut by the end of a chunk.
const CARRY: usize = 10;

static SEARCH: LazyLock<Search> = LazyLock::new(Search::new);

/// Reads a stream chunk by chunk; see [`Scanner::scan`].
#[derive(Debug, Clone, Default)]
pub struct Scanner {
    carry: Vec<u8>,
}

impl Scanner {
    /// A scanner at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `hit` with the range, within `chunk`, of each line that looks like a failure, in order and without its
    /// newline; at most [`MAX_HITS_PER_CHUNK`] times.
    ///
    /// A line cut by the edge of the chunk is reported as the part that is inside. A fragment cut by the edge is
    /// found with the later chunk.
    pub fn scan(&mut self, chunk: &[u8], mut hit: impl FnMut(Range<usize>)) {
        let mut from = 0;
        let mut left = MAX_HITS_PER_CHUNK;
        if self.cut_fragment_ends_in(chunk) {
            from = line_end(chunk, 0);
            left -= 1;
            hit(0..from);
        }
        while left > 0
            && let Some(at) = SEARCH.find(&chunk[from..])
        {
            let at = from + at;
            let start = memchr::memrchr(b'\n', &chunk[from..at]).map_or(from, |newline| from + newline + 1);
            let end = line_end(chunk, at);
            hit(start..end);
            left -= 1;
            from = end;
        }
        self.remember_end_of(chunk);
    }

    fn cut_fragment_ends_in(&self, chunk: &[u8]) -> bool {
        if self.carry.is_empty() {
            return false;
        }
        let mut seam = self.carry.clone();
        seam.extend_from_slice(&chunk[..line_end(chunk, 0).min(CARRY)]);
        SEARCH.find(&seam).is_some()
    }

    /// Keeps the last bytes of the current line only: a fragment never spans lines.
    fn remember_end_of(&mut self, chunk: &[u8]) {
        if chunk.len() >= CARRY {
            self.carry.clear();
        }
        self.carry.extend_from_slice(&chunk[chunk.len().saturating_sub(CARRY)..]);
        let kept = memchr::memrchr(b'\n', &self.carry).map_or(0, |newline| newline + 1);
        self.carry.drain(..kept.max(self.carry.len().saturating_sub(CARRY)));
    }
}

fn line_end(chunk: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &chunk[from..]).map_or(chunk.len(), |newline| from + newline)
}

/// Teddy where the processor has the vectors for it, else an automaton.
enum Search {
    Packed(Searcher, Result<AhoCorasick, BuildError>),
    Automaton(Result<AhoCorasick, BuildError>),
}

impl Search {
    fn new() -> Self {
        let automaton = AhoCorasick::new(FRAGMENTS);
        let packed = Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(FRAGMENTS).build();
        match packed {
            Some(packed) => Self::Packed(packed, automaton),
            None => Self::Automaton(automaton),
        }
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Packed(packed, _) if text.len() >= packed.minimum_len() => {
                packed.find(text).map(|found| found.start())
            }
            Self::Packed(_, automaton) | Self::Automaton(automaton) => {
                automaton.as_ref().ok()?.find(text).map(|found| found.start())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(chunks: &[&str]) -> Vec<String> {
        let mut scanner = Scanner::new();
        let mut found = Vec::new();
        for chunk in chunks {
            scanner.scan(chunk.as_bytes(), |range| found.push(chunk[range].to_owned()));
        }
        found
    }

    #[test]
    fn reports_each_line_once() {
        let log = "ok\nTypeError: error in error\n all fine \nFAILED tests\n";
        assert_eq!(lines_of(&[log]), ["TypeError: error in error", "FAILED tests"]);
    }

    #[test]
    fn finds_a_fragment_cut_by_the_edge() {
        assert_eq!(lines_of(&["x\nTraceb", "ack (most recent\nok"]), ["ack (most recent"]);
        assert_eq!(lines_of(&["fa", "il", "ed", " here\n"]), ["ed", " here"]);
    }

    #[test]
    fn does_not_report_a_fragment_twice_or_across_lines() {
        assert_eq!(lines_of(&["failed\n", "ok\n"]), ["failed"]);
        assert_eq!(lines_of(&["Trace\n", "back\n"]), Vec::<String>::new());
    }

    #[test]
    fn is_bounded_per_chunk() {
        assert_eq!(lines_of(&["error\n".repeat(1000).as_str()]).len(), MAX_HITS_PER_CHUNK);
    }

    #[test]
    fn survives_one_line_of_a_megabyte() {
        let line = "x".repeat(1 << 20) + "error" + &"y".repeat(1 << 20);
        assert_eq!(lines_of(&[&line]).len(), 1);
    }
}
