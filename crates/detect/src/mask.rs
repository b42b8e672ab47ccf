//! Replaces what differs between two runs of the same failure by placeholders.
//!
//! Two failures with the same cause mask to the same text, so the masked text (or a hash of it) can serve as an exact
//! signature. The placeholders and their precedence are part of every stored signature: changing them forgets them all.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::{ansi, pattern};

/// Names the rules below; to be stored with a signature, so that one made by other rules never compares equal.
pub const MASK_VERSION: u32 = 1;

/// The most bytes of one line that are masked; the rest of it is dropped.
pub const MAX_LINE_BYTES: usize = 4096;

/// Alternatives in order of precedence; the group that matched decides the placeholder.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::regex(
        r#"(?x-u)
  (?P<url>  \b[a-zA-Z][a-zA-Z0-9+.-]{1,15}://[!\#-&*-;=?-Z\\^_a-~]+ )
| (?P<time> \b\d{4}[-/]\d\d[-/]\d\d (?:[T\ _]\d\d[:.]\d\d (?:[:.]\d\d (?:[.,]\d{1,9})? )? (?:Z|\ ?[+-]\d\d:?\d\d)? )?
          | \b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\ {1,2}\d{1,2},?(?:\ \d{4})?\ \d\d:\d\d:\d\d(?:\.\d{1,9})?
          | \b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\b )
| (?P<uuid> \b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b )
| (?P<ip>   \b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b | \b(?:[0-9a-fA-F]{1,4}:{1,2}){4,7}[0-9a-fA-F]{1,4}\b )
| (?P<before> ^|[\s'"`(=:\[,@] ) (?P<path> (?:[A-Za-z]:[\\/]|~/|/) (?:[\w.@+%$~-]+[\\/]+)+ [\w.@+%$~-]* )
| (?P<dur>  \b\d+(?:\.\d+)?\ ?(?:ns|us|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|days?)\b )
| (?P<size> \b\d+(?:\.\d+)?\ ?(?:[kKMGT]i?[bB]?|[bB]ytes|B)(?:/s)?\b )
| (?P<n>    \b0[xX][0-9a-fA-F]+\b | \b[0-9a-fA-F]{7,128}\b | \d+(?:\.\d+)* )
"#,
    )
});

/// What varies inside a file name or a URL.
static VARIABLE_IN_NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern::regex(
        r"(?-u)(?P<n>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b[0-9a-fA-F]{7,128}\b|\d+(?:\.\d+)*)",
    )
});

/// `line` without escape sequences and with its variable parts replaced: `<time>`, `<uuid>`, `<ip>`, `<dur>`, `<size>`,
/// and `<n>` for every other number or hash. Of an absolute path the last component stays (`<dir>main.rs`), since it
/// tells failures apart and the directory doesn't; a nameless temporary file is `<tmp>`.
///
/// Deterministic, idempotent and linear; only the first [`MAX_LINE_BYTES`] are looked at.
#[must_use]
pub fn mask(line: &str) -> Cow<'_, str> {
    match ansi::strip(line) {
        Cow::Borrowed(line) => VARIABLE.replace_all(head(line), placeholder),
        Cow::Owned(line) => Cow::Owned(VARIABLE.replace_all(head(&line), placeholder).into_owned()),
    }
}

/// The canonical text of a failure: its lines masked, trimmed, without empty lines and immediate repeats, one per line.
///
/// Hash it together with [`MASK_VERSION`] to get a signature.
#[must_use]
pub fn signature<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for line in lines {
        let masked = mask(line);
        let masked = masked.trim();
        if masked.is_empty() || masked == last {
            continue;
        }
        text.push_str(masked);
        text.push('\n');
        masked.clone_into(&mut last);
    }
    text
}

fn head(line: &str) -> &str {
    &line[..line.floor_char_boundary(MAX_LINE_BYTES)]
}

fn placeholder(found: &Captures<'_>) -> String {
    let whole = &found[0];
    if let Some(path) = found.name("path") {
        return mask_path(&found["before"], path.as_str());
    }
    if found.name("url").is_some() {
        return mask_name(whole);
    }
    if !whole.bytes().any(|byte| byte.is_ascii_digit()) {
        return whole.to_owned();
    }
    let group = ["time", "uuid", "ip", "dur", "size"].into_iter().find(|group| found.name(group).is_some());
    format!("<{}>", group.unwrap_or("n"))
}

fn mask_path(before: &str, path: &str) -> String {
    let (directory, name) = path.split_at(path.rfind(['/', '\\']).map_or(0, |at| at + 1));
    let is_temporary = ["/tmp/", "/var/tmp/"].contains(&directory);
    if is_temporary { format!("{before}<tmp>") } else { format!("{before}<dir>{}", mask_name(name)) }
}

fn mask_name(name: &str) -> String {
    let number = |found: &Captures<'_>| {
        let whole = &found[0];
        if whole.bytes().any(|byte| byte.is_ascii_digit()) { "<n>".to_owned() } else { whole.to_owned() }
    };
    VARIABLE_IN_NAME.replace_all(name, number).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_parts_become_placeholders() {
        for (line, masked) in [
            ("2026-11-22T04:11:09.123Z job 42 failed", "<time> job <n> failed"),
            ("[12:01:59] took 1.5s (900 ms), 12.3 MB", "[<time>] took <dur> (<dur>), <size>"),
            ("commit da4b9237bacccdf19c0760cab7aec4a8359010b0", "commit <n>"),
            ("id 79a3edd0-2092-40a2-a04d-dcb46d5ca9ed", "id <uuid>"),
            ("dial tcp 10.0.0.5:5432: refused", "dial tcp <ip>: refused"),
            ("at 0x7ffdeadbeef in defaced", "at <n> in defaced"),
            ("error in /home/u/p/src/main.rs:10:5", "error in <dir>main.rs:<n>:<n>"),
            (r#"File "C:\Users\x\a1.py", line 3"#, r#"File "<dir>a<n>.py", line <n>"#),
            ("open '/tmp/tmpab_x': denied", "open '<tmp>': denied"),
            ("GET https://host.example/pkg/7 -> 404", "GET https://host.example/pkg/<n> -> <n>"),
        ] {
            assert_eq!(mask(line), masked);
        }
    }

    #[test]
    fn what_tells_failures_apart_stays() {
        assert_ne!(mask("No module named 'yaml'"), mask("No module named 'requests'"));
        assert_ne!(mask("open /etc/app/a.toml"), mask("open /etc/app/b.toml"));
        assert_eq!(mask("src/lib/a.rs and/or b"), "src/lib/a.rs and/or b");
    }

    #[test]
    fn a_signature_ignores_place_time_and_repetition() {
        let first = ["\x1b[31mFAILED\x1b[0m 12:00:01 /a/b/t.py", "", "retry 1", "retry 2"];
        let second = ["FAILED 13:30:00 /other/place/t.py", "retry 7"];
        assert_eq!(signature(first), signature(second));
        assert_eq!(signature(second), "FAILED <time> <dir>t.py\nretry <n>\n");
    }

    #[test]
    fn a_huge_line_is_cut() {
        assert!(mask(&"x1".repeat(1 << 20)).len() <= 4 * MAX_LINE_BYTES);
    }
}
