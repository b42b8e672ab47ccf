//! Whether an effect may be sent now: operators, policy and the fleet's guards on the moment, asked before every effect, retries
//! and rollbacks included.

use std::borrow::Cow;

use super::{Orchestrator, saying};
use crate::category::FailureCategory;
use crate::decision::{Clearance, Verdict};
use crate::engine::{Effect, Event, Proposal, State};
use crate::error::{Error, ErrorKind};
use crate::fleet::{Look, Taken, Wanted, Watch};
use crate::ledger::switches::Thrown;
use crate::ports::{Activity, EffectClass, Moment, Site};
use crate::resource::Environment;

/// Looks at what others note in the meantime.
const LOOKS: u32 = 64;

impl Orchestrator {
    /// What stands in the way of the effect that the state is about to have; `None` if nothing does. Places that it needs are
    /// taken then.
    pub(super) async fn objection(&self, state: &State, effect: Effect) -> Option<Event> {
        let (class, step, attempt) = class(effect)?;
        let proposal = state.proposal.as_ref()?;
        if state.is_doubted()
            && let Some(event) = Box::pin(self.second_thoughts(state)).await
        {
            return Some(saying::redacted(event, &self.redactor));
        }
        let (facts, site) = (state.current_facts(), Site::of(&state.incident.facts));
        let (category, cause) = cause(state);
        let wanted = Wanted {
            incident: &state.incident,
            facts: &facts,
            site: &site,
            category,
            cause: cause.as_deref(),
            plan: &proposal.plan,
            plan_identity: &proposal.plan.fingerprint(),
            round: state.counters.plans,
            previews: &proposal.previews,
            effect: class,
            step,
            attempt,
            at: self.ports.clock.now(),
        };
        let objection = match &self.fleet {
            None => objection(self.agents.auditor.clear(&moment(&wanted, &Activity::NONE)).await),
            Some(watch) => Box::pin(self.objection_in(watch, wanted, proposal)).await,
        };
        objection.map(|event| saying::redacted(event, &self.redactor))
    }

    /// Policy and guards speak about one place of the ledger, and places are taken only if that is still its end.
    async fn objection_in(&self, watch: &Watch, mut wanted: Wanted<'_>, proposal: &Proposal) -> Option<Event> {
        let _turn = match wanted.starts().is_empty() {
            true => None,
            false => Some(watch.turn().await),
        };
        for _ in 0..LOOKS {
            wanted.at = self.ports.clock.now();
            let look = match watch.look(&wanted).await {
                Ok(look) => look,
                Err(error) => return objection(unreadable(&error)),
            };
            if let Some(thrown) = &look.paused {
                return Some(paused(thrown));
            }
            let policy = self.agents.auditor.clear(&moment(&wanted, &look.activity)).await;
            let place = look.place;
            let clearance = policy.and(autonomy(&wanted, proposal, &look)).and(look.guards);
            if clearance != Clearance::Clear {
                return objection(clearance);
            }
            match watch.take(&wanted, place).await {
                Ok(Taken::All) => return None,
                Ok(Taken::Beaten) => {}
                Err(error) => return objection(unreadable(&error)),
            }
        }
        let because = format!("other healers were faster {LOOKS} times in a row");
        objection(Clearance::Hold { until: None, because })
    }

    /// What healers did lately, for policy; nothing where that can't be read: the effect itself is held then.
    pub(super) async fn lately(&self) -> Activity {
        let Some(watch) = &self.fleet else { return Activity::NONE };
        watch.activity().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what healers did lately can't be read");
            Activity::NONE
        })
    }

    /// Whether healers may act in `environment` without asking people. What can't be read was not granted.
    pub(super) async fn has_autonomy(&self, environment: &Environment) -> bool {
        if !self.must_be_granted.contains(environment) {
            return true;
        }
        let Some(watch) = &self.fleet else { return false };
        let granted = watch.has_autonomy(environment, self.ports.clock.now()).await;
        granted.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether autonomy was granted can't be read");
            false
        })
    }
}

/// What is asked about. Looking is always allowed: what was done is to be known.
fn class(effect: Effect) -> Option<(EffectClass, usize, u32)> {
    match effect {
        Effect::Rehearse => Some((EffectClass::Rehearse, 0, 1)),
        Effect::Apply { step, attempt: 1 } => Some((EffectClass::Apply, step, 1)),
        Effect::Apply { step, attempt } => Some((EffectClass::Retry, step, attempt)),
        Effect::Undo { step } => Some((EffectClass::Undo, step, 1)),
        _ => None,
    }
}

/// What is to be mended, as it was first understood. A model could give every incident another cause, and escape what guards count
/// by it: what it found goes by what is done about it.
pub(super) fn cause(state: &State) -> (&FailureCategory, Option<Cow<'_, str>>) {
    let diagnosis = state.diagnosis();
    let best = diagnosis.and_then(|diagnosis| diagnosis.best());
    if best.is_some_and(|best| best.source.is_model()) {
        return (&FailureCategory::UNKNOWN, kinds(state).map(Cow::Owned));
    }
    let category = diagnosis.map_or(&FailureCategory::UNKNOWN, |diagnosis| &diagnosis.category);
    (category, best.map(|best| Cow::Borrowed(best.cause.kind.as_str())))
}

/// Of the plan at hand, or else of the last one.
fn kinds(state: &State) -> Option<String> {
    let last = || state.tried.last().map(|tried| &tried.proposal);
    state.proposal.as_ref().or_else(last).map(|proposal| proposal.plan.kinds())
}

fn moment<'a>(wanted: &Wanted<'a>, activity: &'a Activity) -> Moment<'a> {
    Moment {
        incident: wanted.incident,
        plan: wanted.plan,
        previews: wanted.previews,
        step: (wanted.effect != EffectClass::Rehearse).then_some(wanted.step),
        effect: wanted.effect,
        at: wanted.at,
        site: wanted.site,
        activity,
    }
}

/// Leave to act alone may lapse between the decision and the effect. What people agreed to needs none.
fn autonomy(wanted: &Wanted<'_>, proposal: &Proposal, look: &Look) -> Clearance {
    let by_people = proposal.decision.as_ref().is_some_and(|decision| decision.verdict == Verdict::RequireApproval);
    let begins = wanted.effect == EffectClass::Apply && wanted.step == 0 || wanted.effect == EffectClass::Retry;
    if look.has_autonomy || by_people || !begins {
        return Clearance::Clear;
    }
    let because = format!(
        "the autonomy of healers in {} has lapsed; an operator may grant it again",
        wanted.incident.environment
    );
    Clearance::Hold { until: None, because }
}

fn objection(clearance: Clearance) -> Option<Event> {
    match clearance {
        Clearance::Clear => None,
        Clearance::Hold { until, because } => Some(Event::Held { until, because, paused: false }),
        Clearance::Stop { because } => Some(Event::Stopped { because }),
    }
}

fn paused(thrown: &Thrown) -> Event {
    let switched = &thrown.switched;
    Event::Held { until: None, because: format!("paused by {}: {}", switched.by, switched.because), paused: true }
}

/// Whoever can't see whether a switch was thrown, or a budget is used up, takes it for thrown and used up. What a ledger has no room
/// for, or holds more of than is read, it won't take by being asked again.
fn unreadable(error: &Error) -> Clearance {
    let because = format!("operators' switches and the fleet's budgets can't be read: {error}");
    match error.kind() {
        ErrorKind::LimitReached => Clearance::Stop { because },
        _ => Clearance::Hold { until: None, because },
    }
}
