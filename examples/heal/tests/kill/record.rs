//! What the store holds of the incidents, read as any reader would.

use std::path::Path;

use selfheal_core::action::ActionKind;
use selfheal_core::engine::{Effect, Event, Outcome, State, each_state};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::ports::{History, Journal, Query};
use selfheal_memory::Store;

/// Far more incidents than a case opens.
const MANY: usize = 64;

/// What the journal holds of one incident.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) id: String,
    /// How it ended, as the journal lists it; `None` while it is open.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) history: History,
}

/// All incidents of the store in `folder`, newest first; none if there is no store yet.
///
/// # Errors
/// If there is one that can't be read.
pub(crate) fn incidents(folder: &Path) -> Result<Vec<Told>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match Store::open_read_only(folder) {
        Ok(store) => runtime.block_on(all(&store)).map_err(|error| error.to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

async fn all(store: &Store) -> Result<Vec<Told>, Error> {
    let (journal, mut told) = (store.journal(), Vec::new());
    for standing in journal.list(&Query::newest(MANY)).await? {
        let history = journal.read(&standing.incident).await?;
        told.push(Told { id: standing.incident.as_str().to_owned(), outcome: standing.outcome, history });
    }
    Ok(told)
}

/// One record with the state before and the state after it.
pub(crate) struct Step {
    pub(crate) before: Option<State>,
    pub(crate) event: Event,
    pub(crate) after: State,
}

impl Told {
    /// The records one after the other, with the states that they led to.
    ///
    /// # Errors
    /// If they don't replay: a gap, a record that stands twice, an event that can't have happened there.
    pub(crate) fn steps(&self) -> Result<Vec<Step>, String> {
        let mut steps: Vec<Step> = Vec::new();
        let seen = each_state(self.history.clone(), |record, after| {
            let before = steps.last().map(|step| step.after.clone());
            if let Some(record) = record {
                steps.push(Step { before, event: record.event.clone(), after: after.clone() });
            }
        });
        seen.map(|_| steps).map_err(|error| error.to_string())
    }

    /// How often an effect was intended that starts the command in the project's directory.
    pub(crate) fn intended_starts(&self) -> usize {
        self.intended(|state, effect| match effect {
            Effect::Verify => true,
            Effect::Apply { step, .. } => kind(state, step).as_ref() == Some(&ActionKind::RETRY_STAGE),
            _ => false,
        })
    }

    /// How often a step was intended that changes files.
    pub(crate) fn intended_changes(&self) -> usize {
        let gives = [ActionKind::RETRY_STAGE, ActionKind::SET_ENVIRONMENT, ActionKind::INCREASE_MEMORY];
        self.intended(|state, effect| match effect {
            Effect::Apply { step, .. } => kind(state, step).is_some_and(|kind| !gives.contains(&kind)),
            _ => false,
        })
    }

    fn intended(&self, which: impl Fn(&State, Effect) -> bool) -> usize {
        let steps = self.steps().unwrap_or_default();
        let intended = steps.iter().filter(|step| matches!(step.event, Event::Intended));
        intended.filter(|step| step.after.effect().is_some_and(|effect| which(&step.after, effect))).count()
    }
}

fn kind(state: &State, step: usize) -> Option<ActionKind> {
    Some(state.proposal.as_ref()?.plan.steps.get(step)?.action.kind().clone())
}
