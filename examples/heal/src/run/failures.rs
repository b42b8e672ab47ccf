//! How often a pipeline failed in a row, where a recovery policy asks for more than one failure.

use selfheal_core::engine::Outcome;
use selfheal_core::ledger::runs::{self, RunEnd};
use selfheal_core::orchestrator::{Report, SystemClock};
use selfheal_core::ports::Clock;
use selfheal_policy::recovery::Waiting;

use super::Refusal;
use super::inputs::Inputs;
use crate::say::Voice;
use crate::store::Store;

/// Counts a failure; what the healer still waits for before it steps in, if it does.
///
/// # Errors
/// If it can't be counted: whether it is the healer's turn, nobody knows then.
pub(super) async fn failed(inputs: &Inputs, store: &Store, pipeline: &str) -> Result<Option<Waiting>, Refusal> {
    if !inputs.is_patient(pipeline) {
        return Ok(None);
    }
    let failures = note(store, pipeline, RunEnd::Failed).await.map_err(Refusal::failed)?;
    Ok(inputs.waiting(pipeline, failures))
}

/// Begins the count anew because the command passed at once. Where no store is, nothing was counted.
pub(super) async fn passed(inputs: &Inputs, pipeline: &str, voice: &Voice) {
    if !inputs.is_patient(pipeline) || !inputs.store.exists() {
        return;
    }
    let noted = async {
        let store = inputs.store.open(voice).await?;
        let failures = runs::failures(store.ledger().as_ref(), pipeline).await.map_err(Refusal::failed)?;
        if failures > 0 {
            note(&store, pipeline, RunEnd::Passed).await.map_err(Refusal::failed)?;
            store.close(voice).await;
        }
        Ok::<(), Refusal>(())
    };
    // The command passed, whatever becomes of the count.
    if let Err(refusal) = noted.await {
        voice.note(&format!("that it passed could not be counted: {}", refusal.message));
    }
}

/// The same once it was healed.
pub(super) async fn ended(inputs: &Inputs, store: &Store, report: &Report, voice: &Voice) {
    let pipeline = report.incident().resource.name.as_ref();
    let passes = matches!(report.outcome(), Some(Outcome::Healed | Outcome::PassedOnRerun));
    if !passes || !inputs.is_patient(pipeline) {
        return;
    }
    if let Err(error) = note(store, pipeline, RunEnd::Passed).await {
        voice.note(&format!("that it passes now could not be counted: {error}"));
    }
}

async fn note(store: &Store, pipeline: &str, end: RunEnd) -> selfheal_core::error::Result<u32> {
    runs::note(store.ledger().as_ref(), pipeline, end, SystemClock::default().now()).await
}
