//! The file changes of the plan that was previewed last: in memory, and kept for another process.

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::Preview;

use super::leg::Leg;
use super::preview::material_hash;
use crate::local::kept::{IncidentFolder, PlannedChanges};
use crate::local::workspace::FileChange;

/// The plan that was previewed last, and of which incident.
#[derive(Default)]
pub(super) struct Planned(Option<(IncidentId, PlannedChanges)>);

impl Planned {
    /// Keeps `plan` in `folder`, so that it can be carried out after this process, and in memory.
    pub(super) fn keep(&mut self, incident: &IncidentId, plan: PlannedChanges, folder: &IncidentFolder) -> Result<()> {
        self.0 = None;
        plan.keep(folder)?;
        self.0 = Some((incident.clone(), plan));
        Ok(())
    }

    /// Loads what another process kept in `folder`, unless it is known already.
    pub(super) fn load(&mut self, incident: &IncidentId, folder: &IncidentFolder) -> Result<()> {
        if self.0.as_ref().is_none_or(|(owner, _)| owner != incident) {
            self.0 = PlannedChanges::kept(folder)?.map(|plan| (incident.clone(), plan));
        }
        Ok(())
    }

    /// The changes of step `index`, exactly as they were previewed.
    pub(super) fn changes(&self, leg: &Leg, index: usize) -> Result<&[FileChange]> {
        let unknown = || Error::new(ErrorKind::Invalid, "executor", "this plan was not previewed by this executor");
        let known = self.0.as_ref().filter(|(incident, plan)| *incident == leg.incident && plan.steps == leg.steps);
        let changes = known.and_then(|(_, plan)| plan.changes.get(index)).ok_or_else(unknown)?;
        match leg.previews.get(index).is_some_and(|preview| is_of(preview, changes)) {
            true => Ok(changes),
            false => Err(Error::new(
                ErrorKind::Conflict,
                "executor",
                "the changes at hand are not those that were previewed: what was kept of the plan was altered",
            )),
        }
    }

    /// The changes of all steps.
    pub(super) fn all(&self, leg: &Leg) -> Result<Vec<FileChange>> {
        let each = (0..leg.steps.len()).map(|index| self.changes(leg, index));
        Ok(each.collect::<Result<Vec<_>>>()?.concat())
    }

    /// As a patch: raw, not redacted.
    pub(super) fn patch(&self) -> String {
        self.0.iter().flat_map(|(_, plan)| &plan.changes).flatten().map(FileChange::diff).collect()
    }
}

fn is_of(preview: &Preview, changes: &[FileChange]) -> bool {
    preview.undo_hash == material_hash(changes)
}
