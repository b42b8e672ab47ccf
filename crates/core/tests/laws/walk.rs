//! A random walk through legal histories: what ports, people and hosts may answer in each phase.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::action::{Action, ActionKind, Parameter, Parameters, Reversibility, Value};
use selfheal_core::allowed::Allowed;
use selfheal_core::category::FailureCategory;
use selfheal_core::confidence::{Confidence, TrackRecord};
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::diagnosis::{Diagnosis, Hypothesis, RootCause, Source};
use selfheal_core::engine::{Effect, Event, State, Verification};
use selfheal_core::error::{ErrorKind, Failure, Retry};
use selfheal_core::evidence::{Evidence, EvidenceId, Untrusted};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::limits::Limits;
use selfheal_core::plan::{BlastRadius, Compensation, Plan, PlanHash, Preview, Step, StepRetry};
use selfheal_core::ports::{Approval, EffectStatus, ProvenFix, Rehearsal, Undone};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::set_value;
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;

pub(crate) fn limits() -> Limits {
    Limits {
        plans_per_incident: 4,
        diagnoses_per_incident: 3,
        attempts_per_step: 3,
        steps_per_plan: 4,
        calls_per_visit: 3,
        stability_observations: 2,
        stability_interval: Duration::from_secs(5),
        ..Limits::default()
    }
}

fn resource() -> ResourceRef {
    ResourceRef::new("fake", "thing", "one")
}

pub(crate) fn opened(seed: u64) -> Event {
    let facts = Facts::new().with("exit_code", Fact::Number(1));
    let evidence = vec![evidence("error: mode is bad")];
    let kinds = [ActionKind::custom("set_value"), ActionKind::RETRY_STAGE];
    let allowed = Arc::new(Allowed::for_tests(resource(), kinds));
    let incident = Incident {
        id: IncidentId::from_random(seed),
        fingerprint: Fingerprint::of(&resource(), &facts, &evidence),
        resource: resource(),
        environment: Environment::Dev,
        severity: Severity::Error,
        facts,
        evidence,
        observed_at: Timestamp::default(),
        opened_at: Timestamp::default(),
    };
    Event::Opened { incident: Arc::new(incident), seed, limits: Arc::new(limits()), allowed }
}

fn evidence(text: &str) -> Evidence {
    Evidence::new(EvidenceId(1), "log", 1, text, &Redactor::builder().build())
}

/// Draws answers from a list of choices, over and over.
pub(crate) struct Walk<'a> {
    choices: &'a [u16],
    drawn: usize,
    now_ms: u64,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(choices: &'a [u16]) -> Self {
        Self { choices, drawn: 0, now_ms: 0 }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms)
    }

    /// A number below `bound`.
    fn draw(&mut self, bound: u16) -> u16 {
        let choice = self.choices[self.drawn % self.choices.len()];
        // Each time round the same choices mean something else.
        let round = u16::try_from(self.drawn / self.choices.len()).unwrap_or(0);
        self.drawn += 1;
        choice.wrapping_mul(round.wrapping_mul(2) + 1).wrapping_add(round) % bound
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::from(self.draw(u16::try_from(of.len()).unwrap()))].clone()
    }

    /// What happens next in `state`.
    pub(crate) fn next(&mut self, state: &State) -> Event {
        self.now_ms += u64::from(self.draw(120)) * 1_000;
        let Some(effect) = state.effect() else { panic!("closed") };
        // Rare enough that most walks get far.
        match self.draw(200) {
            0 | 1 if !state.phase.is_ending() => return Event::Cancelled,
            2..=6 => return Event::Resumed { epoch: state.epoch + 1, worker: "another".into() },
            _ => {}
        }
        if effect.is_outward() && !state.intended {
            return Event::Intended;
        }
        let can_fail = !matches!(effect, Effect::Wait { .. });
        if can_fail && self.draw(12) == 0 {
            return Event::Failed(self.failure());
        }
        self.answer(state, effect)
    }

    fn failure(&mut self) -> Failure {
        let kinds = [
            ErrorKind::Unavailable,
            ErrorKind::Conflict,
            ErrorKind::Invalid,
            ErrorKind::LimitReached,
            ErrorKind::Internal,
            ErrorKind::Cancelled,
        ];
        Failure {
            kind: self.pick(&kinds),
            retry: self.pick(&[Retry::Retryable, Retry::Retryable, Retry::Permanent, Retry::UnknownOutcome]),
            operation: "port.call".to_owned(),
            message: "no".to_owned(),
        }
    }

    fn answer(&mut self, state: &State, effect: Effect) -> Event {
        match effect {
            Effect::Recall => Event::Recalled((self.draw(3) == 0).then(|| Arc::new(self.fix()))),
            Effect::Classify => Event::Classified(self.hypotheses().into()),
            Effect::Analyse => Event::Analysed(Arc::new(self.diagnosis())),
            Effect::Plan => Event::Planned((self.draw(9) != 0).then(|| Arc::new(self.plan()))),
            Effect::Preview => Event::Previewed(self.previews(state).into()),
            Effect::Audit | Effect::Gate => Event::Decided(Arc::new(self.decision())),
            Effect::Rehearse => Event::Rehearsed(self.rehearsal()),
            Effect::AskApproval => Event::Answered(self.approval(state)),
            Effect::Apply { .. } => Event::Applied,
            Effect::Probe { .. } => {
                Event::Probed(self.pick(&[EffectStatus::Applied, EffectStatus::Absent, EffectStatus::Diverged]))
            }
            Effect::Wait { until } => {
                self.now_ms = self.now_ms.max(until.as_millis());
                Event::Waited
            }
            Effect::Verify => Event::Verified(self.verification()),
            Effect::Undo { .. } => Event::Undone(self.undone()),
            Effect::Learn => Event::Learned,
            Effect::Escalate => Event::Escalated { acknowledged: self.draw(2) == 0 },
        }
    }

    fn fix(&mut self) -> ProvenFix {
        let healed = u32::from(self.draw(9)) + 1;
        let mut diagnosis = self.diagnosis();
        diagnosis.source = Source::Memory;
        ProvenFix {
            diagnosis: diagnosis.into(),
            plan: self.plan().into(),
            record: TrackRecord { healed, failed: 0 },
            incident: IncidentId::new("inc-before"),
            at: Timestamp::default(),
        }
    }

    fn diagnosis(&mut self) -> Diagnosis {
        let hypotheses = self.hypotheses();
        let category = self.pick(&[FailureCategory::TEST_FAILURE, FailureCategory::DEPENDENCY_FAILURE]);
        let healed = u32::from(self.draw(100));
        let confidence = TrackRecord { healed, failed: 7 }.posterior(Confidence::new(0.8), 4.0);
        Diagnosis { category, hypotheses: hypotheses.into(), confidence, source: Source::Nothing, reading: None }
    }

    fn hypotheses(&mut self) -> Vec<Hypothesis> {
        let count = self.pick(&[0, 1, 1, 1, 2, 2]);
        (0..count).map(|_| self.hypothesis()).collect()
    }

    fn hypothesis(&mut self) -> Hypothesis {
        let kind = format!("cause_{}", self.draw(4));
        Hypothesis {
            category: FailureCategory::DEPENDENCY_FAILURE,
            cause: RootCause { summary: Untrusted::new(kind.clone()), kind, extracted: Default::default() },
            citations: Vec::new(),
            source: Source::Nothing,
            priority: 50,
            remedies: Vec::new(),
            advice: None,
            reference: None,
        }
    }

    /// One to five steps, of which five are too many; now and then none, a retry, or a step on another target.
    fn plan(&mut self) -> Plan {
        let steps = match self.draw(8) {
            0 => Vec::new(),
            1 => vec![set_value(&ResourceRef::new("fake", "thing", "another"), "k", "v").unwrap()],
            2 => vec![self.retry_step()],
            _ => (0..=self.draw(5)).map(|_| self.step()).collect(),
        };
        let confidence = Confidence::new(f64::from(self.draw(1_000)) / 999.0);
        Plan { steps, rationale: "because".to_owned(), source: Source::Nothing, confidence }
    }

    fn step(&mut self) -> Step {
        let (key, value) = (self.draw(3).to_string(), self.draw(1_000).to_string());
        set_value(&resource(), &key, &value).unwrap()
    }

    fn retry_step(&mut self) -> Step {
        let spec = standard_specs().into_iter().find(|spec| spec.kind == ActionKind::RETRY_STAGE).unwrap();
        let number = |value: u16| Parameter::configured("walk", Value::Integer(i64::from(value)));
        let (attempts, backoff) = (self.draw(6), self.draw(3) * 1_000);
        let parameters = Parameters::from([
            ("attempts".to_owned(), number(attempts)),
            ("initial_backoff_ms".to_owned(), number(backoff)),
        ]);
        let template = self.step();
        Step {
            action: Action::for_tests(&spec, resource(), parameters).unwrap(),
            compensation: Compensation::NothingToUndo,
            retry: StepRetry { attempts: u32::from(attempts), initial_backoff_ms: u64::from(backoff) },
            ..template
        }
    }

    fn previews(&mut self, state: &State) -> Vec<Preview> {
        let steps = state.proposal.as_ref().map_or(0, |proposal| proposal.plan.steps.len());
        let preview = |n: usize| Preview {
            summary: format!("step {n}"),
            changes: Vec::new(),
            fences: Vec::new(),
            blast_radius: BlastRadius::default(),
            undo_hash: None,
            reversibility: Reversibility::Undoable,
        };
        (0..steps).map(preview).collect()
    }

    fn decision(&mut self) -> Decision {
        let verdicts =
            [Verdict::Allow, Verdict::Allow, Verdict::Allow, Verdict::RequireApproval, Verdict::Propose, Verdict::Deny];
        let (verdict, needs_rehearsal) = (self.pick(&verdicts), self.draw(6) == 0);
        Decision { verdict, needs_rehearsal, ..Decision::denied("because", "v1") }
    }

    fn rehearsal(&mut self) -> Rehearsal {
        match self.draw(5) {
            0 => Rehearsal::Failed { facts: Facts::new(), evidence: vec![evidence("error: still")] },
            1 => Rehearsal::InPlace,
            2 => Rehearsal::Unsupported { why: "no copy".to_owned() },
            _ => Rehearsal::Verified { facts: Facts::new() },
        }
    }

    fn approval(&mut self, state: &State) -> Approval {
        let by = "ada".to_owned();
        let shown = state.proposal.as_ref().and_then(|proposal| proposal.hash.clone()).unwrap();
        match self.draw(4) {
            0 => Approval::Refused { by, because: "no".to_owned() },
            1 => Approval::Given { by, plan_hash: shown, at: None },
            2 => Approval::Given { by, plan_hash: PlanHash::of(&self.plan(), &[]), at: None },
            _ => Approval::Pending,
        }
    }

    fn verification(&mut self) -> Verification {
        let held = self.draw(2) == 0;
        let evidence = if held { Vec::new() } else { vec![evidence("error: still")] };
        Verification { held, facts: Facts::new(), evidence, no_data: None }
    }

    fn undone(&mut self) -> Undone {
        match self.draw(8) {
            0 => Undone::ForeignChange { what: "mode".to_owned() },
            1 => Undone::Nothing,
            _ => Undone::Restored,
        }
    }
}
