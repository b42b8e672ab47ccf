//! What somebody else wrote, made harmless for a terminal and for the eye.

use std::borrow::Cow;

/// Most characters of a line that are shown.
const MAX_CHARS: usize = 400;

/// `text` as one line: control characters, and those that reorder or hide text (Unicode UTS #39; CVE-2021-42574), are spelt out,
/// and what is too long is cut.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    clipped(text, MAX_CHARS)
}

/// The same, cut after `most` characters.
pub(crate) fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most && !text.chars().any(is_tricky) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len().min(4 * most));
    for (count, c) in text.chars().enumerate() {
        if count == most {
            clean.push('…');
            break;
        }
        push(&mut clean, c);
    }
    Cow::Owned(clean)
}

/// `text` with its line breaks, each line as [`line()`]; past `most` lines it says how many more there are.
pub(crate) fn lines(text: &str, most: usize) -> impl Iterator<Item = Cow<'_, str>> {
    let more = text.lines().count().saturating_sub(most);
    let rest = (more > 0).then(|| Cow::Owned(format!("… {more} more lines")));
    text.lines().take(most).map(line).chain(rest)
}

fn push(clean: &mut String, c: char) {
    match c {
        '\t' => clean.push_str("    "),
        c if is_tricky(c) => clean.extend(c.escape_unicode()),
        c => clean.push(c),
    }
}

/// Whether `c` acts instead of being seen.
pub(crate) fn is_tricky(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_spelt_out_and_what_is_seen_stays() {
        assert_eq!(line("\u{1b}[2J\u{9b}31mred"), "\\u{1b}[2J\\u{9b}31mred");
        assert_eq!(line("a\u{202e}b\u{2066}c\u{200b}"), "a\\u{202e}b\\u{2066}c\\u{200b}");
        assert_eq!(line("\ttab\rcr\u{7}"), "    tab\\u{d}cr\\u{7}");
        assert_eq!(line("größer 配置 नमस्ते <b>"), "größer 配置 नमस्ते <b>");
    }

    #[test]
    fn long_lines_and_many_lines_are_cut() {
        assert_eq!(clipped("ééééé", 3), "ééé…");
        assert_eq!(line(&"x".repeat(1_000_000)).chars().count(), MAX_CHARS + 1);
        let cut: Vec<_> = lines("a\nb\nc\nd", 2).collect();
        assert_eq!(cut, ["a", "b", "… 2 more lines"]);
    }
}
