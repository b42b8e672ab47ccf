//! One visit: the effect's port call, and the event that its answer is.

use std::pin::pin;
use std::sync::Arc;

use super::Orchestrator;
use super::breaker::Guarded;
use super::deciding::evidence_of;
use super::drive::within;
use super::routing::{Leg, legs, specs_of};
use super::{opining, saying};
use crate::agents::Assignment;
use crate::agents::models::Models;
use crate::criterion::{Observation, SuccessCriterion};
use crate::diagnosis::{Diagnosis, Hypothesis, unchecked};
use crate::engine::{Attack, Consultation, Effect, Event, Phase, Proposal, State, Trouble, Verification};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Plan, Preview};
use crate::ports::{Approved, Case, Escalation, ProbeRequest, Rehearsal, RehearsalEvidence, Work};

impl Orchestrator {
    /// The event that the effect's answer is. What models were asked on the way is added to `asked`.
    pub(super) async fn perform(&self, state: &State, effect: Effect, asked: &mut Vec<Consultation>) -> Event {
        let answer = match effect {
            Effect::Recall => self.recall(state).await,
            Effect::Classify => self.classify(state).await,
            Effect::Analyse => self.analyse(state, asked).await,
            Effect::Plan => self.plan(state, asked).await,
            Effect::Preview => self.preview(state).await,
            Effect::Audit => self.decide(state, RehearsalEvidence::Pending).await,
            Effect::Rehearse => self.rehearse(state, asked).await,
            Effect::Gate => self.decide(state, evidence_of(state)).await,
            Effect::AskApproval => self.ask_approval(state).await,
            Effect::Apply { step, attempt } => self.apply(state, step, attempt).await,
            Effect::Probe { step } => self.probe_step(state, step).await,
            Effect::Wait { until } => {
                self.wait_until(until).await;
                Ok(Event::Waited)
            }
            Effect::Verify => self.verify(state).await,
            Effect::Undo { step } => self.undo(state, step).await,
            Effect::Learn => self.learn(state).await,
            Effect::Escalate => self.escalate(state).await,
        };
        let event = answer.unwrap_or_else(|error| {
            tracing::debug!(operation = error.operation(), phase = state.phase.name(), "visit failed");
            Event::Failed(error.summary())
        });
        saying::redacted(event, &self.redactor)
    }

    pub(super) fn guarded<T>(
        &self,
        port: Guarded,
        call: impl Future<Output = Result<T>>,
    ) -> impl Future<Output = Result<T>> {
        self.breakers.guard(port, || self.ports.clock.now(), &self.limits, call)
    }

    async fn recall(&self, state: &State) -> Result<Event> {
        let Some(memory) = &self.ports.memory else { return Ok(Event::Recalled(None)) };
        let fix = self.guarded(Guarded::Memory, memory.recall(&state.incident.fingerprint)).await?;
        Ok(Event::Recalled(fix.and_then(crate::agents::remembered).map(Arc::new)))
    }

    async fn classify(&self, state: &State) -> Result<Event> {
        Ok(Event::Classified(self.hypotheses(state).await?))
    }

    async fn hypotheses(&self, state: &State) -> Result<Arc<[Hypothesis]>> {
        let facts = state.current_facts();
        let case = Case { facts: &facts, evidence: state.current_evidence() };
        // Pinned here and lent: a future that is handed on by value takes its room again at every hand.
        let classified = pin!(self.agents.classifier.classify(&case));
        Ok(self.guarded(Guarded::Runbooks, classified).await?.into())
    }

    async fn analyse(&self, state: &State, asked: &mut Vec<Consultation>) -> Result<Event> {
        let hypotheses = match &state.fresh {
            None => Arc::clone(&state.hypotheses),
            Some(_) => self.hypotheses(state).await?,
        };
        let known = self.agents.analyst.analyse(hypotheses).await;
        let diagnosis = match &self.agents.models {
            // Boxed, as everywhere where models are asked: most incidents never get there, and all would reserve room for it.
            Some(models) if known.best().is_none() => Box::pin(models.analyse(state, asked)).await.unwrap_or(known),
            _ => known,
        };
        Ok(Event::Analysed(Arc::new(diagnosis)))
    }

    async fn plan(&self, state: &State, asked: &mut Vec<Consultation>) -> Result<Event> {
        let Some(attack) = state.attacks.last() else { return Ok(Event::Planned(None)) };
        let resource = &state.incident.resource;
        let specs = specs_of(&self.ports.executors, &resource.system);
        let allowed = &state.allowed;
        let assignment = Assignment { allowed, attack, tried: &state.tried, specs: &specs };
        // Boxed: it is much the largest of the visits, and every incident would reserve room for it throughout.
        let planned = Box::pin(self.agents.strategist.plan(&assignment));
        let plan = self.guarded(Guarded::Candidates, planned).await?;
        let plan = match &self.agents.models {
            Some(models) if plan.is_none() && is_by_model(&attack.diagnosis) => {
                Box::pin(self.chosen(models, state, &assignment, asked)).await?
            }
            _ => plan,
        };
        Ok(Event::Planned(plan.map(Arc::new)))
    }

    /// The plan that a model chooses, drawn up like any other.
    async fn chosen(
        &self,
        models: &Models,
        state: &State,
        assignment: &Assignment<'_>,
        asked: &mut Vec<Consultation>,
    ) -> Result<Option<Plan>> {
        let Some(choice) = models.choose(state, assignment, asked).await else { return Ok(None) };
        let attack = Attack { base: assignment.attack.base.clone(), diagnosis: Arc::new(choice.diagnosis) };
        let assignment = Assignment { attack: &attack, ..*assignment };
        let planned = self.agents.strategist.plan(&assignment);
        let plan = self.guarded(Guarded::Candidates, planned).await?;
        Ok(plan.map(|plan| Plan { rationale: unchecked(&choice.rationale), ..plan }))
    }

    async fn preview(&self, state: &State) -> Result<Event> {
        let proposal = proposal(state)?;
        let mut previews: Vec<Preview> = Vec::with_capacity(proposal.plan.steps.len());
        for leg in legs(&self.ports.executors, &proposal.plan.steps)? {
            let work = work(state, proposal, &leg);
            let of_leg = self.guarded(Guarded::Executor, leg.executor.preview(&work)).await?;
            if of_leg.len() != leg.steps.len() {
                return Err(defect("an executor returned another number of previews than steps"));
            }
            previews.extend(of_leg);
        }
        Ok(Event::Previewed(previews.into()))
    }

    async fn rehearse(&self, state: &State, asked: &mut Vec<Consultation>) -> Result<Event> {
        let proposal = proposal(state)?;
        match &self.agents.models {
            Some(models) if opining::is_by_model(state, proposal) && opining::opinion(state, proposal).is_none() => {
                let opinion = Box::pin(models.opinion(state, proposal));
                let (rehearsed, said) = tokio::join!(Box::pin(self.rehearsed(state, proposal)), opinion);
                asked.extend(said);
                rehearsed
            }
            _ => self.rehearsed(state, proposal).await,
        }
    }

    async fn rehearsed(&self, state: &State, proposal: &Proposal) -> Result<Event> {
        let mut joined = Rehearsal::InPlace;
        for leg in legs(&self.ports.executors, &proposal.plan.steps)? {
            let work = previewed(state, proposal, &leg)?;
            let rehearsal = self.guarded(Guarded::Executor, leg.executor.rehearse(&work)).await?;
            joined = weaker(joined, rehearsal);
            if matches!(joined, Rehearsal::Failed { .. }) {
                break;
            }
        }
        if let Rehearsal::Failed { evidence, .. } = &mut joined {
            *evidence = within(std::mem::take(evidence), self.limits.evidence_bytes);
        }
        Ok(Event::Rehearsed(joined))
    }

    async fn apply(&self, state: &State, step: usize, attempt: u32) -> Result<Event> {
        let proposal = proposal(state)?;
        let leg = self.leg_of(proposal, step)?;
        let work = Approved::by_the_gate(previewed(state, proposal, &leg)?);
        self.guarded(Guarded::Executor, leg.executor.apply(&work, step - leg.steps.start, attempt)).await?;
        Ok(Event::Applied)
    }

    async fn probe_step(&self, state: &State, step: usize) -> Result<Event> {
        let proposal = proposal(state)?;
        let leg = self.leg_of(proposal, step)?;
        let work = previewed(state, proposal, &leg)?;
        // Not behind the breaker: a look that is not taken would have a good step taken back.
        let status = leg.executor.probe(&work, step - leg.steps.start).await?;
        Ok(Event::Probed(status))
    }

    async fn undo(&self, state: &State, step: usize) -> Result<Event> {
        let proposal = proposal(state)?;
        let leg = self.leg_of(proposal, step)?;
        let work = previewed(state, proposal, &leg)?;
        // Not behind the breaker: taking back must be tried whatever happened to the calls before.
        Ok(Event::Undone(leg.executor.undo(&work, step - leg.steps.start).await?))
    }

    async fn verify(&self, state: &State) -> Result<Event> {
        let criteria = criteria_of(proposal(state)?);
        let mut names: Vec<&str> = Vec::new();
        for name in criteria.iter().flat_map(SuccessCriterion::probes) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut seen = Vec::with_capacity(names.len());
        for name in &names {
            seen.push(self.observe(state, name).await?);
        }
        let healthy =
            |name: &str| names.iter().position(|known| *known == name).is_some_and(|at| seen[at].is_healthy());
        let held = !criteria.is_empty() && criteria.iter().all(|criterion| criterion.holds(&healthy));
        let mut seen = Verification::from_observations(seen, held);
        seen.evidence = within(seen.evidence, self.limits.evidence_bytes);
        Ok(Event::Verified(seen))
    }

    async fn observe(&self, state: &State, probe: &str) -> Result<Observation> {
        let request = ProbeRequest { probe, resource: &state.incident.resource, incident: &state.incident.id };
        for source in &self.ports.probes {
            match self.guarded(Guarded::Probe, source.observe(&request)).await {
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                answer => return answer,
            }
        }
        Ok(Observation::NoData { why: format!("no health probe knows `{probe}`") })
    }

    async fn learn(&self, state: &State) -> Result<Event> {
        self.experience.learnt(self.agents.scholar.learn(state, self.ports.clock.now()).await?);
        Ok(Event::Learned)
    }

    async fn escalate(&self, state: &State) -> Result<Event> {
        // What failed is worth remembering too, once; that a person is told must not hang on it.
        match self.agents.scholar.learn(state, self.ports.clock.now()).await {
            Ok(learnt) if state.counters.undelivered == 0 => self.experience.learnt(learnt),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "could not remember what failed"),
        }
        let Some((last, first)) = self.ports.notifiers.split_last() else {
            return Ok(Event::Escalated { acknowledged: false });
        };
        let escalation = escalation(state);
        // Not behind a breaker: that one channel is out of order is no reason not to try the next.
        for notifier in first {
            match notifier.notify(&escalation).await {
                Ok(()) => return Ok(Event::Escalated { acknowledged: true }),
                Err(error) => tracing::warn!(%error, "nobody received the escalation on this channel; trying the next"),
            }
        }
        last.notify(&escalation).await?;
        Ok(Event::Escalated { acknowledged: true })
    }

    fn leg_of<'a>(&'a self, proposal: &Proposal, step: usize) -> Result<Leg<'a>> {
        let legs = legs(&self.ports.executors, &proposal.plan.steps)?;
        legs.into_iter().find(|leg| leg.steps.contains(&step)).ok_or_else(|| defect("the plan has no such step"))
    }
}

fn is_by_model(diagnosis: &Diagnosis) -> bool {
    diagnosis.source.is_model()
}

fn escalation(state: &State) -> Escalation {
    let incident = &state.incident;
    let reason = match &state.phase {
        Phase::Escalating { because } => because.in_words(),
        _ => Trouble::Unexplained.in_words(),
    };
    Escalation {
        incident: incident.id.clone(),
        resource: incident.resource.clone(),
        environment: incident.environment.clone(),
        severity: incident.severity,
        round: state.counters.undelivered,
        reason,
        advice: advice(state),
    }
}

/// What the diagnosis says a person should do.
fn advice(state: &State) -> String {
    let best = state.diagnosis().and_then(|diagnosis| diagnosis.best());
    best.and_then(Hypothesis::advice_in_words)
        .unwrap_or_else(|| "Look at the evidence: nothing known explains it.".to_owned())
}

fn criteria_of(proposal: &Proposal) -> Vec<SuccessCriterion> {
    let mut criteria: Vec<SuccessCriterion> = Vec::new();
    for criterion in proposal.plan.steps.iter().flat_map(|step| &step.criteria) {
        if !criteria.contains(criterion) {
            criteria.push(criterion.clone());
        }
    }
    criteria
}

pub(super) fn proposal(state: &State) -> Result<&Proposal> {
    state.proposal.as_ref().ok_or_else(|| defect("there is no plan to work on"))
}

fn work<'a>(state: &'a State, proposal: &'a Proposal, leg: &Leg<'_>) -> Work<'a> {
    let incident = &state.incident;
    let steps = &proposal.plan.steps[leg.steps.clone()];
    Work::new(&incident.id, &incident.resource, &incident.environment, steps, state.epoch)
}

fn previewed<'a>(state: &'a State, proposal: &'a Proposal, leg: &Leg<'_>) -> Result<Work<'a>> {
    let Some(hash) = &proposal.hash else { return Err(defect("the plan was not previewed")) };
    let previews = proposal.previews.get(leg.steps.clone()).ok_or_else(|| defect("a step was not previewed"))?;
    Ok(work(state, proposal, leg).previewed(previews, hash))
}

pub(super) fn defect(what: &str) -> Error {
    Error::new(ErrorKind::Internal, "orchestrator", what)
}

/// Of the rehearsals of two legs, the one that proves less; legs that show nothing on a copy don't count.
fn weaker(one: Rehearsal, other: Rehearsal) -> Rehearsal {
    fn rank(rehearsal: &Rehearsal) -> u8 {
        match rehearsal {
            Rehearsal::Failed { .. } => 0,
            Rehearsal::Unsupported { .. } => 1,
            Rehearsal::Verified { .. } => 2,
            Rehearsal::InPlace => 3,
        }
    }
    if rank(&other) < rank(&one) { other } else { one }
}
