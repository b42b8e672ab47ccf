//! What a tool answered, as bounded text.

use std::borrow::Cow;

use rmcp::model::{CallToolResult, ContentBlock};
use selfheal_detect::redact::Redactor;

/// Most characters of a server's words in an error.
const MAX_QUOTED_CHARS: usize = 300;

/// The text of an answer, at most `most` bytes of it. What is no text is named, not kept.
pub(super) fn text(result: &CallToolResult, most: usize) -> String {
    let mut text = String::new();
    for block in &result.content {
        let part: Cow<'_, str> = match block {
            ContentBlock::Text(block) => block.text.as_str().into(),
            ContentBlock::Resource(block) => block.get_text().into(),
            _ => "(something that is no text)".into(),
        };
        if !append(&mut text, &part, most) {
            return text;
        }
    }
    if let (true, Some(structured)) = (text.is_empty(), &result.structured_content) {
        append(&mut text, &structured.to_string(), most);
    }
    text
}

/// Adds a part with a line break between; whether all of it fitted.
fn append(text: &mut String, part: &str, most: usize) -> bool {
    if !text.is_empty() {
        text.push('\n');
    }
    let room = most.saturating_sub(text.len());
    let end = part.floor_char_boundary(room);
    text.push_str(&part[..end]);
    let whole = end == part.len();
    if !whole {
        text.push_str("\n(the rest was cut off)");
    }
    whole
}

/// A server's words in an error of ours: in one line, short, without what looks like a secret.
pub(super) fn quoted(words: &str) -> String {
    let start = &words[..words.floor_char_boundary(4 * MAX_QUOTED_CHARS)];
    let redacted = Redactor::default().redact(start).into_owned();
    let short: String = redacted.chars().take(MAX_QUOTED_CHARS).collect();
    format!("\"{}\"", short.escape_debug())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(value: serde_json::Value) -> CallToolResult {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_answer_is_cut_at_its_bound_and_says_so() {
        let answer = result(json!({"content": [{"type": "text", "text": "é".repeat(100)}]}));
        let text = text(&answer, 11);
        assert_eq!(text, "ééééé\n(the rest was cut off)");
    }

    #[test]
    fn structure_is_read_where_there_is_no_text() {
        let answer = result(json!({"content": [], "structuredContent": {"replicas": 2}}));
        assert_eq!(text(&answer, 100), r#"{"replicas":2}"#);
    }

    #[test]
    fn a_servers_words_stay_one_short_line() {
        let words = quoted(&format!("no\n\u{1b}[2J\u{202e}{}", "x".repeat(10_000)));
        assert!(words.len() < 400 && !words.contains(['\n', '\u{1b}', '\u{202e}']), "{words}");
    }
}
