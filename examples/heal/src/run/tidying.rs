//! What closed incidents left in the private state of directories goes: a healer that was killed right after the end could
//! not remove it.

use std::path::Path;

use selfheal_adapters::local::Leftover;
use selfheal_adapters::local::workspace::{DirectoryLock, StateDir};
use selfheal_core::engine::Phase;
use selfheal_core::incident::IncidentId;

use super::ending::state_of;
use super::manifest::Manifest;
use super::recovery::left_in;
use super::user_state;
use crate::store::Store;

/// Tidies every directory whose state lies in `states`. What can't be tidied now is tidied another time.
pub(super) async fn tidy(store: &Store, states: &Path) {
    for entry in std::fs::read_dir(states).into_iter().flatten().flatten() {
        let Some(dir) = Manifest::directory_of(&entry.path()) else { continue };
        let Ok(state) = StateDir::of(&dir, user_state().as_deref()) else { continue };
        if state.path() == entry.path() {
            tidy_one(store, &dir, &state).await;
        }
    }
}

async fn tidy_one(store: &Store, dir: &Path, state: &StateDir) {
    let holder = format!("process {}: tidying up", std::process::id());
    let Ok(_lock) = DirectoryLock::acquire(dir, state, &holder) else { return };
    Manifest::sweep(state);
    for incident in left_in(state).into_iter().flatten() {
        if is_over(store, state, &incident).await && Leftover::forget(state, &incident).is_ok() {
            Manifest::remove(state, &incident);
        }
    }
}

/// Whether it is closed, or was killed before anything of it was journaled.
async fn is_over(store: &Store, state: &StateDir, incident: &IncidentId) -> bool {
    match state_of(store, incident).await {
        Ok(Some(known)) => matches!(known.phase, Phase::Closed { .. }),
        // One that changed files is taken back by the next run; one of another store is that one's.
        Ok(None) => {
            let manifest = Manifest::read(state, incident).ok().flatten();
            let ours = manifest.is_some_and(|kept| kept.store == *store.identity());
            ours && !Leftover::all(state).into_iter().flatten().any(|left| left.incident == *incident)
        }
        Err(_) => false,
    }
}
