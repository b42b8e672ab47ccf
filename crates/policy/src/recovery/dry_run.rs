//! What counts as a dry run that passed.

use selfheal_core::action::Reversibility;
use selfheal_core::ports::{PolicyQuestion, RehearsalEvidence};

/// What the dry run of one step showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DryRun {
    /// All that it can, or there is nothing that it could show.
    Passed,
    /// Nothing yet.
    Ahead,
    /// Nothing, and it won't.
    Missing,
}

impl DryRun {
    /// `None` if the question has no spec or preview for the step.
    pub(crate) fn of(question: &PolicyQuestion<'_>, step: usize) -> Option<Self> {
        let (spec, preview) = (question.specs.get(step)?, question.previews.get(step)?);
        let reversibility = spec.reversibility.max(preview.reversibility);
        if preview.changes.is_empty() && reversibility == Reversibility::NothingToUndo {
            return Some(Self::Passed);
        }
        Some(match question.rehearsal {
            RehearsalEvidence::Verified => Self::Passed,
            RehearsalEvidence::InPlace if preview.changes.is_empty() => Self::Passed,
            RehearsalEvidence::Pending => Self::Ahead,
            RehearsalEvidence::InPlace | RehearsalEvidence::Unsupported => Self::Missing,
        })
    }
}
