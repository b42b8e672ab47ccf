//! Ending an incident that a killed healer left, through the journal that knows it.

use std::sync::Arc;

use selfheal_core::engine::{Phase, State, replay};
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::Report;
use selfheal_core::ports::{Claim, Lease};

use super::inputs::Inputs;
use super::manifest::Manifest;
use super::{Refusal, wiring};
use crate::cli::RunOptions;
use crate::say::Voice;
use crate::signals::Stop;
use crate::store::Store;

/// What the journal of an incident that left something here says of it.
pub(super) enum Known {
    /// It can't be asked from here, and why.
    Unasked(String),
    /// It has nothing of it: the incident was killed before it was opened, or its record is lost.
    Nothing,
    /// It was closed.
    Settled,
    /// It waits for a person.
    Waiting,
    /// Its next effect is held: by a pause, a freeze, a guard of the fleet. That may be a rollback.
    Held,
    /// It was left in the middle, and is ended now.
    Ended(Box<Report>),
}

/// Takes over an incident that its worker left, and stops it: what was applied is taken back, unless it was verified. Nothing is
/// made where no store is.
///
/// # Errors
/// If its journal can't be read or written.
pub(super) async fn end(inputs: &Inputs, incident: &IncidentId, voice: &Voice) -> Result<Known, Refusal> {
    let manifest = Manifest::read(&inputs.state, incident).map_err(Refusal::usage)?;
    let identity = manifest.as_ref().map_or_else(|| inputs.store.identity(), |manifest| manifest.store.clone());
    let Some(place) = inputs.store.of_identity(&identity) else {
        return Ok(Known::Unasked(format!("its journal is in another store, {identity}")));
    };
    if !place.exists() {
        return Ok(Known::Unasked(format!("its journal was in {identity}, and is not there")));
    }
    let store = place.open(voice).await?;
    let Some(state) = state_of(&store, incident).await? else { return Ok(Known::Nothing) };
    if matches!(state.phase, Phase::Closed { .. }) {
        return Ok(Known::Settled);
    }
    if state.is_held() {
        return Ok(Known::Held);
    }
    if waits(&state) {
        return Ok(Known::Waiting);
    }
    match manifest {
        Some(manifest) => stop(inputs, manifest, &store, &state, voice).await,
        None => Ok(Known::Unasked("how its command was started is not known any more".to_owned())),
    }
}

async fn stop(
    inputs: &Inputs,
    manifest: Manifest,
    store: &Store,
    state: &State,
    voice: &Voice,
) -> Result<Known, Refusal> {
    let incident = &state.incident.id;
    let stop = Stop::default();
    stop.healer.cancel();
    let (options, former) = former_inputs(inputs, manifest)?;
    let pipeline = Arc::new(former.resumed(&options, &stop, state)?);
    let host = wiring::Host::new(&options, &former, &pipeline, &stop, store, voice)?;
    let lease = take_over(&host, store, incident).await?;
    let report = host.orchestrator.resume(lease, &stop.healer).await;
    let report = report.map_err(|error| super::interrupted(incident, error))?;
    Ok(if report.state.is_held() { Known::Held } else { Known::Ended(Box::new(report)) })
}

/// What it was started with. Of files that are gone since nothing is needed to take back what was done: nothing is run.
fn former_inputs(inputs: &Inputs, manifest: Manifest) -> Result<(RunOptions, Inputs), Refusal> {
    // The directory is at hand, wherever it was.
    let here = |options: RunOptions| RunOptions { dir: inputs.dir.clone(), ..options };
    let options = here(manifest.options(true));
    match Inputs::read(&options, super::user_state()) {
        Ok(inputs) => Ok((options, inputs)),
        Err(_) => {
            let bare = here(manifest.bare_options());
            Inputs::read(&bare, super::user_state()).map(|inputs| (bare, inputs))
        }
    }
}

/// The state of an incident that its journal has as open.
pub(super) async fn left(store: &Store, incident: &IncidentId) -> Result<Option<State>, Refusal> {
    Ok(state_of(store, incident).await?.filter(|state| !matches!(state.phase, Phase::Closed { .. })))
}

/// The state of an incident, if its journal knows it.
pub(crate) async fn state_of(store: &Store, incident: &IncidentId) -> Result<Option<State>, Refusal> {
    let history = store.journal().read(incident).await.map_err(Refusal::failed)?;
    let replayed = replay(history);
    Ok(replayed.map_err(|error| Refusal::usage(format!("{incident} can't be read: {error}")))?.0)
}

/// The right to go on with an incident of this directory, whose lock the caller holds: so whoever had it is gone.
pub(super) async fn take_over(host: &wiring::Host, store: &Store, incident: &IncidentId) -> Result<Lease, Refusal> {
    let claim = Claim { holder_is_gone: true, ..host.orchestrator.claim() };
    store.journal().lease(incident, &claim).await.map_err(Refusal::failed)
}

/// Whether it waits for a person, and nothing of it is under way.
fn waits(state: &State) -> bool {
    matches!(state.phase, Phase::AwaitingApproval { .. }) || state.phase.is_undelivered()
}
