//! Which incidents left something of theirs in the state of a directory.

use selfheal_core::error::Result;
use selfheal_core::incident::IncidentId;

use super::super::executor::undo_error;
use super::super::workspace::{StateDir, Undo};
use super::IncidentFolder;

/// An incident that has not been settled: its process was killed, or it waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Which one.
    pub incident: IncidentId,
    /// Whether files of the directory may still be as it changed them.
    pub changed_files: bool,
}

impl Leftover {
    /// All of them, ordered by name. Whether one is still open, only the journal can tell: if so another process can go on
    /// with it, and if it has ended what it left [may go](Self::forget). What no journal knows is
    /// [taken back](Undo::recover).
    ///
    /// # Errors
    /// If there is an undo record that can't be read.
    pub fn all(state: &StateDir) -> Result<Vec<Self>> {
        let owner = Undo::owner(state).map_err(undo_error)?.map(|owner| IncidentId::new(&owner));
        let mut incidents: Vec<IncidentId> =
            IncidentFolder::sessions(state).into_iter().map(|session| session.incident).chain(owner.clone()).collect();
        incidents.sort();
        incidents.dedup();
        let with_files = |incident| Self { changed_files: owner.as_ref() == Some(&incident), incident };
        Ok(incidents.into_iter().map(with_files).collect())
    }

    /// Removes what `incident` left: nothing of it will be taken back any more, unless taking back was tried and could not be
    /// finished. May be called again, and by any process that holds the directory's lock.
    ///
    /// # Errors
    /// If something can't be removed.
    pub fn forget(state: &StateDir, incident: &IncidentId) -> Result<()> {
        Undo::forget(state, incident.as_str()).map_err(undo_error)?;
        IncidentFolder::of(state, incident).remove()
    }
}
