//! Edits that the analyst suggests: only of lines that were looked up and read so.

use super::super::legible::visible;
use super::answer::EditAnswer;
use super::looking::LookedUp;
use crate::action::MAX_TEXT_PARAMETER_BYTES;
use crate::diagnosis::SuggestedEdit;
use crate::evidence::Untrusted;

/// The tool that reads lines of a source file. It is asked by `path` and `line`, and answers each line after its number and `| `.
pub(super) const SOURCE: &str = "source";

/// Most lines of either side.
const MOST_LINES: usize = 60;

/// The edit, if the lines that it replaces are what was looked up.
///
/// # Errors
/// Says what is wrong with it, for the model.
pub(super) fn checked(edit: EditAnswer, looked_up: &[LookedUp]) -> Result<SuggestedEdit, String> {
    let EditAnswer { path, line, expected, replacement } = edit;
    let sides = [&expected, &replacement];
    if sides.iter().any(|side| side.len() > MAX_TEXT_PARAMETER_BYTES || side.lines().count() > MOST_LINES) {
        return Err(format!("the edit is larger than {MOST_LINES} lines or {MAX_TEXT_PARAMETER_BYTES} bytes"));
    }
    if expected == replacement {
        return Err("the edit changes nothing".to_owned());
    }
    if replacement.lines().any(hides) {
        return Err("the edit's replacement has characters that nobody would see, or a redacted secret".to_owned());
    }
    let pages = looked_up.iter().filter(|page| page.tool == SOURCE && page.arguments.get("path") == Some(&path));
    if !pages.into_iter().any(|page| page.reads(line, &expected)) {
        return Err(format!("the edit's expected lines are not what was looked up at line {line} of that path"));
    }
    let text = Untrusted::new;
    Ok(SuggestedEdit { path: text(path), line, expected: text(expected), replacement: text(replacement) })
}

fn hides(line: &str) -> bool {
    let spaces = line.replace('\t', " ");
    visible(&spaces) != spaces || line.contains("<secret:")
}

impl LookedUp {
    /// Whether the page has exactly `expected` from `line` on.
    fn reads(&self, line: u64, expected: &str) -> bool {
        let Some(evidence) = &self.evidence else { return false };
        let has = |(offset, wanted): (usize, &str)| {
            let number = line.saturating_add(offset as u64).to_string();
            evidence.lines().any(|(_, shown)| text_of(shown, &number) == Some(wanted))
        };
        !expected.is_empty() && expected.lines().enumerate().all(has)
    }
}

/// What stands after `number| `, if that is the line's number.
fn text_of<'a>(shown: &'a str, number: &str) -> Option<&'a str> {
    let (before, text) = shown.split_once('|')?;
    (before.trim() == number).then(|| text.strip_prefix(' ').unwrap_or(text))
}
