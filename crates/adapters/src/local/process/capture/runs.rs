//! Turning bytes in arrival order into whole lines.

use super::Stream;

/// A token longer than this is data rather than a word, and is not looked past.
const MAX_TOKEN_BYTES: usize = 1 << 10;

/// Output whose lines are not interrupted by the other stream, in the order in which they ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) bytes: Vec<u8>,
    /// Each run's stream, and where it ends in `bytes`.
    runs: Vec<(Stream, usize)>,
}

/// Where output is missing beside what is assembled: the words there may be halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Nowhere,
    /// Before it, within a line of these streams.
    Start([bool; 2]),
    End,
}

impl Lines {
    pub(super) fn assemble<'a>(runs: impl Iterator<Item = (Stream, &'a [u8])>, cut: Cut) -> Self {
        let mut lines = Self::default();
        let mut unfinished = [(Stream::Stdout, Vec::new()), (Stream::Stderr, Vec::new())];
        let mut starts_cut = match cut {
            Cut::Start(within_line) => within_line,
            Cut::Nowhere | Cut::End => [false; 2],
        };
        for (stream, run) in runs {
            let starts_cut = std::mem::take(&mut starts_cut[stream as usize]);
            let run = if starts_cut { without_first_word(run) } else { run };
            let pending = &mut unfinished[stream as usize].1;
            let complete = memchr::memrchr(b'\n', run).map_or(0, |at| at + 1);
            if complete > 0 {
                lines.push(stream, pending);
                lines.push(stream, &run[..complete]);
                pending.clear();
            }
            pending.extend_from_slice(&run[complete..]);
        }
        for (stream, rest) in unfinished {
            let rest = if cut == Cut::End { without_last_word(&rest) } else { &rest };
            lines.end_line_for(rest);
            lines.push(stream, rest);
        }
        lines
    }

    fn push(&mut self, stream: Stream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        match self.runs.last_mut() {
            Some((last, end)) if *last == stream => *end = self.bytes.len(),
            _ => self.runs.push((stream, self.bytes.len())),
        }
    }

    /// Ends an unfinished line, so that what comes from the other stream does not continue it.
    fn end_line_for(&mut self, next: &[u8]) {
        if !next.is_empty() && self.bytes.last().is_some_and(|last| *last != b'\n') {
            self.bytes.push(b'\n');
            if let Some((_, end)) = self.runs.last_mut() {
                *end = self.bytes.len();
            }
        }
    }

    /// The lines from the last to the first, without their line breaks.
    pub(super) fn rev(&self) -> impl Iterator<Item = (Stream, &[u8])> {
        let starts = [0].into_iter().chain(self.runs.iter().map(|(_, end)| *end));
        let runs: Vec<_> = starts.zip(&self.runs).collect();
        runs.into_iter().rev().flat_map(|(start, (stream, end))| {
            let run = &self.bytes[start..*end];
            let run = run.strip_suffix(b"\n").unwrap_or(run);
            run.rsplit(|byte| *byte == b'\n').map(|line| (*stream, line))
        })
    }
}

/// Cuts to at most `limit` bytes from the beginning, not within a word: half a secret would not be recognised.
pub(super) fn cut_end(bytes: &[u8], limit: usize) -> &[u8] {
    match bytes.get(..limit) {
        Some(kept) if kept.len() < bytes.len() => without_last_word(kept),
        _ => bytes,
    }
}

/// Cuts to at most `limit` bytes from the end, not within a word.
pub(super) fn cut_start(bytes: &[u8], limit: usize) -> &[u8] {
    match bytes.len().checked_sub(limit) {
        Some(surplus) if surplus > 0 => without_first_word(&bytes[surplus..]),
        _ => bytes,
    }
}

fn without_first_word(bytes: &[u8]) -> &[u8] {
    let near = &bytes[..bytes.len().min(MAX_TOKEN_BYTES)];
    let space = near.iter().position(u8::is_ascii_whitespace);
    space.map_or(bytes, |at| &bytes[at + 1..])
}

fn without_last_word(bytes: &[u8]) -> &[u8] {
    let near = bytes.len().saturating_sub(MAX_TOKEN_BYTES);
    let space = bytes[near..].iter().rposition(u8::is_ascii_whitespace);
    space.map_or(bytes, |at| &bytes[..=near + at])
}

#[cfg(test)]
mod tests {
    use super::Stream::{Stderr, Stdout};
    use super::*;

    #[test]
    fn a_line_is_not_interrupted_by_the_other_stream() {
        let runs: [(Stream, &[u8]); 5] = [
            (Stdout, b"compi"),
            (Stderr, b"warning: "),
            (Stdout, b"ling\nnext"),
            (Stderr, b"unused\n"),
            (Stdout, b" line"),
        ];
        let lines = Lines::assemble(runs.into_iter(), Cut::Nowhere);
        assert_eq!(lines.bytes, b"compiling\nwarning: unused\nnext line");
        let from_end: Vec<_> = lines.rev().collect();
        let expected: [(Stream, &[u8]); 3] =
            [(Stdout, b"next line"), (Stderr, b"warning: unused"), (Stdout, b"compiling")];
        assert_eq!(from_end, expected);
    }

    #[test]
    fn two_unfinished_lines_stay_two() {
        let runs: [(Stream, &[u8]); 2] = [(Stdout, b"a"), (Stderr, b"b")];
        assert_eq!(Lines::assemble(runs.into_iter(), Cut::Nowhere).bytes, b"a\nb");
    }

    #[test]
    fn empty_lines_are_lines() {
        let runs: [(Stream, &[u8]); 1] = [(Stdout, b"\n\nx\n")];
        assert_eq!(Lines::assemble(runs.into_iter(), Cut::Nowhere).rev().count(), 3);
        assert_eq!(Lines::default().rev().count(), 0);
    }

    #[test]
    fn what_may_be_half_a_word_is_left_out() {
        let runs = || [(Stdout, b"cret a\nb se".as_slice()), (Stderr, b"tok x\n".as_slice())].into_iter();
        assert_eq!(Lines::assemble(runs(), Cut::Start([true, true])).bytes, b"a\nx\nb se");
        assert_eq!(Lines::assemble(runs(), Cut::End).bytes, b"cret a\ntok x\nb ");
        let only_stdout = Cut::Start([true, false]);
        assert_eq!(Lines::assemble(runs(), only_stdout).bytes, b"a\ntok x\nb se", "stderr began with a whole line");
    }

    #[test]
    fn cuts_fall_between_words() {
        assert_eq!(cut_end(b"token=abc next", 12), b"token=abc ");
        assert_eq!(cut_start(b"token=abc next", 8), b"next");
        assert_eq!(cut_end(b"short", 8), b"short");
        assert_eq!(cut_end(&[b'x'; 4096], 2048).len(), 2048);
    }
}
