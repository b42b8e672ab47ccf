//! Text as it may stand in a prompt or before a person: on one line, without characters that nobody sees, bounded.

use std::borrow::Cow;

/// What stands in the place of characters that nobody would see.
const HIDDEN: &str = "<hidden>";

/// What stands where the middle of a line was left out.
const LEFT_OUT: &str = " … ";

/// Words near which the telling part of a long line stands.
const TELLING: [&str; 12] = [
    "error",
    "fail",
    "exception",
    "panic",
    "cannot",
    "could not",
    "not found",
    "denied",
    "killed",
    "timed out",
    "undefined",
    "refused",
];

/// `line` with each run of control, bidirectional, zero-width, tag and other invisible characters replaced by a visible word: what
/// a model reads is what a person would.
pub(super) fn visible(line: &str) -> Cow<'_, str> {
    if !line.chars().any(|c| is_hidden(c) || c == '\t') {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len());
    let mut hides = false;
    for c in line.chars() {
        match (c, is_hidden(c)) {
            ('\t', _) => shown.push(' '),
            (_, true) if !hides => shown.push_str(HIDDEN),
            (_, true) => {}
            (c, false) => shown.push(c),
        }
        hides = is_hidden(c) && c != '\t';
    }
    Cow::Owned(shown)
}

fn is_hidden(c: char) -> bool {
    let formats = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}');
    // Beyond the last assigned plane: tags, variation selectors, private use.
    (c.is_control() && c != '\t') || formats || c >= '\u{e0000}'
}

/// At most about `bytes` of `line`: its middle is left out, or its beginning and end where the telling words stand in between.
pub(super) fn shortened(line: &str, bytes: usize) -> Cow<'_, str> {
    if line.len() <= bytes {
        return Cow::Borrowed(line);
    }
    let room = bytes.saturating_sub(LEFT_OUT.len());
    let lower = line.to_ascii_lowercase();
    let told = TELLING.iter().filter_map(|word| lower.find(word)).min();
    match told {
        Some(at) if at > room / 2 && at < line.len() - room / 3 => {
            let start = line.floor_char_boundary(at - room / 4);
            let end = line.floor_char_boundary((start + room).min(line.len()));
            Cow::Owned(format!("…{}…", &line[start..end]))
        }
        _ => {
            let head = &line[..line.floor_char_boundary(room * 2 / 3)];
            let tail = &line[line.ceil_char_boundary(line.len() - room / 3)..];
            Cow::Owned(format!("{head}{LEFT_OUT}{tail}"))
        }
    }
}

/// Words for a person or a prompt: on one line, at most `bytes`.
pub(super) fn words(text: &str, bytes: usize) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    let line = visible(&line);
    match line.len() > bytes {
        true => format!("{}…", &line[..line.floor_char_boundary(bytes.saturating_sub('…'.len_utf8()))]),
        false => line.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_made_visible() {
        for (line, shown) in [
            ("plain ünïcode 失敗", "plain ünïcode 失敗"),
            ("a\tb", "a b"),
            ("x\u{202e}y", "x<hidden>y"),
            ("\u{e0064}\u{e0065}\u{e006c}ete", "<hidden>ete"),
            ("pass\u{200b}word\u{feff}", "pass<hidden>word<hidden>"),
            ("one\u{2028}two\u{85}three\rfour\u{1b}[31m", "one<hidden>two<hidden>three<hidden>four<hidden>[31m"),
        ] {
            assert_eq!(visible(line), shown);
        }
    }

    #[test]
    fn of_a_long_line_the_telling_part_stays() {
        let line = format!("{}error: no such table{}", "a".repeat(5000), "b".repeat(5000));
        let short = shortened(&line, 200);
        assert!(short.len() <= 210 && short.contains("error: no such table"), "{short}");
        let ends = format!("begin{}end", "ü".repeat(5000));
        let short = shortened(&ends, 200);
        assert!(short.len() <= 210 && short.starts_with("begin") && short.ends_with("end"), "{short}");
        assert_eq!(shortened("short", 200), "short");
    }

    #[test]
    fn words_are_one_bounded_line() {
        assert_eq!(words(" a\n\n  b\u{7} ", 100), "a b<hidden>");
        assert_eq!(words("abcdefgh", 6), "abc…");
        assert_eq!(words("äöüäöü", 8), "äö…");
    }
}
