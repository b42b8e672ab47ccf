//! What rules are asked about: a plan, reduced to what a rule may read. Nothing in it comes from evidence.

use std::borrow::Cow;
use std::cell::OnceCell;

use selfheal_core::action::{ActionKind, Parameters, Reversibility, RiskTier, Value};
use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::plan::{BlastRadius, Preview};
use selfheal_core::ports::{Activity, PolicyQuestion, RehearsalEvidence, Site};
use selfheal_core::resource::ResourceRef;
use selfheal_core::time::Timestamp;

use super::measure;

/// A plan and its circumstances.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) environment: &'a str,
    pub(crate) severity: Severity,
    pub(crate) site: &'a Site,
    pub(crate) facts: &'a Facts,
    pub(crate) at: Timestamp,
    /// What the assurance is at least, 0 to 1.
    pub(crate) confidence: f64,
    pub(crate) activity: &'a Activity,
    pub(crate) steps: Vec<Step<'a>>,
    /// Whether it is asked before the rehearsal, what would be said after it.
    pub(crate) pending: bool,
    pub(crate) reach: OnceCell<BlastRadius>,
}

/// One step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) kind: &'a ActionKind,
    pub(crate) target: &'a ResourceRef,
    pub(crate) parameters: &'a Parameters,
    pub(crate) risk: RiskTier,
    /// The worse of what the kind promises and what the preview says.
    pub(crate) reversibility: Reversibility,
    pub(crate) preview: &'a Preview,
    pub(crate) rehearsed: bool,
}

impl<'a> Case<'a> {
    /// `Err` with the first step that has no spec or preview, about which nothing can be allowed.
    pub(crate) fn of(question: &PolicyQuestion<'a>) -> Result<Self, usize> {
        let step = |index: usize| {
            let action = &question.plan.steps.get(index)?.action;
            let (spec, preview) = (question.specs.get(index)?, question.previews.get(index)?);
            Some(Step {
                kind: action.kind(),
                target: action.target(),
                parameters: action.parameters(),
                risk: spec.risk,
                reversibility: spec.reversibility.max(preview.reversibility),
                preview,
                rehearsed: rehearsed(question.rehearsal, preview.changes.is_empty()),
            })
        };
        let steps = (0..question.plan.steps.len()).map(|index| step(index).ok_or(index));
        Ok(Self {
            steps: steps.collect::<Result<_, _>>()?,
            environment: question.incident.environment.as_str(),
            severity: question.incident.severity,
            site: question.site,
            facts: &question.incident.facts,
            at: question.at,
            confidence: question.assurance.lower.value(),
            activity: question.activity,
            pending: question.rehearsal == RehearsalEvidence::Pending,
            reach: OnceCell::new(),
        })
    }

    /// How far the whole plan reaches: a change is not made smaller by cutting it into steps.
    pub(crate) fn reach(&self) -> &BlastRadius {
        self.reach.get_or_init(|| measure::plan(self.steps.iter().map(|step| (step.target, step.preview))))
    }
}

impl<'a> Step<'a> {
    /// Calls `each` with what the step changes, as normal paths; where it changes nothing that has a path, with the
    /// resource's name.
    pub(crate) fn targets(&self, mut each: impl FnMut(&str)) {
        let mut any = false;
        let paths = ["path", "manifest"].into_iter().filter_map(|name| self.text(name));
        for path in self.preview.changes.iter().map(|change| change.what.as_str()).chain(paths) {
            any = true;
            each(&normalised(path));
        }
        if !any {
            each(&self.target.name);
        }
    }

    /// Text parameters, and the lines that the preview adds.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'a str> {
        let parameters = self.parameters.values().filter_map(|parameter| match &parameter.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let lines = self.preview.changes.iter().flat_map(|change| change.diff.lines());
        // The header of a diff is read too: a line that looks like one may be what is added.
        parameters.chain(lines.filter_map(|line| line.strip_prefix('+')))
    }

    /// Whether it changes content that nobody can read: of such a text nothing can be said.
    pub(crate) fn hides_text(&self) -> bool {
        self.preview.changes.iter().any(measure::is_opaque)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        match &self.parameters.get(name)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
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
    let mut before = b' ';
    let plain = path.bytes().all(|byte| {
        let odd = byte == b'\\' || (byte == b'/' && (before == b'/' || before == b'.'));
        before = byte;
        !odd
    });
    if plain && !path.ends_with("/.") {
        return Cow::Borrowed(path);
    }
    let path = path.replace('\\', "/");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    Cow::Owned(format!("{root}{}", parts.join("/")))
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
            (".git/.", ".git"),
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
