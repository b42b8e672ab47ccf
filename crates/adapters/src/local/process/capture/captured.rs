//! Reading what was kept of a command's output.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use super::runs::{self, Cut, Lines};
use super::spill::{self, Parts, Spilled};
use super::{Capture, Region, Stream};

/// A longer line is given with its beginning and end only.
const MAX_LINE_BYTES: usize = 8 << 10;

/// The output of a command that has ended, as far as it was kept.
#[derive(Debug)]
pub struct Captured(Capture);

/// One line of output. Lines of both streams are in the order in which they ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line's number, from 1.
    pub number: u64,
    /// The stream it was written to.
    pub stream: Stream,
    /// Its text without the line break. Invalid UTF-8 is replaced; a line of more than 8 KiB has lost its middle, and
    /// says so in brackets.
    pub text: String,
}

/// The part of the output that was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Bytes of output before it.
    pub offset: u64,
    /// Its length.
    pub bytes: u64,
}

impl Captured {
    pub(in super::super) fn new(capture: Capture) -> Self {
        Self(capture)
    }

    /// Bytes the command wrote to both streams.
    pub fn total_bytes(&self) -> u64 {
        self.0.bytes
    }

    /// Lines the command wrote to both streams, unfinished last ones included.
    pub fn total_lines(&self) -> u64 {
        self.0.newlines + self.0.unfinished.iter().map(|unfinished| u64::from(*unfinished)).sum::<u64>()
    }

    /// The part that was not kept, if there is one.
    pub fn gap(&self) -> Option<Gap> {
        let offset: u64 = self.0.head.iter().map(|block| block.bytes().len() as u64).sum();
        let resumes = self.0.tail.front().unwrap_or(&self.0.current).offset;
        (resumes > offset).then_some(Gap { offset, bytes: resumes - offset })
    }

    /// The last `count` lines, or as many as were kept.
    pub fn tail_lines(&self, count: usize) -> Vec<Line> {
        let kept = match self.gap() {
            Some(_) => self.lines_after_gap(),
            None => self.all_lines(),
        };
        let numbers = (1..=self.total_lines()).rev();
        let mut lines: Vec<_> = numbers
            .zip(kept.rev())
            .take(count)
            .map(|(number, (stream, bytes))| Line { number, stream, text: text_of(bytes) })
            .collect();
        lines.reverse();
        lines
    }

    /// What looks like a failure within the [`gap`](Self::gap), in order; bounded in number and size.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.0.regions.regions()
    }

    /// How many more regions there were than [`regions`](Self::regions) gives.
    pub fn regions_dropped(&self) -> u64 {
        self.0.regions.dropped()
    }

    /// All bytes of one stream; `None` if some were not kept.
    pub fn stream(&self, stream: Stream) -> Option<Vec<u8>> {
        if self.gap().is_some() {
            return None;
        }
        let runs = self.0.head_runs().chain(self.0.tail_runs());
        let mut bytes = Vec::new();
        for (_, run) in runs.filter(|(of, _)| *of == stream) {
            bytes.extend_from_slice(run);
        }
        Some(bytes)
    }

    /// Writes the output as text to a file that only its owner can read: the beginning, what is omitted, the end.
    ///
    /// `limit` bounds the bytes of output taken. Each part passes through `redact` as a whole; its ends fall between
    /// words. The file appears at `path` complete or not at all, and replaces what was there.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn write_to(&self, path: &Path, redact: &dyn Fn(&str) -> Cow<'_, str>, limit: u64) -> io::Result<Spilled> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.gap().is_none() {
            let all = self.all_lines();
            return spill::write(path, redact, Parts::of_whole(&all.bytes, limit));
        }
        let (head, tail) = (self.lines_before_gap(), self.lines_after_gap());
        spill::write(path, redact, Parts::of_ends(&head.bytes, &tail.bytes, self.total_bytes(), limit))
    }

    fn all_lines(&self) -> Lines {
        Lines::assemble(self.0.head_runs().chain(self.0.tail_runs()), Cut::Nowhere)
    }

    fn lines_before_gap(&self) -> Lines {
        Lines::assemble(self.0.head_runs(), Cut::End)
    }

    fn lines_after_gap(&self) -> Lines {
        let first = self.0.tail.front().unwrap_or(&self.0.current);
        Lines::assemble(self.0.tail_runs(), Cut::Start(first.within_line))
    }
}

fn text_of(line: &[u8]) -> String {
    if line.len() <= MAX_LINE_BYTES {
        return String::from_utf8_lossy(line).into_owned();
    }
    let start = runs::cut_end(line, MAX_LINE_BYTES / 2);
    let end = runs::cut_start(line, MAX_LINE_BYTES / 2);
    let omitted = line.len() - start.len() - end.len();
    format!("{}[... {omitted} bytes omitted ...]{}", String::from_utf8_lossy(start), String::from_utf8_lossy(end))
}
