//! Private keys of which a diff shows a part: neither their beginning nor their end need be among the lines around a change.

/// Shortest line of a key that is told by itself. PEM writes 64 characters a line, OpenSSH 70, PGP 64 (RFC 7468, RFC 9580).
const LINE_CHARS: usize = 44;

/// git cuts the line that it shows behind a hunk's numbers to 80 bytes; half a secret isn't recognised any more.
const HEADING_BYTES: usize = 76;

/// What stands for such a line.
const HIDDEN: &str = "<secret:private-key>";

/// A file's changes without the lines of a key.
pub(super) fn hidden(changes: &str) -> String {
    let lines: Vec<&str> = changes.split('\n').map(without_cut_heading).collect();
    let of_key: Vec<bool> = lines.iter().map(|line| is_full(line) || line.contains(" PRIVATE KEY")).collect();
    let beside = |at: usize| at > 0 && of_key[at - 1] || of_key.get(at + 1).is_some_and(|next| *next);
    let shown = lines.iter().enumerate().map(|(at, line)| match is_full(line) || beside(at) && is_rest(line) {
        true => format!("{}{HIDDEN}", line.get(..1).unwrap_or_default()),
        false => (*line).to_owned(),
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// A hunk's line numbers, without the line before it if that is cut, or of a key.
fn without_cut_heading(line: &str) -> &str {
    let Some((numbers, heading)) = line.strip_prefix("@@ -").and_then(|rest| rest.split_once(" @@ ")) else {
        return line;
    };
    let plain = heading.len() < HEADING_BYTES && !is_full(heading);
    if plain { line } else { &line[.."@@ -".len() + numbers.len() + " @@".len()] }
}

/// Whether it is all base64, and long enough for nothing else.
fn is_full(line: &str) -> bool {
    let text = body(line);
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    text.len() >= LINE_CHARS && mixed && is_base64(text)
}

/// Whether it may be the last line of a key, which is shorter.
fn is_rest(line: &str) -> bool {
    let text = body(line);
    !text.is_empty() && is_base64(text)
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// The line without the mark of a diff, and without what writes it as a text of several lines.
fn body(line: &str) -> &str {
    let text = line.strip_prefix(['+', '-', ' ']).unwrap_or(line).trim();
    let text = text.trim_end_matches([',', ';', '\\', ')']).trim_end_matches(" +").trim_matches(['"', '\'', '`']);
    text.strip_suffix("\\n").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "MIIEpAIBAAKCAQEA1c7z9z5Pad7OejecsQ0bu3aumQ0nT9mJ2rYyMTUxNjE3OTk0";

    #[test]
    fn a_part_of_a_key_is_hidden_however_it_is_written() {
        let written = [
            format!(" {FULL}\n-{FULL}\n+{FULL}\n last0+/=\n -----END RSA PRIVATE KEY-----\n x = 1\n"),
            format!("     {FULL}\n+    {FULL}\n\u{3000}{FULL}\n"),
            format!(" \"{FULL}\\n\"\n+\"{FULL}\\n\" +\n '{FULL}',\n"),
            " last0aB=\n -----END PRIVATE KEY-----\n+x = 1\n".to_owned(),
        ];
        for changes in written {
            let shown = hidden(&changes);
            assert!(!shown.contains("MIIE") && !shown.contains("last0"), "{shown}");
            assert_eq!(shown.lines().count(), changes.lines().count());
            assert!(!changes.contains("x = 1") || shown.contains("x = 1"), "{shown}");
        }
    }

    #[test]
    fn the_line_before_a_hunk_is_shown_if_it_is_whole_and_of_no_key() {
        let hunk = |heading: &str| hidden(&format!("@@ -19,7 +19,6 @@ {heading}\n-a\n"));
        assert_eq!(hunk("fn main() {"), "@@ -19,7 +19,6 @@ fn main() {\n-a\n");
        assert_eq!(hunk(FULL), "@@ -19,7 +19,6 @@\n-a\n");
        assert_eq!(hunk(&"token ".repeat(13)), "@@ -19,7 +19,6 @@\n-a\n");
    }

    #[test]
    fn what_is_no_key_stays() {
        let changes = format!(
            "diff --git a/src/a.rs b/src/a.rs\n@@ -1 +1 @@\n-let a = \"{FULL}\";\n+//////////////////////////////////////////////////\n \
             test_that_a_name_may_be_as_long_as_anybody_likes_it()\n+da4b9237bacccdf19c0760cab7aec4a8359010b0\n+end\n"
        );
        assert_eq!(hidden(&changes), changes);
    }
}
