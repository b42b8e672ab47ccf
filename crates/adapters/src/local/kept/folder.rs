//! The private folder of one incident.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;

use super::super::workspace::{ContentHash, StateDir, private};
use super::session::KeptSession;

const INCIDENTS: &str = "incidents";
const SESSION: &str = "session.json";
const PLAN: &str = "plan";

/// Most incidents of one directory of which something is kept; past that the one that was worked on longest ago goes, and
/// can then only be told to a person.
const MAX_INCIDENTS: usize = 32;

/// Largest session that is read, in bytes; most of it is the evidence of the last run, whose bound is far below.
const MAX_SESSION_BYTES: u64 = 16 << 20;

/// Largest plan that is kept, in bytes: the former and the new content of all files that it changes.
pub(super) const MAX_PLAN_BYTES: u64 = 512 << 20;

/// The private folder of one incident in the state of a directory.
#[derive(Debug, Clone)]
pub(in crate::local) struct IncidentFolder(PathBuf);

impl IncidentFolder {
    pub(in crate::local) fn of(state: &StateDir, incident: &IncidentId) -> Self {
        // An incident's name is the host's and may hold anything.
        let name = ContentHash::of(incident.as_str().as_bytes());
        Self(state.path().join(INCIDENTS).join(&name.as_str()[..32]))
    }

    /// The sessions of all incidents of which something is kept; what can't be read is left out.
    pub(super) fn sessions(state: &StateDir) -> Vec<KeptSession> {
        let mut folders: Vec<PathBuf> = entries(&state.path().join(INCIDENTS)).collect();
        folders.sort();
        folders.into_iter().filter_map(|folder| Self(folder).session().ok().flatten()).collect()
    }

    /// What was kept of the session, if it was.
    pub(in crate::local) fn session(&self) -> Result<Option<KeptSession>> {
        let path = self.0.join(SESSION);
        let text = private::read(&path, MAX_SESSION_BYTES).map_err(|error| failed("read", &path, &error))?;
        text.map(|text| KeptSession::read(&text, &path)).transpose()
    }

    pub(in crate::local) fn keep_session(&self, session: &KeptSession) -> Result<()> {
        let text = serde_json::to_vec(session).map_err(|error| failed("write", &self.0, &error.into()))?;
        self.write(SESSION, &[&text])?;
        failpoint::hit("kept.session_written");
        Ok(())
    }

    /// Notes that files are about to change under what the last run saw. A session that can't be read answers nobody anyway.
    pub(in crate::local) fn outdate_run(&self) -> Result<()> {
        let Ok(Some(mut session)) = self.session() else { return Ok(()) };
        if session.outdate_run() { self.keep_session(&session) } else { Ok(()) }
    }

    /// The plan as it was kept, if it was.
    pub(super) fn plan(&self) -> Result<Option<Vec<u8>>> {
        let path = self.0.join(PLAN);
        private::read(&path, MAX_PLAN_BYTES).map_err(|error| failed("read", &path, &error))
    }

    /// Keeps `parts`, one after the other, as the plan; there is no former one any more.
    pub(super) fn keep_plan(&self, parts: &[&[u8]]) -> Result<()> {
        self.write(PLAN, parts)?;
        failpoint::hit("kept.plan_written");
        Ok(())
    }

    /// Removes all of it; it may be gone already.
    pub(in crate::local) fn remove(&self) -> Result<()> {
        private::remove(&self.0.join(PLAN)).map_err(|error| failed("remove", &self.0, &error))?;
        failpoint::hit("kept.plan_removed");
        private::remove(&self.0).map_err(|error| failed("remove", &self.0, &error))?;
        failpoint::hit("kept.session_removed");
        Ok(())
    }

    fn write(&self, name: &str, parts: &[&[u8]]) -> Result<()> {
        if !self.0.is_dir() {
            self.make_room();
        }
        private::write(&self.0, name, parts).map_err(|error| failed("write", &self.0.join(name), &error))
    }

    fn make_room(&self) {
        let changed =
            |path: &PathBuf| fs::metadata(path).and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut others: Vec<PathBuf> = self.0.parent().map(entries).into_iter().flatten().collect();
        others.sort_by_cached_key(changed);
        let surplus = (others.len() + 1).saturating_sub(MAX_INCIDENTS);
        // One that can't be removed takes space and nothing else.
        others.iter().take(surplus).for_each(|folder| drop(private::remove(folder)));
    }
}

fn entries(dir: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    let message = format!("cannot {what} what is kept of the incident: {error}");
    Error::new(ErrorKind::Unavailable, "local.keep", message).with_context("path", path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_incidents_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::of(root.path(), Some(&root.path().join("state"))).unwrap();
        for number in 0..MAX_INCIDENTS + 3 {
            let incident = IncidentId::new(&format!("../inc {number}"));
            IncidentFolder::of(&state, &incident).keep_session(&KeptSession::new(&incident)).unwrap();
        }
        assert_eq!(IncidentFolder::sessions(&state).len(), MAX_INCIDENTS);
    }
}
