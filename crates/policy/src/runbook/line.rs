//! What a line says, without what a log shipper put in front of it.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::limits;

/// Time stamps, container names and build-step counters that CI systems prepend to what a tool printed.
static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let stamp = r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s";
    let pattern = format!(r"(?-u)^(?:{stamp}|#\d+ \d+\.\d+ |[a-z0-9_.-]+-\d+ +\| |##\[(?:error|warning)\]|remote: )+");
    Regex::new(&pattern).ok()
});

/// The part of `line` that patterns are matched on: prefixes of log shippers and trailing blanks are left out,
/// and of an endless line only the beginning is looked at.
pub(crate) fn content(line: &str) -> &str {
    let cut = line.floor_char_boundary(limits::LINE_BYTES.min(line.len()));
    let line = line[..cut].trim_end();
    let may_be_shipped =
        line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '[' | '#' | 'r') || c.is_ascii_lowercase());
    if !may_be_shipped {
        return line;
    }
    let prefix = PREFIX.as_ref().and_then(|prefix| prefix.find(line.as_bytes()));
    prefix.and_then(|found| line.get(found.end()..)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_printed_is_left() {
        for (line, said) in [
            ("2026-03-01T10:00:00.1234567Z npm error code E401", "npm error code E401"),
            ("2026-03-01 10:00:00 ##[error]Process completed", "Process completed"),
            ("#12 3.456 E: Unable to locate package x", "E: Unable to locate package x"),
            ("web-1  | Error: listen", "Error: listen"),
            ("   indented stays  ", "   indented stays"),
            ("error: plain", "error: plain"),
        ] {
            assert_eq!(content(line), said);
        }
        assert_eq!(content(&"é".repeat(5_000)).len(), limits::LINE_BYTES);
    }
}
