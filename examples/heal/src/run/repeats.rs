//! The same failure again, while its incident waits: one is enough.

use selfheal_adapters::local::Pipeline;
use selfheal_adapters::local::process::Finished;
use selfheal_core::engine::{Phase, State};
use selfheal_core::ledger::switches;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;

use super::Refusal;
use super::ending::left;
use super::inputs::Inputs;
use super::manifest::Manifest;
use crate::cli::RunOptions;
use crate::signals::Stop;
use crate::store::Store;

/// The incident of this directory that is about the failure which `run` is, was opened by the same options, and still waits: for
/// people, or until a pause is lifted. What it would do must still be possible as it was shown; otherwise the failure is another
/// incident.
pub(super) async fn former(
    options: &RunOptions,
    inputs: &Inputs,
    store: &Store,
    pipeline: &Pipeline,
    stop: &Stop,
    run: &Finished,
) -> Result<Option<State>, Refusal> {
    let failure = pipeline.failure_of(run);
    for incident in Manifest::all(&inputs.state) {
        let Ok(Some(manifest)) = Manifest::read(&inputs.state, &incident) else { continue };
        // Whoever saw it first asked for it.
        let mine = Manifest::new(incident.clone(), options, &inputs.dir, inputs.store.identity());
        if manifest != mine.on_behalf_of(manifest.requester().map(str::to_owned)) {
            continue;
        }
        let Some(state) = left(store, &incident).await? else { continue };
        let is_same = state.incident.fingerprint == failure && state.incident.resource == pipeline.resource();
        if is_same && waits(&state, store).await? && is_as_seen(options, inputs, stop, &state)? {
            return Ok(Some(state));
        }
    }
    Ok(None)
}

async fn waits(state: &State, store: &Store) -> Result<bool, Refusal> {
    let incident = &state.incident;
    let switches = switches::read(store.ledger().as_ref()).await.map_err(Refusal::failed)?;
    if let Phase::AwaitingApproval { deadline } = state.phase {
        // With autonomy that was granted since, people might not be asked.
        let mut grants = switches.grants();
        let granted = grants.any(|(at, grant)| *at == incident.environment && grant.thrown.at >= incident.observed_at);
        return Ok(!granted && SystemClock::default().now() < deadline);
    }
    // Whether another guard still holds it is found out by asking again; a pause is known.
    Ok(state.is_held() && switches.paused(&incident.environment).is_some())
}

fn is_as_seen(options: &RunOptions, inputs: &Inputs, stop: &Stop, state: &State) -> Result<bool, Refusal> {
    let Some(proposal) = &state.proposal else { return Ok(true) };
    let resumed = inputs.resumed(options, stop, state)?;
    Ok(resumed.is_as_seen(&proposal.plan.steps, &proposal.previews))
}
