//! Whether what a former process changed is still in place: what a command says of somebody else's files says nothing of the fix.

use std::path::Path;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;

use super::PlannedChanges;
use crate::local::executor::undo_error;
use crate::local::pipeline::{Pipeline, in_doubt};

impl Pipeline {
    /// Refuses to run the command if somebody changed a file since this incident did. In the process that changed it, nobody had
    /// the time.
    pub(in crate::local) fn check_undisturbed(&self, incident: &IncidentId) -> Result<()> {
        if !self.is_resumed() {
            return Ok(());
        }
        let foreign = self.undo(incident, |undo| undo.first_foreign()).map_err(undo_error)?;
        foreign
            .map_or(Ok(()), |path| Err(says_nothing(&path, "was changed by somebody else since the fix was applied")))
    }

    /// Refuses to verify unless all files are as the plan that was previewed last, and the command after it, left them.
    pub(in crate::local) fn check_in_place(&self, incident: &IncidentId) -> Result<()> {
        if !self.is_resumed() {
            return Ok(());
        }
        let changed_no_file = self.session().kept.only_ran_commands();
        let complete = |()| if changed_no_file { Ok(()) } else { self.check_complete(incident) };
        self.check_undisturbed(incident).and_then(complete).map_err(in_doubt)
    }

    fn check_complete(&self, incident: &IncidentId) -> Result<()> {
        let Some(plan) = PlannedChanges::kept(&self.folder(incident))? else {
            return Err(Error::new(ErrorKind::NotFound, "local.verify", "what was kept of the plan is gone"));
        };
        let mut files = plan.changes.iter().flatten().map(|change| change.path.as_path());
        let taken_back = self.undo(incident, |undo| Ok(files.find(|path| !undo.covers(path)))).map_err(undo_error)?;
        taken_back.map_or(Ok(()), |path| Err(says_nothing(path, "was taken back since")))
    }
}

fn says_nothing(path: &Path, how: &str) -> Error {
    let message = format!("{} {how}: what the command does now says nothing of the fix", path.display());
    Error::new(ErrorKind::Conflict, "local.verify", message)
}
