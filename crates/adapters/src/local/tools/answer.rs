//! Answers: text, bounded, without what a terminal would act on.

use selfheal_detect::ansi;

/// Most bytes of an answer.
pub(super) const MAX_BYTES: usize = 16 << 10;

/// Longest line, in characters.
const MAX_LINE_CHARS: usize = 400;

/// `text` without control characters, long lines cut, and cut after the last line that fits into `bytes`.
pub(super) fn bounded(text: &str, bytes: usize) -> String {
    let shown = ansi::strip(text);
    let lines: Vec<&str> = shown.lines().collect();
    let mut answer = String::new();
    for (index, line) in lines.iter().enumerate() {
        let line = cut(line);
        // Room for the last line stays.
        if answer.len() + line.len() + 48 > bytes {
            answer.push_str(&format!("[{} more lines]\n", lines.len() - index));
            break;
        }
        answer.push_str(&line);
        answer.push('\n');
    }
    answer
}

fn cut(line: &str) -> String {
    let visible = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
    let mut shown: String = line.chars().take(MAX_LINE_CHARS).map(visible).collect();
    if line.chars().nth(MAX_LINE_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_kept_and_what_is_left_out_is_counted() {
        assert_eq!(bounded("a\nb\n", 100), "a\nb\n");
        let long = bounded(&"line\n".repeat(1000), 100);
        assert!(long.len() <= 100 && long.starts_with("line\nline\n"), "{long}");
        let kept = long.lines().count() - 1;
        assert!(long.ends_with(&format!("[{} more lines]\n", 1000 - kept)));
    }

    #[test]
    fn nothing_in_it_acts_on_a_terminal() {
        assert_eq!(bounded("\u{1b}[31mred\u{1b}[0m\u{7}\n\tx\n", 100), "red\n\tx\n");
        let wide = bounded(&"é".repeat(1000), MAX_BYTES);
        assert_eq!(wide.chars().count(), MAX_LINE_CHARS + 2);
    }
}
