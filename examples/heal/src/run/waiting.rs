//! What an incident that is left open waits for.

use std::ffi::OsString;

use selfheal_core::approval::Request;
use selfheal_core::engine::{Event, State};
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::plan::PlanHash;
use selfheal_core::ports::Clock;
use selfheal_core::time::Timestamp;

use super::Refusal;
use super::inputs::Inputs;
use crate::people::{self, Asked};
use crate::records::when;
use crate::say::human;
use crate::store::Store;

/// What an incident that is left open waits for.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// People are asked.
    Approval(Approval),
    /// Its next effect is held: by a pause, a freeze, a guard of the fleet.
    Held {
        because: String,
        /// When that ends, where somebody knows.
        until: Option<Timestamp>,
        /// What is typed when that is over.
        resume: String,
        /// What tells what holds it.
        switches: String,
    },
}

/// Who is asked about what.
#[derive(Debug)]
pub(crate) struct Approval {
    pub(crate) plan: PlanHash,
    /// In words.
    pub(crate) who: String,
    pub(crate) deadline: Timestamp,
    /// How many people could answer at all, and where that is said.
    enrolled: (usize, String),
    /// Whether it is known who asks.
    has_requester: bool,
    commands: [String; 3],
    asked_at: Timestamp,
}

impl Waiting {
    /// What the incident of `state` waits for; `None` if it waits for nobody.
    pub(super) async fn of(
        state: &State,
        inputs: &Inputs,
        store: &Store,
        again: &[OsString],
    ) -> Result<Option<Self>, Refusal> {
        if let Some(request) = Request::awaited(state) {
            return Approval::of(&request, inputs, again).map(|approval| Some(Self::Approval(approval)));
        }
        if !state.is_held() {
            return Ok(None);
        }
        let incident = state.incident.id.as_str();
        let (because, until) = why_held(state, store).await?;
        let (resume, switches) = (people::command(&["resume", incident], again), people::command(&["switches"], again));
        Ok(Some(Self::Held { because, until, resume, switches }))
    }

    /// Why it waits, and what can be done.
    pub(super) fn in_words(&self) -> (String, String) {
        match self {
            Self::Approval(approval) => (approval.why(), approval.next()),
            Self::Held { because, until, resume, switches } => {
                let next =
                    [(switches, "shows what is switched, and by whom"), (resume, "goes on, once nothing holds it")];
                let until = until.map_or_else(|| "now".to_owned(), |until| format!("before {}", when::seconds(until)));
                (format!("nothing is sent {until}: {because}"), commands(&next))
            }
        }
    }
}

impl Approval {
    fn of(request: &Request, inputs: &Inputs, again: &[OsString]) -> Result<Self, Refusal> {
        let asked = Asked { incident: &request.incident, plan: &request.plan_hash, again };
        let document = inputs.enrolled.read()?;
        Ok(Self {
            who: people::terms(&request.terms),
            deadline: request.deadline,
            enrolled: (document.count(), document.place()),
            has_requester: inputs.requester.is_some(),
            commands: [asked.look(), asked.approve(), asked.resume()],
            asked_at: SystemClock::default().now(),
            plan: request.plan_hash.clone(),
        })
    }

    fn why(&self) -> String {
        let left = human(self.deadline.since(self.asked_at));
        format!("policy asks for an approval: {}, by {} (in {left})", self.who, when::seconds(self.deadline))
    }

    fn next(&self) -> String {
        let [look, approve, resume] = &self.commands;
        let next = [(look, "shows the plan"), (approve, "agrees to it"), (resume, "goes on, once it is answered")];
        match &self.enrolled {
            (0, document) => {
                let nobody =
                    format!("Nobody can agree yet: nobody is enrolled in {document}. See `heal approver init`.");
                format!("{}\n{nobody}", commands(&next))
            }
            (_, _) if self.has_requester => commands(&next),
            (_, document) => {
                let anybody =
                    format!("No key of {document} was at hand when it began: nobody counts as who asked for it.");
                format!("{}\n{anybody}", commands(&next))
            }
        }
    }
}

/// A line for each command with what it does.
fn commands(all: &[(&String, &str)]) -> String {
    let widest = all.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = all.iter().map(|(command, what)| format!("{command:widest$}   {what}")).collect();
    lines.join("\n")
}

/// The last reason that its journal tells, and until when it holds.
async fn why_held(state: &State, store: &Store) -> Result<(String, Option<Timestamp>), Refusal> {
    let history = store.journal().read(&state.incident.id).await.map_err(Refusal::failed)?;
    let reason = history.records.into_iter().rev().find_map(|record| match record.event {
        Event::Held { because, until, .. } => Some((because, until)),
        _ => None,
    });
    Ok(reason.unwrap_or_else(|| ("its journal doesn't tell any more why".to_owned(), None)))
}
