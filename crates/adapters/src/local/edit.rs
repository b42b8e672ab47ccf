//! `edit_file`: replaces exact lines, or refuses.

/// `content` with the lines that begin at `line` (1-based) and read `expected` replaced by `replacement`.
///
/// Line endings of the file are kept. An empty `replacement` removes the lines.
///
/// # Errors
/// Says what stands there instead. Lines that would stay as they are, or show something else than what they say, are no edit.
pub(super) fn replace_lines(content: &str, line: usize, expected: &str, replacement: &str) -> Result<String, String> {
    let ending = if content.contains("\r\n") { "\r\n" } else { "\n" };
    if let Some(hidden) = replacement.chars().find(|c| is_hidden(*c)) {
        return Err(format!("the replacement holds {}, which nobody would see", hidden.escape_unicode()));
    }
    if expected.lines().eq(replacement.lines()) {
        return Err("the replacement changes nothing".to_owned());
    }
    let lines: Vec<&str> = content.split_inclusive('\n').collect();
    let wanted: Vec<&str> = expected.lines().collect();
    let range = line.saturating_sub(1)..line.saturating_sub(1) + wanted.len();
    let found = lines.get(range.clone()).filter(|_| !wanted.is_empty());
    let found = found
        .ok_or_else(|| format!("the file has {} lines, expected {} from line {line}", lines.len(), wanted.len()))?;
    let bare = |text: &str| text.trim_end_matches(['\n', '\r']).to_owned();
    if let Some((offset, _)) = found.iter().zip(&wanted).enumerate().find(|(_, (have, want))| bare(have) != **want) {
        return Err(format!("line {} is not what was expected", line + offset));
    }
    let ends_with_newline = found.last().is_some_and(|last| last.ends_with('\n'));
    let mut inserted = replacement.lines().collect::<Vec<_>>().join(ending);
    if !inserted.is_empty() && ends_with_newline {
        inserted.push_str(ending);
    }
    Ok([&lines[..range.start].concat(), &inserted, &lines[range.end..].concat()]
        .into_iter()
        .map(String::as_str)
        .collect())
}

/// Whether a reader of the patch would not see the character, or see others in another order than they stand: Boucher, Anderson,
/// *Trojan Source: Invisible Vulnerabilities* (USENIX Security 2023).
fn is_hidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let bidirectional =
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
    let invisible =
        matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    control || bidirectional || invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_expected_lines_and_nothing_else() {
        let text = "a\nb\nc\n";
        assert_eq!(replace_lines(text, 2, "b", "B\nBB"), Ok("a\nB\nBB\nc\n".to_owned()));
        assert_eq!(replace_lines(text, 2, "b\nc", ""), Ok("a\n".to_owned()));
        assert_eq!(replace_lines("a\r\nb\r\n", 1, "a", "x"), Ok("x\r\nb\r\n".to_owned()));
        assert_eq!(replace_lines("a\nb", 2, "b", "x"), Ok("a\nx".to_owned()));
    }

    #[test]
    fn refuses_what_is_not_there() {
        assert!(replace_lines("a\nb\n", 2, "a", "x").is_err_and(|error| error.contains("line 2")));
        assert!(replace_lines("a\n", 5, "a", "x").is_err());
        assert!(replace_lines("a\n", 1, "", "x").is_err());
        assert!(replace_lines("a\n", 1, "a", "a").is_err_and(|error| error.contains("changes nothing")));
    }

    #[test]
    fn refuses_what_a_reader_of_the_patch_would_not_see() {
        for hidden in ["x\u{202e}y", "x\u{200b}", "\u{1b}[8mx", "x\0", "x\u{e0041}"] {
            assert!(
                replace_lines("a\n", 1, "a", hidden).is_err_and(|error| error.contains("nobody would see")),
                "{hidden:?}"
            );
        }
        assert!(replace_lines("a\n", 1, "a", "\tgröße = \"日本\"").is_ok());
    }
}
