//! What a killed healer left in the directory is put in order before the command runs.

use std::path::PathBuf;
use std::sync::Arc;

use selfheal_adapters::local::{Leftover, Pipeline};
use selfheal_adapters::local::workspace::Undo;
use selfheal_core::engine::{Phase, State, TriedResult, replay};
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::Report;
use selfheal_core::ports::{Claim, Lease};

use super::inputs::Inputs;
use super::manifest::Manifest;
use super::{Refusal, wiring};
use crate::cli::RunOptions;
use crate::say::Voice;
use crate::signals::Stop;
use crate::store::{Place, Store};

/// Ends what former healers left here, and says so: through the engine where a journal knows the incident, so that it stands
/// in the record; what no journal knows is taken back by its undo record alone. Incidents that wait for a person are left alone,
/// and so is a fix that was verified.
pub(super) async fn recover(inputs: &Inputs, voice: &Voice) -> Result<(), Refusal> {
    let leftovers = Leftover::all(&inputs.state).map_err(Refusal::usage)?;
    let mut incidents = Manifest::all(&inputs.state);
    incidents.extend(leftovers.into_iter().map(|leftover| leftover.incident));
    incidents.sort();
    incidents.dedup();
    let mut unknown = false;
    for incident in incidents {
        match end(inputs, &incident, voice).await {
            Ok(Known::Ended(report)) => say(incident.as_str(), &restored(&report), voice),
            Ok(Known::Settled | Known::Waiting) => {}
            Ok(Known::No) => unknown = true,
            Err(refusal) => {
                voice.note(&format!("{incident} can't be ended in its journal: {}", refusal.message));
                unknown = true;
            }
        }
    }
    // What could not be taken back because somebody changed it is somebody's work now; the rest of it goes back.
    if unknown || Undo::owner(&inputs.state).map_err(Refusal::usage)?.is_some_and(|owner| !keeps_waiting(inputs, &owner)) {
        recover_files(inputs, voice)?;
    }
    Ok(())
}

/// Whether the incident that the undo record belongs to still waits for its worker.
fn keeps_waiting(inputs: &Inputs, owner: &str) -> bool {
    Manifest::all(&inputs.state).iter().any(|incident| incident.as_str() == owner)
}

fn recover_files(inputs: &Inputs, voice: &Voice) -> Result<(), Refusal> {
    let Some(recovery) = Undo::recover(&inputs.dir, &inputs.state).map_err(Refusal::usage)? else { return Ok(()) };
    let files: Vec<String> = recovery.restored.iter().map(|path| path.display().to_string()).collect();
    say(&recovery.incident, &files, voice);
    left_alone(recovery.left_alone, voice);
    Ok(())
}

fn say(incident: &str, files: &[String], voice: &Voice) {
    let files = if files.is_empty() { "nothing".to_owned() } else { files.join(", ") };
    voice.note(&format!("a former heal ({incident}) was interrupted; taken back: {files}"));
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

/// What a journal knows of an incident that left something here.
enum Known {
    /// Nothing.
    No,
    /// It was closed; what was left of it is removed.
    Settled,
    /// It waits for a person.
    Waiting,
    /// It was left in the middle, and is ended now.
    Ended(Box<Report>),
}

/// Takes over an incident that its worker left, and stops it: what was applied is taken back.
async fn end(inputs: &Inputs, incident: &IncidentId, voice: &Voice) -> Result<Known, Refusal> {
    let manifest = Manifest::read(&inputs.state, incident).map_err(Refusal::usage)?;
    let options = manifest.as_ref().map(|manifest| manifest.options(true));
    let place = match options.as_ref().and_then(|options| options.store.as_ref()) {
        Some(store) => Place::of(Some(store), inputs.state.store())?,
        None => inputs.store.clone(),
    };
    if !place.exists() {
        return Ok(forgotten(inputs, incident));
    }
    let store = place.open(voice).await?;
    let Some(state) = state_of(&store, incident).await? else { return Ok(forgotten(inputs, incident)) };
    if matches!(state.phase, Phase::Closed { .. }) {
        Leftover::forget(&inputs.state, incident).map_err(Refusal::usage)?;
        Manifest::remove(&inputs.state, incident);
        return Ok(Known::Settled);
    }
    if waits(&state) {
        return Ok(Known::Waiting);
    }
    let (Some(manifest), Some(options)) = (manifest, options) else { return Ok(Known::No) };
    let stop = Stop::default();
    stop.healer.cancel();
    let (options, former) = former_inputs(manifest, options)?;
    let pipeline = Arc::new(former.resumed(&options, &stop, &state)?);
    let (host, lease) = take_over(&options, &former, &pipeline, &stop, &store, incident, voice).await?;
    let report = host.orchestrator.resume(lease, &stop.healer).await;
    let report = report.map_err(|error| super::interrupted(incident, error))?;
    if report.outcome().is_some() {
        Manifest::remove(&inputs.state, incident);
    }
    Ok(Known::Ended(Box::new(report)))
}

/// What it was started with. Of files that are gone since nothing is needed to take back what was done: nothing is run.
fn former_inputs(manifest: Manifest, options: RunOptions) -> Result<(RunOptions, Inputs), Refusal> {
    match Inputs::read(&options, super::user_state()) {
        Ok(inputs) => Ok((options, inputs)),
        Err(_) => {
            let bare = manifest.bare_options();
            Inputs::read(&bare, super::user_state()).map(|inputs| (bare, inputs))
        }
    }
}

/// No journal knows it: it was killed before it was opened, or another store has it.
fn forgotten(inputs: &Inputs, incident: &IncidentId) -> Known {
    Manifest::remove(&inputs.state, incident);
    Known::No
}

/// The state of an incident that its journal has as open.
pub(super) async fn left(store: &Store, incident: &IncidentId) -> Result<Option<State>, Refusal> {
    Ok(state_of(store, incident).await?.filter(|state| !matches!(state.phase, Phase::Closed { .. })))
}

/// The state of an incident, if its journal knows it.
pub(super) async fn state_of(store: &Store, incident: &IncidentId) -> Result<Option<State>, Refusal> {
    let history = store.journal().read(incident).await.map_err(Refusal::failed)?;
    let replayed = replay(history);
    Ok(replayed.map_err(|error| Refusal::usage(format!("{incident} can't be read: {error}")))?.0)
}

/// The right to go on with an incident of this directory, whose lock the caller holds: so whoever had it is gone.
pub(super) async fn take_over(
    options: &RunOptions,
    inputs: &Inputs,
    pipeline: &Arc<Pipeline>,
    stop: &Stop,
    store: &Store,
    incident: &IncidentId,
    voice: &Voice,
) -> Result<(wiring::Host, Lease), Refusal> {
    let host = wiring::Host::new(options, inputs, pipeline, stop, store, voice)?;
    let claim = Claim { holder_is_gone: true, ..host.orchestrator.claim() };
    let lease = store.journal().lease(incident, &claim).await.map_err(Refusal::failed)?;
    Ok((host, lease))
}

/// Whether it waits for a person, and nothing of it is under way.
fn waits(state: &State) -> bool {
    matches!(state.phase, Phase::AwaitingApproval { .. }) || state.phase.is_undelivered()
}

fn restored(report: &Report) -> Vec<String> {
    let rolled_back = report.tried().last().filter(|tried| tried.result == TriedResult::RolledBack);
    let previews = rolled_back.into_iter().flat_map(|tried| tried.proposal.previews.iter());
    previews.flat_map(|preview| &preview.changes).map(|change| change.what.clone()).collect()
}
