//! Plans that wait for people, as journal and ledger tell it.

use selfheal_core::approval::{Case, Docket, People, Request, Standing};
use selfheal_core::engine::{Proposal, State};
use selfheal_core::ports::Ledger;
use selfheal_core::time::Timestamp;

use crate::run::{self, Refusal};
use crate::store::Store;

/// A plan that waits for people.
pub(super) struct Waiting {
    pub(super) state: State,
    pub(super) request: Request,
    /// `None` if the healer was ended right before it noted the request.
    pub(super) case: Option<Case>,
    /// What the answers come to.
    pub(super) standing: Option<Standing>,
    /// Whether who asked may answer too.
    pub(super) self_approval: bool,
}

impl Waiting {
    /// What the incident of `state` waits for; `None` if it waits for nobody.
    pub(super) async fn of(
        state: State,
        ledger: &dyn Ledger,
        people: &dyn People,
        now: Timestamp,
    ) -> Result<Option<Self>, Refusal> {
        let Some(request) = Request::awaited(&state) else { return Ok(None) };
        let docket = Docket::read(ledger, &request.incident).await.map_err(Refusal::failed)?;
        let case = docket.case(&request.id());
        let is_over = state.answers_count_until().is_some_and(|until| now > until);
        let standing = case.as_ref().map(|case| if is_over { Standing::Expired } else { case.stand(people, now) });
        let self_approval = people.self_approval(&request.environment);
        Ok(Some(Self { state, request, case, standing, self_approval }))
    }

    /// All of a store, oldest first.
    pub(super) async fn all(store: &Store, people: &dyn People, now: Timestamp) -> Result<Vec<Self>, Refusal> {
        let mut found = Vec::new();
        for incident in run::open_incidents(store).await? {
            let Some(state) = run::state_of(store, &incident).await? else { continue };
            found.extend(Self::of(state, store.ledger().as_ref(), people, now).await?);
        }
        Ok(found)
    }

    /// The plan itself.
    pub(super) fn proposal(&self) -> Option<&Proposal> {
        self.state.proposal.as_ref()
    }

    /// What it does, a line per step.
    pub(super) fn summaries(&self) -> Vec<&str> {
        let previews = self.proposal().map(|proposal| &proposal.previews[..]).unwrap_or_default();
        previews.iter().map(|preview| preview.summary.as_str()).collect()
    }
}
