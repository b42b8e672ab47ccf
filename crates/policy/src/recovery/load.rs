//! Reading files that hold either kind of document.

use std::borrow::Cow;

use super::document::{HealingDocument, RecoveryDocument, Shape};
use crate::error::LoadError;
use crate::yaml;

/// What one file holds.
#[derive(Debug)]
pub(crate) enum Read {
    Recovery(Vec<RecoveryDocument>),
    Healing(Vec<HealingDocument>),
}

pub(crate) fn read(file: &str, text: &str) -> Result<Read, LoadError> {
    let text = joined(text);
    let shapes: Vec<Shape> = yaml::parse_stream(file, &text)?;
    match shapes.first() {
        Some(Shape::Recovery { .. }) => yaml::parse_stream(file, &text).map(Read::Recovery),
        Some(Shape::Healing { .. }) => yaml::parse_stream(file, &text).map(Read::Healing),
        Some(Shape::Several(_)) => match yaml::parse::<Vec<HealingDocument>>(file, &text)? {
            none if none.is_empty() => Err(LoadError::whole(file, "expected at least one healing policy, found none")),
            several => Ok(Read::Healing(several)),
        },
        Some(Shape::Other(_)) | None => {
            let problem = "expected recovery policies (with 'apiVersion' and 'kind') or healing policies \
                           (with 'resource_kind' and 'issue_type')";
            Err(LoadError::whole(file, problem))
        }
    }
}

/// Whether a text has the shape of either kind.
pub(crate) fn shaped(file: &str, text: &str) -> Result<(), LoadError> {
    match yaml::parse_stream::<Shape>(file, &joined(text))?.first() {
        Some(Shape::Recovery { .. } | Shape::Healing { .. } | Shape::Several(_)) => Ok(()),
        Some(Shape::Other(_)) | None => Err(LoadError::whole(file, "expected recovery policies or healing policies")),
    }
}

/// An object on each line becomes an array on the same lines, so that complaints name the right one.
fn joined(text: &str) -> Cow<'_, str> {
    let filled = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let objects = filled().count() > 1 && filled().all(|line| line.starts_with('{') && line.ends_with('}'));
    if !objects {
        return Cow::Borrowed(text);
    }
    let last = text.trim_end();
    let mut lines: Vec<String> = Vec::new();
    let mut begun = false;
    for line in last.lines() {
        let before = match (begun, line.trim().is_empty()) {
            (_, true) => "",
            (false, false) => "[",
            (true, false) => ",",
        };
        begun |= !line.trim().is_empty();
        lines.push(format!("{before}{line}"));
    }
    Cow::Owned(lines.join("\n") + "]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_on_each_line_is_an_array_on_the_same_lines() {
        assert_eq!(joined("{\"a\":1}\n\n{\"b\":2}\n"), "[{\"a\":1}\n\n,{\"b\":2}]");
        let pretty = "{\n  \"a\": {}\n}\n";
        assert_eq!(joined(pretty), pretty);
        assert_eq!(joined("{\"a\":1}\n"), "{\"a\":1}\n");
    }
}
