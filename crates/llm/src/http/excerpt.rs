//! What may be repeated of something that a server said.

use selfheal_detect::redact::Redactor;

use crate::key::ApiKey;

/// Most bytes that are looked at; redaction wants whole tokens, so more than are kept.
const READ_BYTES: usize = 4 << 10;

/// Most bytes that are repeated.
pub(crate) const KEPT_BYTES: usize = 300;

/// `text` on one line, without secrets, bounded. A server may echo the key, or the prompt.
pub(crate) fn excerpt(text: &str, key: Option<&ApiKey>) -> String {
    let text = cut(text, READ_BYTES);
    let mut redactor = Redactor::builder();
    if let Some(key) = key {
        redactor = redactor.known("llm-key", key.reveal());
    }
    let redacted = redactor.build().redact(text).into_owned();
    let printable = redacted.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let mut line = printable.collect::<Vec<_>>().join(" ");
    if line.len() > KEPT_BYTES {
        line.truncate(line.floor_char_boundary(KEPT_BYTES));
        line.push('…');
    }
    line
}

/// At most the first `bytes` of `text`.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_bounded_line_without_the_key() {
        let key = ApiKey::new("local-key-12345").unwrap();
        let said = format!("wrong key\r\n\u{1b}[31m local-key-12345 {}", "x".repeat(10_000));
        let shown = excerpt(&said, Some(&key));
        assert!(shown.starts_with("wrong key [31m <secret:llm-key>"), "{shown}");
        assert!(shown.len() <= KEPT_BYTES + '…'.len_utf8());
    }
}
