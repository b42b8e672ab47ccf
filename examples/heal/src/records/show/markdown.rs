//! Text and quotations in Markdown that stay what they are: what somebody else wrote can't become a heading, a link or HTML.

use std::fmt::Write;

use crate::say::clean;

/// Most lines of one block.
const MAX_LINES: usize = 60;

/// A Markdown document that is put together.
#[derive(Default)]
pub(super) struct Document(String);

impl Document {
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.gap();
        self.line(&format!("{} {}", "#".repeat(level), escaped(text)));
    }

    /// A paragraph. `text` was made with [`escaped`] and [`code`].
    pub(super) fn paragraph(&mut self, text: &str) {
        self.gap();
        self.line(text);
    }

    /// A point of a list. `text` was made with [`escaped`] and [`code`].
    pub(super) fn point(&mut self, text: &str) {
        if !self.0.lines().last().is_some_and(|last| last.starts_with("- ")) {
            self.gap();
        }
        self.line(&format!("- {text}"));
    }

    /// Text as it is, in a fence that it can't close.
    pub(super) fn block(&mut self, language: &str, text: &str) {
        let lines: Vec<_> = clean::lines(text, MAX_LINES).collect();
        let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.gap();
        self.line(&format!("{fence}{language}"));
        lines.iter().for_each(|line| self.line(line));
        self.line(&fence);
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn gap(&mut self) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }
}

/// `text` on one line, without any meaning in Markdown or HTML.
pub(super) fn escaped(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = clean::line(&joined);
    let mut escaped = String::with_capacity(clean.len());
    for c in clean.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    // Bare addresses would become links, and some first characters a list or a line.
    let unlinked = escaped.replace("://", "&#58;//").replace("www.", "www&#46;");
    match unlinked.chars().next() {
        Some('-' | '+' | '=') => format!("\\{unlinked}"),
        Some('0'..='9') => unlinked.replacen(". ", "\\. ", 1).replacen(") ", "\\) ", 1),
        _ => unlinked,
    }
}

/// `text` as code on one line.
pub(super) fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = clean::line(&text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let mut code = String::new();
    // Spaces keep the text's own backticks apart; a reader drops them again.
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    let _ = write!(code, "{ticks}{pad}{text}{pad}{ticks}");
    code
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_become_neither_markup_nor_a_link() {
        assert_eq!(
            escaped("# <b>x</b> [a](http://e.vil) *x*"),
            "\\# &lt;b&gt;x&lt;/b&gt; \\[a\\](http&#58;//e.vil) \\*x\\*"
        );
        assert_eq!(escaped("one\n\n# two: three:"), "one \\# two: three:");
        assert_eq!(escaped("- a www.e.vil"), "\\- a www&#46;e.vil");
        assert_eq!(escaped("1. a 1.2"), "1\\. a 1.2");
        assert_eq!(code("a `b` ``c``"), "``` a `b` ``c`` ```");
    }

    #[test]
    fn a_block_can_not_be_closed_from_within() {
        let mut document = Document::default();
        document.block("", "a\n````\n# out\u{1b}[0m");
        assert_eq!(document.into_text(), "`````\na\n````\n# out\\u{1b}[0m\n`````\n");
    }
}
