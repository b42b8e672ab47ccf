//! What a killed healer left in the directory is put in order before the command runs.

use std::path::PathBuf;

use selfheal_adapters::local::Leftover;
use selfheal_adapters::local::workspace::{StateDir, Undo};
use selfheal_core::engine::{Outcome, TriedResult};
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::Report;

use super::Refusal;
use super::ending::{Known, end};
use super::inputs::Inputs;
use super::manifest::Manifest;
use crate::say::Voice;

/// Ends what former healers left here, and says so. Each incident is ended by the journal that knows it, so that it stands in the
/// record; only what a journal that was asked doesn't know is taken back by its undo record alone. Incidents that wait for a
/// person are left alone, and so is a fix that was verified.
///
/// # Errors
/// If files here were changed by an incident whose journal can't be asked: whether they are a verified fix, nobody can tell, and
/// nothing is touched. The same where taking them back is held.
pub(super) async fn recover(inputs: &Inputs, voice: &Voice) -> Result<(), Refusal> {
    Manifest::sweep(&inputs.state);
    for incident in left_in(&inputs.state)? {
        match end(inputs, &incident, voice).await {
            Ok(known) => conclude(inputs, &incident, known, voice)?,
            Err(refusal) if has_changed_files(&inputs.state, &incident)? => {
                return Err(untouchable(inputs, &incident, &refusal.message));
            }
            Err(refusal) => voice.note(&format!("{incident} can't be ended in its journal: {}", refusal.message)),
        }
    }
    Ok(())
}

/// The incidents that left something in the state of a directory, ordered by name.
///
/// # Errors
/// If there is an undo record that can't be read.
pub(super) fn left_in(state: &StateDir) -> Result<Vec<IncidentId>, Refusal> {
    let leftovers = Leftover::all(state).map_err(Refusal::usage)?;
    let mut incidents = Manifest::all(state);
    incidents.extend(leftovers.into_iter().map(|leftover| leftover.incident));
    incidents.sort();
    incidents.dedup();
    Ok(incidents)
}

fn conclude(inputs: &Inputs, incident: &IncidentId, known: Known, voice: &Voice) -> Result<(), Refusal> {
    match known {
        Known::Waiting => Ok(()),
        Known::Held if has_changed_files(&inputs.state, incident)? => Err(held(incident)),
        Known::Held => Ok(()),
        Known::Unasked(why) => unasked(inputs, incident, &why, voice),
        Known::Nothing => {
            take_back(inputs, incident, voice)?;
            forget(inputs, incident)
        }
        Known::Settled => {
            forget(inputs, incident)?;
            take_back(inputs, incident, voice)
        }
        Known::Ended(report) => {
            say(incident, &fate(&report), voice);
            if report.outcome().is_none() {
                return Ok(());
            }
            Manifest::remove(&inputs.state, incident);
            take_back(inputs, incident, voice)
        }
    }
}

fn forget(inputs: &Inputs, incident: &IncidentId) -> Result<(), Refusal> {
    Leftover::forget(&inputs.state, incident).map_err(Refusal::usage)?;
    Manifest::remove(&inputs.state, incident);
    Ok(())
}

/// Nobody knows how far it got; only where taking back was begun already is it safe to go on with that.
fn unasked(inputs: &Inputs, incident: &IncidentId, why: &str, voice: &Voice) -> Result<(), Refusal> {
    if !has_changed_files(&inputs.state, incident)? {
        return Ok(());
    }
    let is_known = Manifest::all(&inputs.state).contains(incident);
    match !is_known && Undo::is_left_to_next(&inputs.state).map_err(Refusal::usage)? {
        true => take_back(inputs, incident, voice),
        false => Err(untouchable(inputs, incident, why)),
    }
}

fn untouchable(inputs: &Inputs, incident: &IncidentId, why: &str) -> Refusal {
    Refusal::usage(format!(
        "the heal {incident} changed files here and may not have ended: {why}. Nothing is touched. When its store can be used \
         again: heal resume {incident}, or run again with that --store. If it is lost for good, look at what {} names, and \
         remove that file",
        Undo::record_path(&inputs.state).display()
    ))
}

/// The command would run on half of a fix, and what it says would be about neither.
fn held(incident: &IncidentId) -> Refusal {
    Refusal::usage(format!(
        "the heal {incident} changed files here, and taking them back is held; nothing is touched. `heal switches` tells whether \
         that is a pause. Once nothing holds it: heal resume {incident}"
    ))
}

fn has_changed_files(state: &StateDir, incident: &IncidentId) -> Result<bool, Refusal> {
    let owner = Undo::owner(state).map_err(Refusal::usage)?;
    Ok(owner.is_some_and(|owner| owner == incident.as_str()))
}

/// Takes back what is left of the incident's changes. What somebody changed since is somebody's work now.
fn take_back(inputs: &Inputs, incident: &IncidentId, voice: &Voice) -> Result<(), Refusal> {
    if !has_changed_files(&inputs.state, incident)? {
        return Ok(());
    }
    let Some(recovery) = Undo::recover(&inputs.dir, &inputs.state).map_err(Refusal::usage)? else { return Ok(()) };
    let files: Vec<String> = recovery.restored.iter().map(|path| path.display().to_string()).collect();
    say(incident, &taken_back(&files), voice);
    left_alone(recovery.left_alone, voice);
    Ok(())
}

fn say(incident: &IncidentId, what: &str, voice: &Voice) {
    voice.note(&format!("a former heal ({incident}) was interrupted; {what}"));
}

fn taken_back(files: &[String]) -> String {
    match files.is_empty() {
        true => "there was nothing to take back".to_owned(),
        false => format!("taken back: {}", files.join(", ")),
    }
}

/// What became of an incident that is ended now.
fn fate(report: &Report) -> String {
    let last = report.tried().last();
    match (report.outcome(), last.map(|last| last.result)) {
        (Some(Outcome::Healed | Outcome::PassedOnRerun), _) => {
            "its fix had been verified and stays; that it healed is recorded now".to_owned()
        }
        (_, Some(TriedResult::RolledBack)) => taken_back(&changed(report)),
        (_, Some(TriedResult::Stuck)) => "its fix could not be taken back entirely".to_owned(),
        (None, _) => "its escalation waits for somebody to receive it".to_owned(),
        _ => "it had not changed anything, and is closed".to_owned(),
    }
}

fn changed(report: &Report) -> Vec<String> {
    let previews = report.tried().last().into_iter().flat_map(|tried| tried.proposal.previews.iter());
    previews.flat_map(|preview| &preview.changes).map(|change| change.what.clone()).collect()
}

fn left_alone(files: Vec<(PathBuf, Option<PathBuf>)>, voice: &Voice) {
    for (path, saved) in files {
        let path = path.display();
        voice.note(&match saved {
            Some(saved) => format!(
                "{path} was changed since and is left alone; before the fix it held what is in {}",
                saved.display()
            ),
            None => format!("{path} was changed since and is left alone; before the fix it did not exist"),
        });
    }
}
