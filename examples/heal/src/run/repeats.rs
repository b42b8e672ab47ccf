//! The same failure again, while its incident waits: one is enough.

use selfheal_core::engine::{Phase, State};
use selfheal_core::ledger::switches;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;

use super::Refusal;
use super::ending::left;
use super::failed::Failed;
use super::manifest::Manifest;
use crate::store::Store;

/// An incident that is open about a failure that came again.
pub(super) enum Former {
    /// It waits for people.
    Asks(Box<State>),
    /// Its next effect was held, by a pause, a freeze or a guard of the fleet; and on whose behalf it was opened. Whether it still is
    /// held is found out by going on with it.
    Held(Box<State>, Option<String>),
}

/// The incident of this directory that is about the failure of `failed`, was opened by the same options, and still waits. What it
/// would do must still be possible as it was shown; otherwise the failure is another incident.
pub(super) async fn former(failed: &Failed<'_>) -> Result<Option<Former>, Refusal> {
    let Failed { options, inputs, store, pipeline, .. } = failed;
    let failure = pipeline.failure_of(&failed.run);
    for incident in Manifest::all(&inputs.state) {
        let Ok(Some(manifest)) = Manifest::read(&inputs.state, &incident) else { continue };
        // Whoever saw it first asked for it.
        let mine = Manifest::new(incident.clone(), options, &inputs.dir, inputs.store.identity());
        if manifest != mine.on_behalf_of(manifest.requester().map(str::to_owned)) {
            continue;
        }
        let Some(state) = left(store, &incident).await? else { continue };
        let is_same = state.incident.fingerprint == failure && state.incident.resource == pipeline.resource();
        if !is_same || !is_as_seen(failed, &state)? {
            continue;
        }
        if state.is_held() {
            return Ok(Some(Former::Held(Box::new(state), manifest.requester().map(str::to_owned))));
        }
        if asks(&state, store).await? {
            return Ok(Some(Former::Asks(Box::new(state))));
        }
    }
    Ok(None)
}

async fn asks(state: &State, store: &Store) -> Result<bool, Refusal> {
    let Phase::AwaitingApproval { deadline } = state.phase else { return Ok(false) };
    let incident = &state.incident;
    let switches = switches::read(store.ledger().as_ref()).await.map_err(Refusal::failed)?;
    // With autonomy that was granted since, people might not be asked.
    let mut grants = switches.grants();
    let granted = grants.any(|(at, grant)| *at == incident.environment && grant.thrown.at >= incident.observed_at);
    Ok(!granted && SystemClock::default().now() < deadline)
}

fn is_as_seen(failed: &Failed<'_>, state: &State) -> Result<bool, Refusal> {
    let Some(proposal) = &state.proposal else { return Ok(true) };
    let resumed = failed.inputs.resumed(failed.options, failed.stop, state)?;
    Ok(resumed.is_as_seen(&proposal.plan.steps, &proposal.previews))
}
