//! Failures from the part of the output that is not kept.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use selfheal_detect::scan::Scanner;

use super::Stream;
use super::block::Block;
use super::runs::{Cut, Lines};

/// Remembered from the beginning, where the first failure is often the cause …
const MAX_FIRST: usize = 32;
/// … and as many from the end.
const MAX_LAST: usize = 32;
const MAX_REGION_BYTES: usize = 8 << 10;
const MAX_HITS_PER_BLOCK: usize = 8;
/// Hits that are closer share their surroundings.
const HIT_DISTANCE: usize = 1 << 10;
/// Scanned at once, so that a hit is located within a line of any length.
const SCAN_BYTES: usize = 4 << 10;

const LINES_BEFORE: usize = 8;
const LINES_AFTER: usize = 16;
const BYTES_BEFORE: u64 = 2 << 10;
const BYTES_AFTER: u64 = 4 << 10;

/// Lines that look like a failure, with those around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Bytes of output before the region.
    pub offset: u64,
    /// The number of the region's first line, from 1, in arrival order.
    pub line: u64,
    /// Whole lines, so not always the bytes of the output in their order.
    bytes: Vec<u8>,
    end: u64,
}

impl Region {
    /// The region's text, at most 8 KiB of output, in whole lines. Invalid UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// Finds regions and remembers a bounded number of them.
#[derive(Debug, Default)]
pub(super) struct RegionLog {
    scanner: Scanner,
    /// For each block of the tail, where in it a failure begins.
    hits: VecDeque<Vec<usize>>,
    first: Vec<Region>,
    last: VecDeque<Region>,
    dropped: u64,
}

impl RegionLog {
    /// Scans the block that joins the tail.
    pub(super) fn note_hits(&mut self, bytes: &[u8], newlines: u64) {
        // A block without a line break is data. It is not scanned: nothing comes as fast as data does.
        let has_lines = newlines > 0 || memchr::memchr(b'\r', &bytes[..bytes.len().min(SCAN_BYTES)]).is_some();
        let scanned = if has_lines { bytes } else { &[] };
        let mut hits: Vec<usize> = Vec::new();
        for (index, piece) in scanned.chunks(SCAN_BYTES).enumerate() {
            self.scanner.scan(piece, |range| {
                let hit = index * SCAN_BYTES + range.start;
                if hits.last().is_none_or(|last| hit - last >= HIT_DISTANCE) {
                    hits.push(hit);
                }
            });
            if hits.len() >= MAX_HITS_PER_BLOCK {
                break;
            }
        }
        self.hits.push_back(hits);
    }

    /// Copies the failures of the tail's second block, while both its neighbours are there, and forgets the first.
    pub(super) fn collect(&mut self, tail: &VecDeque<Block>, current: &Block) {
        for index in 0..2 {
            let (Some(block), Some(hits)) = (tail.get(index), self.hits.get_mut(index)) else {
                continue;
            };
            let before = index.checked_sub(1).and_then(|before| tail.get(before));
            let window = Window { before, block, after: tail.get(index + 1).unwrap_or(current) };
            for hit in std::mem::take(hits) {
                self.remember(&window, hit);
            }
        }
        self.hits.pop_front();
    }

    fn remember(&mut self, window: &Window<'_>, hit: usize) {
        let last = self.last.back_mut().or(self.first.last_mut());
        let known = last.as_ref().map_or(0, |last| last.end);
        let Some(region) = window.around(hit, known) else {
            return;
        };
        match last {
            Some(last) if region.offset == known && last.bytes.len() + region.bytes.len() <= MAX_REGION_BYTES => {
                last.bytes.extend_from_slice(&region.bytes);
                last.end = region.end;
            }
            _ => self.push(region),
        }
    }

    fn push(&mut self, region: Region) {
        if self.first.len() < MAX_FIRST {
            self.first.push(region);
            return;
        }
        if self.last.len() == MAX_LAST {
            self.last.pop_front();
            self.dropped += 1;
        }
        self.last.push_back(region);
    }

    pub(super) fn regions(&self) -> impl Iterator<Item = &Region> {
        self.first.iter().chain(&self.last)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// A block with its neighbours.
struct Window<'a> {
    before: Option<&'a Block>,
    block: &'a Block,
    after: &'a Block,
}

impl Window<'_> {
    /// What surrounds a place in the block, as far as it is not known already.
    fn around(&self, hit: usize, known: u64) -> Option<Region> {
        let hit_at = self.block.offset + hit as u64;
        let before = self.copy(hit_at.saturating_sub(BYTES_BEFORE)..hit_at);
        let after = self.copy(hit_at..hit_at + BYTES_AFTER);
        let lines_before = &before[start_of_last_lines(&before, LINES_BEFORE)..];
        let from = known.max(hit_at - lines_before.len() as u64);
        let to = hit_at + end_of_first_lines(&after, LINES_AFTER) as u64;
        (from < to).then(|| Region {
            offset: from,
            line: self.line_at(from),
            bytes: Lines::assemble(self.runs(from..to), Cut::Nowhere).bytes,
            end: to,
        })
    }

    fn copy(&self, range: Range<u64>) -> Vec<u8> {
        let blocks = self.blocks();
        blocks
            .map(|block| &block.bytes()[within(&range, block.offset, block.bytes().len())])
            .collect::<Vec<_>>()
            .concat()
    }

    fn runs(&self, range: Range<u64>) -> impl Iterator<Item = (Stream, &[u8])> {
        let runs = self.blocks().flat_map(|block| {
            block.runs().scan(block.offset, |offset, (stream, run)| {
                let start = *offset;
                *offset += run.len() as u64;
                Some((start, stream, run))
            })
        });
        runs.map(move |(start, stream, run)| (stream, &run[within(&range, start, run.len())]))
    }

    /// The number of the line that holds the byte at `offset`.
    fn line_at(&self, offset: u64) -> u64 {
        let holding = self.blocks().filter(|block| block.offset <= offset).last().unwrap_or(self.block);
        let before = &holding.bytes()[within(&(0..offset), holding.offset, holding.bytes().len())];
        holding.lines_before + memchr::memchr_iter(b'\n', before).count() as u64 + 1
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.before.into_iter().chain([self.block, self.after])
    }
}

/// The part of `range` that lies in a stretch of output, as a range of the stretch.
fn within(range: &Range<u64>, offset: u64, len: usize) -> Range<usize> {
    let place = |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX).min(len);
    place(range.start)..place(range.end)
}

/// Where the last `lines` complete lines begin; without a line break, everything counts as one.
fn start_of_last_lines(bytes: &[u8], lines: usize) -> usize {
    let breaks = memchr::memrchr_iter(b'\n', bytes).take(lines + 1);
    breaks.last().map_or(0, |at| at + 1)
}

fn end_of_first_lines(bytes: &[u8], lines: usize) -> usize {
    let breaks = memchr::memchr_iter(b'\n', bytes).take(lines + 1);
    breaks.last().map_or(bytes.len(), |at| at + 1)
}
