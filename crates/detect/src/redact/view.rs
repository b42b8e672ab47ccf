//! A text as a reader sees it, with the way back to the bytes it came from.

use std::borrow::Cow;
use std::ops::Range;

use super::Finding;
use crate::ansi;

/// A line at least this long, and unbroken at its end, may have been wrapped by a terminal.
const MIN_WRAP_COLUMNS: usize = 32;

/// Text with parts left out.
pub(super) struct View<'a> {
    text: Cow<'a, str>,
    /// (offset in `text`, bytes left out before it), ascending.
    cuts: Vec<(usize, usize)>,
}

impl<'a> View<'a> {
    /// `text` without escape sequences. Unlike [`ansi::strip`] it keeps what a carriage return overwrites: a secret
    /// there is still in the stored text.
    pub(super) fn without_escapes(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut kept = Kept::default();
        let mut from = 0;
        while let Some(escape) = memchr::memchr(0x1b, &bytes[from..]).map(|at| from + at) {
            kept.keep(&text[from..escape]);
            from = escape + ansi::escape_len(&bytes[escape..]);
            kept.cut(from - escape);
        }
        if from == 0 {
            return Self { text: Cow::Borrowed(text), cuts: Vec::new() };
        }
        kept.keep(&text[from..]);
        kept.into_view()
    }

    /// `text` with the breaks removed that a terminal may have put into one long word; `None` when it has none.
    pub(super) fn without_wraps(text: &'a str) -> Option<Self> {
        let mut kept = Kept::default();
        let mut lines = text.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            let content = line.trim_end_matches(['\n', '\r']);
            kept.keep(content);
            if lines.peek().is_some_and(|next| is_wrapped(content, next)) {
                kept.cut(line.len() - content.len());
            } else {
                kept.keep(&line[content.len()..]);
            }
        }
        (!kept.cuts.is_empty()).then(|| kept.into_view())
    }

    /// Whether the view is shorter than its text.
    pub(super) fn leaves_out(&self) -> bool {
        !self.cuts.is_empty()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A finding in this view, placed in the original text; left-out parts inside it are included.
    pub(super) fn locate(&self, finding: Finding) -> Finding {
        Finding { range: self.original(finding.range), kind: finding.kind }
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        self.position(range.start)..self.position(range.end - 1) + 1
    }

    fn position(&self, offset: usize) -> usize {
        offset + self.removed_before(offset)
    }

    fn removed_before(&self, offset: usize) -> usize {
        let next = self.cuts.partition_point(|&(at, _)| at <= offset);
        next.checked_sub(1).map_or(0, |last| self.cuts[last].1)
    }
}

fn is_wrapped(line: &str, next: &str) -> bool {
    let next = next.trim_end_matches(['\n', '\r']);
    let tail = &line.as_bytes()[line.len().saturating_sub(MIN_WRAP_COLUMNS)..];
    tail.len() == MIN_WRAP_COLUMNS
        && !tail.iter().any(u8::is_ascii_whitespace)
        && !next.is_empty()
        && next.len() <= line.len()
        && !next.bytes().any(|byte| byte.is_ascii_whitespace())
}

/// A view under construction.
#[derive(Default)]
struct Kept {
    text: String,
    cuts: Vec<(usize, usize)>,
    removed: usize,
}

impl Kept {
    fn keep(&mut self, part: &str) {
        self.text.push_str(part);
    }

    fn cut(&mut self, bytes: usize) {
        self.removed += bytes;
        self.cuts.push((self.text.len(), self.removed));
    }

    fn into_view(self) -> View<'static> {
        View { text: Cow::Owned(self.text), cuts: self.cuts }
    }
}
