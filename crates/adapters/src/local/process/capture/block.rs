//! A stretch of output in arrival order, read in place.

use super::Stream;

/// Bytes per block. Small enough to stay in a core's cache from the read to the write and the scan.
pub(super) const BLOCK_BYTES: usize = 128 << 10;
/// Changes of stream per block. A block that reaches it is closed early, which bounds what output that
/// alternates between the streams byte by byte costs.
const MAX_SEGMENTS: usize = 16 << 10;
const LENGTH_BITS: u32 = u32::MAX >> 1;

/// A fixed buffer, filled from the front.
#[derive(Debug)]
pub(super) struct Block {
    data: Box<[u8]>,
    len: usize,
    segments: Vec<Segment>,
    /// Bytes of output before this block.
    pub(super) offset: u64,
    /// Line breaks before this block.
    pub(super) lines_before: u64,
    /// For each stream, whether the block begins within one of its lines.
    pub(super) within_line: [bool; 2],
}

/// What came before a block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    pub(super) bytes: u64,
    pub(super) newlines: u64,
    pub(super) unfinished: [bool; 2],
}

/// A run of bytes of one stream: its length, and the stream in the highest bit.
#[derive(Clone, Copy, Debug)]
struct Segment(u32);

impl Block {
    pub(super) fn new(before: Before) -> Self {
        Self {
            data: vec![0; BLOCK_BYTES].into_boxed_slice(),
            len: 0,
            segments: Vec::new(),
            offset: before.bytes,
            lines_before: before.newlines,
            within_line: before.unfinished,
        }
    }

    /// The same buffer for another stretch.
    pub(super) fn reuse(mut self, before: Before) -> Self {
        self.len = 0;
        self.segments.clear();
        Self { offset: before.bytes, lines_before: before.newlines, within_line: before.unfinished, ..self }
    }

    pub(super) fn is_full(&self) -> bool {
        self.len == self.data.len() || self.segments.len() == MAX_SEGMENTS
    }

    /// Lets `read` write into the free space, at most `most` bytes, and returns what it has written.
    pub(super) fn fill<E>(
        &mut self,
        stream: Stream,
        most: usize,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<&[u8], E> {
        let start = self.len;
        let end = self.data.len().min(start.saturating_add(most));
        let count = read(&mut self.data[start..end])?;
        self.len += count;
        self.tag(stream, count);
        Ok(&self.data[start..self.len])
    }

    fn tag(&mut self, stream: Stream, count: usize) {
        match self.segments.last_mut() {
            Some(last) if last.stream() == stream => *last = Segment::new(stream, last.len() + count),
            _ if count > 0 => self.segments.push(Segment::new(stream, count)),
            _ => {}
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.data[..self.len]
    }

    /// The bytes by stream, in arrival order.
    pub(super) fn runs(&self) -> impl Iterator<Item = (Stream, &[u8])> {
        let mut rest = self.bytes();
        self.segments.iter().map(move |segment| {
            let (run, after) = rest.split_at(segment.len().min(rest.len()));
            rest = after;
            (segment.stream(), run)
        })
    }
}

impl Segment {
    fn new(stream: Stream, len: usize) -> Self {
        let tag = match stream {
            Stream::Stdout => 0,
            Stream::Stderr => !LENGTH_BITS,
        };
        // A block's length is far below the limit of 31 bits.
        Self(tag | (len as u32 & LENGTH_BITS))
    }

    fn len(self) -> usize {
        (self.0 & LENGTH_BITS) as usize
    }

    fn stream(self) -> Stream {
        if self.0 & !LENGTH_BITS == 0 { Stream::Stdout } else { Stream::Stderr }
    }
}
