//! Whether a plan that waits could still be carried out as it was previewed.

use std::collections::BTreeSet;

use selfheal_core::action::ActionKind;
use selfheal_core::plan::{Fence, Preview, Step};

use super::command_run::is_program_as_seen;
use super::pipeline::Pipeline;
use super::steps::LocalStep;
use super::workspace::FileState;

impl Pipeline {
    /// Whether the files that `steps` change, and the variables that they give, are still as their `previews` saw them. Of a
    /// pipeline that was [resumed](Self::resumed) for their incident; what can't be told any more isn't.
    #[must_use]
    pub fn is_as_seen(&self, steps: &[Step], previews: &[Preview]) -> bool {
        let mut files = BTreeSet::new();
        let mut is_as_seen = |(step, preview): (&Step, &Preview)| match LocalStep::of(&step.action) {
            _ if *step.action.kind() == ActionKind::RUN_COMMAND => preview.fences.iter().all(is_program_as_seen),
            Ok(LocalStep::SetEnvironment { name, source }) => {
                self.unchanged_variable(&name, &source, preview.fences.first()).is_ok()
            }
            // Of a file that several steps change, the first one saw what is there.
            Ok(_) => {
                preview.fences.iter().all(|fence| !files.insert(fence.what.clone()) || self.is_file_as_seen(fence))
            }
            Err(_) => false,
        };
        steps.len() == previews.len() && steps.iter().zip(previews).all(&mut is_as_seen)
    }

    fn is_file_as_seen(&self, fence: &Fence) -> bool {
        let now = FileState::read(&self.config().dir.join(&fence.what));
        now.is_ok_and(|now| now.map(|state| state.hash().as_str().to_owned()) == fence.version)
    }
}
