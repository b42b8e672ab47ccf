//! What rules are asked about: one step of a plan, reduced to what a rule may read.

use std::borrow::Cow;

use selfheal_core::action::{Reversibility, Value};
use selfheal_core::ports::{PolicyQuestion, RehearsalEvidence};

use super::document::GivenDocument;

/// One step. Nothing in it comes from evidence.
#[derive(Debug, Clone)]
pub(crate) struct Subject<'a> {
    pub(crate) kind: &'a str,
    pub(crate) environment: &'a str,
    /// What the preview changes; where it changes nothing that has a path, the resource.
    pub(crate) targets: Vec<Cow<'a, str>>,
    /// Text parameters and the lines that the preview adds.
    pub(crate) texts: Vec<&'a str>,
    pub(crate) rehearsed: bool,
    pub(crate) reversibility: Reversibility,
}

impl<'a> Subject<'a> {
    /// The step with this index; `None` if the question has no spec or preview for it, about which nothing can be
    /// allowed.
    pub(crate) fn of(question: &PolicyQuestion<'a>, step: usize) -> Option<Self> {
        let action = &question.plan.steps.get(step)?.action;
        let (spec, preview) = (question.specs.get(step)?, question.previews.get(step)?);
        let paths = ["path", "manifest"].into_iter().filter_map(|name| action.text(name));
        let changed = preview.changes.iter().map(|change| change.what.as_str());
        let mut targets: Vec<Cow<'a, str>> = changed.chain(paths).map(normalised).collect();
        if targets.is_empty() {
            targets.push(Cow::Borrowed(action.target().name.as_ref()));
        }
        let parameters = action.parameters().values().filter_map(|parameter| match &parameter.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let added = preview.changes.iter().flat_map(|change| change.diff.lines()).filter_map(added_line);
        Some(Self {
            kind: action.kind().as_str(),
            environment: question.incident.environment.as_str(),
            texts: parameters.chain(added).collect(),
            rehearsed: rehearsed(question.rehearsal, preview.changes.is_empty()),
            reversibility: spec.reversibility.max(preview.reversibility),
            targets,
        })
    }

    /// The case of an example.
    pub(crate) fn of_example(given: &'a GivenDocument) -> Self {
        let target = given.target.as_deref().map_or(Cow::Borrowed("pipeline"), normalised);
        Self {
            kind: &given.kind,
            environment: &given.environment,
            targets: vec![target],
            texts: given.text.as_deref().into_iter().collect(),
            rehearsed: given.rehearsed,
            reversibility: given.reversibility,
        }
    }

    /// The same step, as it will stand once its rehearsal succeeded.
    pub(crate) fn once_rehearsed(&self) -> Self {
        Self { rehearsed: true, ..self.clone() }
    }
}

/// A change without files is rehearsed by the run in place that decides about it.
fn rehearsed(evidence: RehearsalEvidence, changes_nothing: bool) -> bool {
    match evidence {
        RehearsalEvidence::Verified => true,
        RehearsalEvidence::InPlace => changes_nothing,
        RehearsalEvidence::Pending | RehearsalEvidence::Unsupported => false,
    }
}

/// One spelling per path: `./a\b//c` is `a/b/c`. What climbs keeps its `..`, for rules to see.
fn normalised(path: &str) -> Cow<'_, str> {
    let plain = !path.contains('\\') && !path.contains("//") && !path.contains("./");
    if plain {
        return Cow::Borrowed(path);
    }
    let path = path.replace('\\', "/");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    Cow::Owned(format!("{root}{}", parts.join("/")))
}

fn added_line(line: &str) -> Option<&str> {
    line.strip_prefix('+').filter(|_| !line.starts_with("+++ "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_path_are_one_and_climbing_shows() {
        for (spelt, path) in [
            ("./a//b", "a/b"),
            (".git\\hooks", ".git/hooks"),
            ("a/../b", "a/../b"),
            ("/etc/./x", "/etc/x"),
            ("a/./.git", "a/.git"),
        ] {
            assert_eq!(normalised(spelt), path);
        }
    }

    #[test]
    fn a_run_in_place_rehearses_only_what_changes_no_file() {
        assert!(rehearsed(RehearsalEvidence::InPlace, true));
        assert!(!rehearsed(RehearsalEvidence::InPlace, false));
        assert!(!rehearsed(RehearsalEvidence::Unsupported, true));
    }
}
