//! Encodings that hide code: undone where that's cheap, named where not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Text that `base64 -d` prints.
pub(super) fn base64(text: &str) -> Option<String> {
    let packed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    let bytes = STANDARD_NO_PAD.decode(&packed).or_else(|_| URL_SAFE_NO_PAD.decode(&packed)).ok()?;
    String::from_utf8(bytes).ok()
}

/// Text that `powershell -EncodedCommand` is given: base64 of two-byte characters.
pub(super) fn utf16_base64(text: &str) -> Option<String> {
    let packed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    let bytes = STANDARD_NO_PAD.decode(&packed).ok()?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}

/// Text that `xxd -r -p` prints.
pub(super) fn hexadecimal(text: &str) -> Option<String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks_exact(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()
}

/// Text that `rev` prints.
pub(super) fn reversed(text: &str) -> String {
    text.split_inclusive('\n').map(reversed_line).collect()
}

fn reversed_line(line: &str) -> String {
    match line.strip_suffix('\n') {
        Some(line) => line.chars().rev().chain(['\n']).collect(),
        None => line.chars().rev().collect(),
    }
}

/// Text that `tr FROM TO` prints; `None` for sets that aren't understood.
pub(super) fn translated(text: &str, from: &str, to: &str) -> Option<String> {
    let from = set(from)?;
    let to = set(to)?;
    let last = *to.last()?;
    let translate = |c: char| match from.iter().rposition(|member| *member == c) {
        Some(at) => to.get(at).copied().unwrap_or(last),
        None => c,
    };
    Some(text.chars().map(translate).collect())
}

/// Text without the characters of a set, as `tr -d SET` prints it.
pub(super) fn without(text: &str, removed: &str) -> Option<String> {
    let removed = set(removed)?;
    Some(text.chars().filter(|c| !removed.contains(c)).collect())
}

/// The members of a `tr` set: ranges and escapes.
fn set(text: &str) -> Option<Vec<char>> {
    let chars: Vec<char> = super::escapes::ansi_c(text).chars().collect();
    let mut members = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match (chars.get(at), chars.get(at + 1), chars.get(at + 2)) {
            (Some('['), Some(':'), _) => return class(text),
            (Some(first), Some('-'), Some(last)) if first.is_ascii() && last.is_ascii() => {
                members.extend(*first..=*last);
                at += 3;
            }
            (Some(single), ..) => {
                members.push(*single);
                at += 1;
            }
            (None, ..) => break,
        }
    }
    (members.len() <= super::super::bounds::TEXT_BYTES).then_some(members)
}

fn class(text: &str) -> Option<Vec<char>> {
    match text {
        "[:upper:]" => Some(('A'..='Z').collect()),
        "[:lower:]" => Some(('a'..='z').collect()),
        "[:space:]" => Some(vec![' ', '\t', '\n', '\r']),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_undone() {
        assert_eq!(base64("cm0gLXJm\n").as_deref(), Some("rm -rf"));
        assert_eq!(utf16_base64("cgBtAA==").as_deref(), Some("rm"));
        assert_eq!(hexadecimal("726d\n").as_deref(), Some("rm"));
        assert_eq!(reversed("mr\n"), "rm\n");
        assert_eq!(translated("ez", "A-Za-z", "N-ZA-Mn-za-m").as_deref(), Some("rm"));
        assert_eq!(without("r_m_", "_").as_deref(), Some("rm"));
    }
}
