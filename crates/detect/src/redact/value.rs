//! Cuts the value out of `name = value` and judges whether it is a secret.

use std::ops::Range;

use super::dummy::{entropy, is_dummy};

const MAX_VALUE_BYTES: usize = 4096;
const MIN_PASSWORD_BYTES: usize = 4;
const MIN_TOKEN_BYTES: usize = 8;
const MIN_TOKEN_ENTROPY_BITS: f64 = 2.5;
/// A word of letters only is a token when it is this long and looks random.
const MIN_LETTERS_BYTES: usize = 16;
const MIN_LETTERS_ENTROPY_BITS: f64 = 3.5;

/// The value that starts at `start`: inside its quotes, or up to white space or a separator.
pub(super) fn extent(text: &str, start: usize) -> Range<usize> {
    let rest = &text.as_bytes()[start..text.floor_char_boundary(start + MAX_VALUE_BYTES)];
    let (opening, quote) = match rest {
        [b'\\', quote @ (b'"' | b'\''), ..] => (2, Some(*quote)),
        [quote @ (b'"' | b'\''), ..] => (1, Some(*quote)),
        _ => (0, None),
    };
    let body = &rest[opening..];
    let len = match quote {
        Some(quote) => body.iter().position(|&byte| byte == quote || byte == b'\n').unwrap_or(body.len()),
        None => body.iter().position(ends_unquoted).unwrap_or(body.len()),
    };
    let trailing: &[u8] = if quote.is_some() { b"\\" } else { b")]}.:!\\" };
    let kept = body[..len].iter().rposition(|byte| !trailing.contains(byte)).map_or(0, |last| last + 1);
    let start = start + opening;
    start..start + kept
}

fn ends_unquoted(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b'<' | b'>' | b'|')
}

/// A password may be any text: short, or a word.
pub(super) fn is_password(value: &str) -> bool {
    value.len() >= MIN_PASSWORD_BYTES && !is_dummy(value) && !is_expression(value)
}

/// A token is generated: long, mixed, and not made of words.
pub(super) fn is_token(value: &str) -> bool {
    value.len() >= MIN_TOKEN_BYTES && !is_dummy(value) && !is_expression(value) && !is_wordy(value) && is_mixed(value)
}

/// Letters only.
pub(super) fn is_word(value: &str) -> bool {
    value.chars().all(char::is_alphabetic)
}

fn is_mixed(value: &str) -> bool {
    let bits = entropy(value.as_bytes());
    if value.bytes().any(|byte| byte.is_ascii_digit()) {
        return bits >= MIN_TOKEN_ENTROPY_BITS;
    }
    let has_both_cases =
        value.bytes().any(|byte| byte.is_ascii_lowercase()) && value.bytes().any(|byte| byte.is_ascii_uppercase());
    value.len() >= MIN_LETTERS_BYTES && has_both_cases && bits >= MIN_LETTERS_ENTROPY_BITS && is_word(value)
}

/// What yields a value elsewhere: a call, a path into an object, the name of a variable.
fn is_expression(value: &str) -> bool {
    let calls = value.find('(').is_some_and(|at| {
        value[..at].chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.')) && at > 0
    });
    let names_variable = value.contains('_') && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    calls || names_variable || value.contains("${") || value.contains("{{") || value.contains("::")
}

/// Parts between separators that are all words or numbers, as in `org.acme.Main`, `web-v1`, `/etc/app.conf`.
fn is_wordy(value: &str) -> bool {
    let is_plain = |part: &str| {
        let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        letters + digits == part.len() && digits <= 2 && part.len() <= 15 || digits == part.len()
    };
    value.contains(['.', '-', '_', '/', ':', '@']) && value.split(['.', '-', '_', '/', ':', '@']).all(is_plain)
}
