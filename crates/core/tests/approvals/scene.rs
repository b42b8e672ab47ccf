//! An incident that waits for an approval, and people.

use std::sync::Arc;

use selfheal_core::action::Reversibility;
use selfheal_core::allowed::Allowed;
use selfheal_core::approval::{Answer, Docket, Reply, Request, SignedAnswer, Stage, Terms};
use selfheal_core::confidence::Confidence;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::diagnosis::{Diagnosis, Source};
use selfheal_core::engine::{self, Event, State};
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::limits::Limits;
use selfheal_core::plan::{BlastRadius, Change, Plan, Preview};
use selfheal_core::ports::{ApprovalQuestion, Entry, Note, Rehearsal};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{FakePeople, SET_VALUE, set_value, wrong_value};
use selfheal_core::time::Timestamp;

/// When requests of these tests end, in milliseconds.
pub(crate) const DEADLINE: u64 = 1_000;

pub(crate) const REQUESTER: &str = "rita";
pub(crate) const HEALER: &str = "healer";

/// A gate that asked people: under which policy, in which words, where.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) incident: IncidentId,
    pub(crate) environment: Environment,
    pub(crate) policy: &'static str,
    pub(crate) terms: Terms,
    pub(crate) deadline: u64,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            incident: IncidentId::new("inc-1"),
            environment: Environment::Production,
            policy: "v1",
            terms: Terms::default(),
            deadline: DEADLINE,
        }
    }
}

impl Gate {
    /// The same, with these stages.
    pub(crate) fn asking(stages: &[(u32, &[&str])]) -> Self {
        let roles = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect();
        let stages = stages.iter().map(|(k, names)| Stage { k: *k, roles: roles(names) }).collect();
        Self { terms: Terms { stages, ttl_ms: None }, ..Self::default() }
    }

    /// The incident as its history leads to it: it waits for people.
    pub(crate) fn waiting(&self) -> State {
        let at = Timestamp::default();
        let events = [
            Event::Recalled(None),
            Event::Classified(Arc::from([wrong_value("mode", "good")])),
            Event::Analysed(Arc::new(diagnosis())),
            Event::Planned(Some(Arc::new(plan()))),
            Event::Previewed(previews()),
            Event::Decided(self.decision()),
            Event::Rehearsed(Rehearsal::InPlace),
            Event::Decided(self.decision()),
        ];
        let opened = engine::transition(None, at, self.opened()).unwrap().0;
        events.into_iter().fold(opened, |state, event| engine::transition(Some(state), at, event).unwrap().0)
    }

    fn opened(&self) -> Event {
        let resource = thing();
        let incident = Incident {
            id: self.incident.clone(),
            fingerprint: Fingerprint::from_hex("00"),
            resource: resource.clone(),
            environment: self.environment.clone(),
            severity: Severity::Error,
            facts: Facts::new(),
            evidence: Vec::new(),
            observed_at: Timestamp::default(),
            opened_at: Timestamp::default(),
        };
        let limits = Limits { approval_ttl: std::time::Duration::from_millis(self.deadline), ..Limits::default() };
        let allowed = Allowed::for_tests(resource, [SET_VALUE]);
        Event::Opened { incident: Arc::new(incident), seed: 1, limits: Arc::new(limits), allowed: Arc::new(allowed) }
    }

    fn decision(&self) -> Arc<Decision> {
        let mut decision = Decision::new(Verdict::RequireApproval, "people decide", self.policy);
        decision.approval = Some(self.terms.clone());
        Arc::new(decision)
    }

    /// The request as the desk notes it.
    pub(crate) fn request(&self) -> Request {
        let awaited = Request::awaited(&self.waiting()).unwrap();
        Request { requester: Some(REQUESTER.to_owned()), healer: HEALER.to_owned(), ..awaited }
    }
}

fn diagnosis() -> Diagnosis {
    Diagnosis {
        category: selfheal_core::category::FailureCategory::MISSING_CONFIGURATION,
        hypotheses: [wrong_value("mode", "good")].into(),
        confidence: Confidence::NONE,
        source: Source::Nothing,
        reading: None,
    }
}

pub(crate) fn thing() -> ResourceRef {
    ResourceRef::new("fake", "thing", "one")
}

/// Two steps: `mode` and `size`.
pub(crate) fn plan() -> Plan {
    let step = |key: &str| set_value(&thing(), key, "good").unwrap();
    Plan {
        steps: vec![step("mode"), step("size")],
        rationale: "both are wrong".to_owned(),
        source: Source::Nothing,
        confidence: Confidence::NONE,
    }
}

fn previews() -> Arc<[Preview]> {
    let preview = |key: &str| Preview {
        summary: key.to_owned(),
        changes: vec![Change { what: key.to_owned(), before: None, after: None, diff: String::new() }],
        fences: Vec::new(),
        blast_radius: BlastRadius { resources: 1, changes: 1, lines_added: 1, lines_removed: 0 },
        undo_hash: None,
        reversibility: Reversibility::Undoable,
    };
    Arc::from([preview("mode"), preview("size")])
}

/// What the orchestrator of `state` asks at `at`.
pub(crate) fn question<'a>(state: &'a State, healer: &'a str, at: u64) -> ApprovalQuestion<'a> {
    let proposal = state.proposal.as_ref().unwrap();
    let engine::Phase::AwaitingApproval { deadline } = state.phase else { panic!("{:?}", state.phase) };
    ApprovalQuestion {
        incident: &state.incident,
        round: state.counters.plans,
        plan: &proposal.plan,
        previews: &proposal.previews,
        plan_hash: proposal.hash.as_ref().unwrap(),
        decision: proposal.decision.as_ref().unwrap(),
        healer,
        at: Timestamp::from_millis(at),
        deadline,
        until: state.answers_count_until().unwrap(),
        specs: &[],
    }
}

/// Ada and Bob run services, Dana owns databases, Sam does both, Rita asked.
pub(crate) fn people() -> FakePeople {
    FakePeople::of(&[
        ("ada", &["sre"]),
        ("bob", &["sre"]),
        ("dana", &["dba"]),
        ("sam", &["sre", "dba"]),
        ("guest", &[]),
        (REQUESTER, &["sre", "dba"]),
        (HEALER, &["sre", "dba"]),
    ])
}

/// What was noted, one entry per millisecond from 0 on.
pub(crate) fn docket(notes: Vec<Note>) -> Docket {
    let entry = |(sequence, note)| Entry { sequence, at: Timestamp::from_millis(sequence), note };
    Docket::new((0..).zip(notes).map(entry).collect())
}

pub(crate) fn requested(request: &Request) -> Note {
    Note::Requested(Arc::new(request.clone()))
}

pub(crate) fn answered(signed: SignedAnswer) -> Note {
    Note::Answered(Arc::new(signed))
}

pub(crate) fn redeemed(request: &Request) -> Note {
    let (round, plan_hash) = (request.round, request.plan_hash.clone());
    Note::Redeemed { request: request.id(), round, plan_hash, by: vec!["ada".to_owned()] }
}

pub(crate) fn reject() -> Reply {
    Reply::Reject { because: "not on a Friday".to_owned() }
}

pub(crate) fn respond() -> Reply {
    Reply::Respond { text: "look at the size first".to_owned() }
}

/// An answer that `by` signed although it is not the one that was asked for.
pub(crate) fn forged(request: &Request, by: &str, change: impl FnOnce(&mut Answer)) -> SignedAnswer {
    let mut answer = Answer::to(request, by, Reply::Accept);
    change(&mut answer);
    FakePeople::signed(&format!("key of {by}"), answer)
}
