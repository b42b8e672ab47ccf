//! YAML with budgets: the one door through which documents enter.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::localizer::Localizer;
use serde_saphyr::{Error, Location, MessageFormatter, Options, RenderOptions, SnippetMode, UserMessageFormatter};

use crate::error::LoadError;
use crate::limits;

/// Parses one document. Aliases and merge keys are off: a policy that is reviewed should say what it
/// means where it stands, and without them a document can't grow while it is read.
pub(crate) fn parse<T: DeserializeOwned>(document: &str, text: &str) -> Result<T, LoadError> {
    within_bounds(document, text)?;
    serde_saphyr::from_str_with_options(text, options(1)).map_err(|error| refused(document, &error))
}

/// Parses every document of a stream; those that are empty are left out.
pub(crate) fn parse_stream<T: DeserializeOwned>(document: &str, text: &str) -> Result<Vec<T>, LoadError> {
    within_bounds(document, text)?;
    let several = options(limits::DOCUMENTS);
    serde_saphyr::from_multiple_with_options(text, several).map_err(|error| refused(document, &error))
}

fn within_bounds(document: &str, text: &str) -> Result<(), LoadError> {
    if text.len() <= limits::DOCUMENT_BYTES {
        return Ok(());
    }
    let problem = format!("expected at most {} bytes, found {}", limits::DOCUMENT_BYTES, text.len());
    Err(LoadError::whole(document, problem))
}

/// Reads and parses a file.
pub(crate) fn parse_file<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let text = read_bounded(path, limits::DOCUMENT_BYTES as u64)?;
    parse(&path.display().to_string(), &text)
}

/// Reads a file of at most `limit` bytes; a longer one is refused, never cut.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<String, LoadError> {
    let name = || path.display().to_string();
    let unreadable = |error: std::io::Error| LoadError::whole(name(), error);
    let file = File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(limit + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > limit {
        return Err(LoadError::whole(name(), format!("expected at most {limit} bytes")));
    }
    Ok(text)
}

fn options(documents: usize) -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        merge_keys: serde_saphyr::MergeKeyPolicy::Error,
        budget: serde_saphyr::budget! {
            max_depth: limits::DOCUMENT_DEPTH,
            max_nodes: limits::DOCUMENT_NODES,
            max_events: limits::DOCUMENT_NODES * 4,
            max_documents: documents,
            max_aliases: 0,
            max_anchors: 0,
        },
    }
}

fn refused(document: &str, error: &Error) -> LoadError {
    let mut render = RenderOptions::new(&Expectation);
    render.snippets = SnippetMode::Off;
    let problem = error.render_with_options(render);
    match error.location() {
        Some(location) => LoadError::located(document, location, problem),
        None => LoadError::whole(document, problem),
    }
}

/// Says what was expected; where is said by [`LoadError`], in the form that editors jump to.
struct Expectation;

impl MessageFormatter for Expectation {
    fn localizer(&self) -> &dyn Localizer {
        self
    }

    fn format_message<'a>(&self, error: &'a Error) -> Cow<'a, str> {
        match error {
            Error::InvalidScalar { ty, .. } => Cow::Owned(format!("expected {}", in_words(ty))),
            other => UserMessageFormatter.format_message(other),
        }
    }
}

impl Localizer for Expectation {
    fn attach_location<'a>(&self, base: Cow<'a, str>, _: Location) -> Cow<'a, str> {
        base
    }
}

fn in_words(scalar: &str) -> String {
    match scalar {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        other => format!("a value of type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Document {
        version: u32,
        strict: bool,
    }

    #[test]
    fn a_value_of_the_wrong_type_is_told_what_was_expected_and_where_once() {
        let problem = |text: &str| parse::<Document>("x.yaml", text).unwrap_err().to_string();
        assert_eq!(problem("version: one\nstrict: true\n"), "x.yaml:1:10: expected a whole number, 0 or more");
        assert_eq!(problem("version: 1\nstrict: maybe\n"), "x.yaml:2:9: invalid boolean (true or false expected)");
    }
}
