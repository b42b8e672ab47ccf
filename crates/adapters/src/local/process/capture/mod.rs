//! What is kept of a command's output: its beginning, its end, and failures from between, in bounded memory.
//!
//! Bytes are kept as they came. Lines, text and streams are told apart only when somebody asks.

mod block;
mod captured;
mod regions;
mod runs;
mod spill;

use std::collections::VecDeque;

use self::block::{BLOCK_BYTES, Before, Block};
use self::regions::RegionLog;
use super::CaptureLimits;

pub use self::captured::{Captured, Gap, Line};
pub use self::regions::Region;
pub use self::spill::Spilled;

/// One of the two output streams of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Output while it arrives.
#[derive(Debug)]
pub(super) struct Capture {
    head: Vec<Block>,
    /// Complete blocks behind the head, oldest first.
    tail: VecDeque<Block>,
    /// The block being filled, the last of the tail.
    current: Block,
    regions: RegionLog,
    max_head: usize,
    max_tail: usize,
    bytes: u64,
    newlines: u64,
    /// For each stream, whether its last line has no end yet.
    unfinished: [bool; 2],
}

/// The tail keeps the block that goes, the one whose failures are collected, and what follows it.
const MIN_TAIL_BLOCKS: usize = 2;

impl Capture {
    pub(super) fn new(limits: CaptureLimits) -> Self {
        Self {
            head: Vec::new(),
            tail: VecDeque::new(),
            current: Block::new(Before::default()),
            regions: RegionLog::default(),
            max_head: limits.head_bytes.div_ceil(BLOCK_BYTES),
            max_tail: limits.tail_bytes.div_ceil(BLOCK_BYTES).max(MIN_TAIL_BLOCKS),
            bytes: 0,
            newlines: 0,
            unfinished: [false; 2],
        }
    }

    /// Lets `read` write the next bytes of `stream`, at most `most`, and returns them.
    pub(super) fn fill<E>(
        &mut self,
        stream: Stream,
        most: usize,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<&[u8], E> {
        if self.current.is_full() {
            self.close_current();
        }
        let bytes = self.current.fill(stream, most, read)?;
        self.bytes += bytes.len() as u64;
        self.newlines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        if let Some(last) = bytes.last() {
            self.unfinished[stream as usize] = *last != b'\n';
        }
        Ok(bytes)
    }

    fn close_current(&mut self) {
        let next = self.make_room();
        let full = std::mem::replace(&mut self.current, next);
        if self.head.len() < self.max_head {
            self.head.push(full);
            return;
        }
        // Scanned while it is still in the cache; whether it will have to go is not known yet.
        self.regions.note_hits(full.bytes(), self.newlines - full.lines_before);
        self.tail.push_back(full);
    }

    /// An empty block, from the end of the tail that is given up if it is full.
    fn make_room(&mut self) -> Block {
        if self.tail.len() < self.max_tail {
            return Block::new(self.before());
        }
        self.regions.collect(&self.tail, &self.current);
        match self.tail.pop_front() {
            Some(oldest) => oldest.reuse(self.before()),
            None => Block::new(self.before()),
        }
    }

    fn before(&self) -> Before {
        Before { bytes: self.bytes, newlines: self.newlines, unfinished: self.unfinished }
    }

    fn head_runs(&self) -> impl Iterator<Item = (Stream, &[u8])> {
        self.head.iter().flat_map(Block::runs)
    }

    fn tail_runs(&self) -> impl Iterator<Item = (Stream, &[u8])> {
        self.tail.iter().chain([&self.current]).flat_map(Block::runs)
    }
}
