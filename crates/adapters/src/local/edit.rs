//! `edit_file`: replaces exact lines, or refuses.

/// `content` with the lines that begin at `line` (1-based) and read `expected` replaced by `replacement`.
///
/// Line endings of the file are kept. An empty `replacement` removes the lines.
///
/// # Errors
/// Says what stands there instead.
pub(super) fn replace_lines(content: &str, line: usize, expected: &str, replacement: &str) -> Result<String, String> {
    let ending = if content.contains("\r\n") { "\r\n" } else { "\n" };
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
    }
}
