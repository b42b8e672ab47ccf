//! Tokens that their issuers gave a recognisable form.
//!
//! One automaton finds the fixed part; the bytes around it are then counted against the token's alphabet and length.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Finding;
use super::dummy::{entropy, is_dummy};

mod table;
use table::TOKENS;

/// Below this a token of 16 bytes or more isn't random.
const MIN_ENTROPY_BITS: f64 = 2.8;

/// What may stand in a token beside its fixed part.
#[derive(Debug, Clone, Copy)]
enum Alphabet {
    Hex,
    /// `A-Z0-9`
    Upper,
    Alnum,
    /// Alphanumeric, `_` and `-`: base64url.
    Dash,
    /// [`Self::Dash`] and `.`: dotted parts, as in a JWT.
    Dotted,
    /// [`Self::Dotted`] and `~`.
    Tilde,
    /// Base64 with padding, and its percent-encoding.
    Base64,
}

impl Alphabet {
    fn contains(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Dash => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Tilde => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'%' | b'_' | b'-'),
        }
    }
}

/// The published form of one kind of token.
struct Token {
    kind: &'static str,
    fixed: &'static str,
    /// Bytes of `alphabet` that stand before the fixed part.
    before: usize,
    alphabet: Alphabet,
    /// Bytes of `alphabet` after the fixed part.
    after: RangeInclusive<usize>,
}

static FIXED_PARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let fixed = TOKENS.iter().map(|token| token.fixed);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(fixed).ok()
});

/// Every kind that [`find`] reports.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    TOKENS.iter().map(|token| token.kind)
}

pub(super) fn find(text: &str, found: &mut Vec<Finding>) {
    let Some(fixed_parts) = FIXED_PARTS.as_ref() else { return };
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(hit) = fixed_parts.find(&bytes[from..]) {
        let token = &TOKENS[hit.pattern().as_usize()];
        let start = from + hit.start();
        from = match token.end_in(bytes, start) {
            Some((start, end)) => {
                found.push(Finding { range: start..end, kind: Cow::Borrowed(token.kind) });
                end
            }
            None => start + 1,
        };
    }
}

impl Token {
    fn end_in(&self, bytes: &[u8], fixed_start: usize) -> Option<(usize, usize)> {
        let body_start = fixed_start + self.fixed.len();
        let start = self.start_in(bytes, fixed_start)?;
        let longest = *self.after.end();
        let body = &bytes[body_start..bytes.len().min(body_start + longest + 1)];
        let len = self.run(body);
        let is_open_ended = longest >= OPEN;
        let body = &body[..if is_open_ended { len.min(longest) } else { len }];
        let full_stops = body.iter().rev().take_while(|&&byte| byte == b'.').count();
        let body = &body[..body.len() - full_stops];
        if !self.after.contains(&body.len()) || !looks_random(body) {
            return None;
        }
        let judged = body_start + body.len();
        let more = if is_open_ended && body.len() == longest { self.run(&bytes[judged..]) } else { 0 };
        Some((start, judged + more))
    }

    fn run(&self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|&&byte| self.alphabet.contains(byte)).count()
    }

    fn start_in(&self, bytes: &[u8], fixed_start: usize) -> Option<usize> {
        let run = bytes[..fixed_start]
            .iter()
            .rev()
            .take(MAX_BEFORE)
            .take_while(|&&byte| self.alphabet.contains(byte))
            .count();
        if self.before > 0 {
            return (run >= self.before).then(|| fixed_start - run);
        }
        is_word_start(&bytes[..fixed_start], self.fixed).then_some(fixed_start)
    }
}

/// The end of an open-ended length: what is judged; the rest of the run goes with it.
const OPEN: usize = 2048;
const MAX_BEFORE: usize = 32;

/// Whether a token may begin after `before`: not in the middle of a word, but after an escape (`\n`, `%3D`).
fn is_word_start(before: &[u8], fixed: &str) -> bool {
    let starts_as_word = fixed.starts_with(|char: char| char.is_ascii_alphanumeric());
    match before {
        _ if !starts_as_word => true,
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [.., b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [.., last] => !last.is_ascii_alphanumeric(),
        [] => true,
    }
}

fn looks_random(body: &[u8]) -> bool {
    let Ok(body) = std::str::from_utf8(body) else { return false };
    !is_dummy(body) && (body.len() < 16 || entropy(body.as_bytes()) >= MIN_ENTROPY_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_builds_and_its_kinds_fit_a_placeholder() {
        assert!(FIXED_PARTS.is_some());
        assert!(
            kinds().all(|kind| kind
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'))
        );
    }
}
