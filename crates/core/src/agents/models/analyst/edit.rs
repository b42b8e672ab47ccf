//! Edits that the analyst suggests: only of lines that were looked up and read so.

use super::super::legible::visible;
use super::answer::EditAnswer;
use super::looking::LookedUp;
use crate::action::MAX_TEXT_PARAMETER_BYTES;
use crate::diagnosis::SuggestedEdit;
use crate::evidence::Untrusted;
use crate::value_type::ValueType;

/// The tool that reads lines of a source file. It is asked by `path` and `line`. It answers first the path of the file that it found,
/// followed by something in parentheses, and then each line after its number and `| `.
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
    let mut pages = looked_up.iter().filter(|page| page.tool == SOURCE && page.is_named(&path));
    let Some(page) = pages.find(|page| page.reads(line, &expected)) else {
        return Err(format!("the edit's expected lines are not what was looked up at line {line} of that path"));
    };
    let (text, path) = (Untrusted::new, page.found().map_or(path, str::to_owned));
    Ok(SuggestedEdit { path: text(path), line, expected: text(expected), replacement: text(replacement) })
}

fn hides(line: &str) -> bool {
    let spaces = line.replace('\t', " ");
    visible(&spaces) != spaces || line.contains("<secret:")
}

impl LookedUp {
    /// Whether `path` is what it was asked by, or the file that it found.
    fn is_named(&self, path: &str) -> bool {
        self.arguments.get("path").is_some_and(|asked| asked == path) || self.found() == Some(path)
    }

    /// The file that it found. A log names it as a tool saw it: absolute, or from further down.
    fn found(&self) -> Option<&str> {
        let (_, heading) = self.evidence.as_ref()?.lines().next()?;
        let (path, _) = heading.rsplit_once(" (")?;
        ValueType::RelativePath.accepts(path).then_some(path)
    }

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
