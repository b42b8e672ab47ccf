//! Notes for all healers that an incident was opened and how it ended. A note that fails fails no incident; the guards then know
//! of one incident less, while budgets count what was taken, and nothing is sent without.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Orchestrator;
use super::clearing::cause;
use crate::action::ActionKind;
use crate::engine::{Outcome, Phase, State, TriedResult};
use crate::incident::{Fingerprint, Incident};
use crate::ports::{Ended, Note, Opened, Site};

impl Orchestrator {
    pub(super) async fn note_opened(&self, incident: &Incident) {
        let opened = Opened {
            incident: incident.id.clone(),
            resource: incident.resource.clone(),
            site: Site::of(&incident.facts),
            environment: incident.environment.clone(),
            symptom: Fingerprint::of_symptom(&incident.resource, &incident.facts, &incident.evidence),
        };
        self.note(Note::Opened(Arc::new(opened))).await;
    }

    /// Notes how the incident ended, if it did.
    pub(super) async fn note_ended(&self, state: &State) {
        if let Phase::Closed { outcome } = &state.phase {
            self.note(Note::Ended(Arc::new(ended(state, outcome)))).await;
        }
    }

    async fn note(&self, note: Note) {
        let Some(watch) = &self.fleet else { return };
        if let Err(error) = watch.note(self.ports.clock.now(), note).await {
            tracing::warn!(%error, "other healers do not learn of this incident");
        }
    }
}

fn ended(state: &State, outcome: &Outcome) -> Ended {
    let incident = &state.incident;
    let (category, cause) = cause(state);
    Ended {
        incident: incident.id.clone(),
        resource: incident.resource.clone(),
        site: Site::of(&incident.facts),
        environment: incident.environment.clone(),
        fingerprint: incident.fingerprint.clone(),
        category: category.clone(),
        cause: cause.map(Cow::into_owned),
        healed: matches!(outcome, Outcome::Healed | Outcome::PassedOnRerun),
        mended: *outcome == Outcome::Healed,
        plans_applied: state.plans_applied(),
        made_worse: made_worse(state, outcome),
    }
}

/// What was done by plans that had to be taken back because they did not help. That the user changed their mind says nothing.
fn made_worse(state: &State, outcome: &Outcome) -> BTreeSet<ActionKind> {
    if *outcome == Outcome::Interrupted {
        return BTreeSet::new();
    }
    let taken_back =
        state.tried.iter().filter(|tried| matches!(tried.result, TriedResult::RolledBack | TriedResult::Stuck));
    let steps = taken_back.flat_map(|tried| &tried.proposal.plan.steps);
    steps.map(|step| step.action.kind().clone()).collect()
}
