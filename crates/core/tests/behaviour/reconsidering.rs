//! What was decided is decided again where it may have been overtaken before anything came of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::approval::{Stage, Terms};
use selfheal_core::decision::{Clearance, Decision, RuleVoice, Verdict};
use selfheal_core::engine::{Event, Outcome, Phase, Trouble};
use selfheal_core::error::Result;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, Report};
use selfheal_core::plan::{Plan, PlanHash};
use selfheal_core::ports::{
    Approval, ApprovalQuestion, Approver, EffectClass, Journal, Moment, PolicyEngine, PolicyQuestion, Reach,
};
use selfheal_core::testing::unavailable;
use selfheal_core::time::Timestamp;

use crate::scene::{Answers, Scene, escalated, signal};

/// Says what the test wants it to say, and holds each application, or each further start, while it is told to.
pub(crate) struct Changing {
    says: Mutex<Box<dyn Fn() -> Result<Decision> + Send>>,
    holds: AtomicBool,
    holds_retries: AtomicBool,
    asked: AtomicUsize,
}

impl Changing {
    pub(crate) fn saying(says: impl Fn() -> Result<Decision> + Send + 'static) -> Arc<Self> {
        Arc::new(Self {
            says: Mutex::new(Box::new(says)),
            holds: AtomicBool::new(false),
            holds_retries: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn now_says(&self, says: impl Fn() -> Result<Decision> + Send + 'static) {
        *self.says.lock().unwrap() = Box::new(says);
    }

    pub(crate) fn hold(&self, holds: bool) {
        self.holds.store(holds, Ordering::SeqCst);
    }

    pub(crate) fn hold_retries(&self, holds: bool) {
        self.holds_retries.store(holds, Ordering::SeqCst);
    }
}

#[async_trait]
impl PolicyEngine for Changing {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        (self.says.lock().unwrap())()
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        let held = match moment.effect {
            EffectClass::Apply => self.holds.load(Ordering::SeqCst),
            EffectClass::Retry => self.holds_retries.load(Ordering::SeqCst),
            _ => false,
        };
        let hold = || Clearance::Hold { until: Some(tomorrow()), because: "a freeze".to_owned() };
        Ok(if held { hold() } else { Clearance::Clear })
    }
}

pub(crate) fn tomorrow() -> Timestamp {
    Timestamp::default().after(Duration::from_secs(86_400))
}

pub(crate) fn says(verdict: Verdict, version: &'static str) -> impl Fn() -> Result<Decision> {
    move || Ok(Decision::new(verdict, "by a rule", version))
}

fn host(scene: &Scene, policy: &Arc<Changing>, answers: Answers) -> Orchestrator {
    let runbooks = vec![vec![crate::scene::hypothesis("bad_mode", &[&[("mode", "good")]])]];
    let host = scene.host().policy(policy.clone()).approver(Arc::new(answers));
    host.runbooks(Arc::new(selfheal_core::testing::ScriptedRunbooks::new(runbooks))).build().unwrap()
}

async fn open(host: &Orchestrator) -> Report {
    host.heal(signal(), &Cancellation::new()).await.unwrap()
}

async fn go_on(scene: &Scene, host: &Orchestrator) -> Report {
    let lease = scene.journal.lease(&scene.journal.incidents()[0], &host.claim()).await.unwrap();
    host.resume(lease, &Cancellation::new()).await.unwrap()
}

#[tokio::test]
async fn a_plan_that_was_held_is_not_applied_under_a_policy_that_denies_it_now() {
    for verdict in [Verdict::Allow, Verdict::RequireApproval] {
        let scene = Scene::broken();
        let policy = Changing::saying(says(verdict, "v1"));
        policy.hold(true);
        let host = host(&scene, &policy, Answers::new(&[Answers::yes]));
        assert_eq!(open(&host).await.state.phase.name(), "back off", "{verdict:?}");
        policy.now_says(says(Verdict::Deny, "v2"));
        policy.hold(false);
        scene.clock.advance_to(tomorrow());
        let report = go_on(&scene, &host).await;
        assert_eq!(report.outcome().cloned(), escalated(Trouble::Denied), "{verdict:?}");
        assert_eq!(scene.executor.count("apply 0"), 0, "{verdict:?}");
    }
}

#[tokio::test]
async fn a_plan_that_was_held_is_applied_without_more_ado_if_policy_says_the_same() {
    for verdict in [Verdict::Allow, Verdict::RequireApproval] {
        let scene = Scene::broken();
        let policy = Changing::saying(says(verdict, "v1"));
        policy.hold(true);
        let host = host(&scene, &policy, Answers::new(&[Answers::yes]));
        open(&host).await;
        policy.hold(false);
        scene.clock.advance_to(tomorrow());
        assert_eq!(go_on(&scene, &host).await.outcome(), Some(&Outcome::Healed), "{verdict:?}");
        assert_eq!(scene.executor.count("rehearse"), 1, "{verdict:?}");
    }
}

#[tokio::test]
async fn policies_that_take_turns_while_a_plan_is_held_end_with_a_person() {
    let scene = Scene::broken();
    let turn = AtomicUsize::new(0);
    // Allowed under each version; another one each time it is asked.
    let policy = Changing::saying(move || {
        let version = if turn.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) { "v1" } else { "v2" };
        Ok(Decision::new(Verdict::Allow, "by a rule", version))
    });
    policy.hold(true);
    let host = host(&scene, &policy, Answers::new(&[Answers::yes]));
    let mut report = open(&host).await;
    policy.hold(false);
    scene.clock.advance_to(tomorrow());
    for _ in 0..20 {
        if report.outcome().is_none() {
            report = go_on(&scene, &host).await;
        }
    }
    assert!(report.outcome().is_some(), "{:?}", report.state.phase);
}

#[tokio::test]
async fn an_engine_that_fails_for_a_moment_takes_nothing_back_that_people_were_asked() {
    let scene = Scene::broken();
    let policy = Changing::saying(says(Verdict::RequireApproval, "v1"));
    let host = host(&scene, &policy, Answers::new(&[Answers::later, Answers::yes]));
    let parked = open(&host).await;
    let records = scene.records().await.len();
    policy.now_says(|| Err(unavailable("policy.decide")));
    assert_eq!(go_on(&scene, &host).await.state.phase, parked.state.phase);
    assert_eq!(scene.records().await.len(), records, "looking is no event");
    policy.now_says(says(Verdict::RequireApproval, "v1"));
    assert_eq!(go_on(&scene, &host).await.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.executor.count("rehearse"), 1);
}

#[tokio::test]
async fn policies_that_take_turns_move_no_deadline_and_end_with_a_person() {
    let scene = Scene::broken();
    let policy = Changing::saying(says(Verdict::RequireApproval, "v1"));
    let host = host(&scene, &policy, Answers::new(&[Answers::later]));
    let mut report = open(&host).await;
    let Phase::AwaitingApproval { deadline } = report.state.phase else { panic!("{:?}", report.state.phase) };
    for turn in 0..20_u64 {
        scene.clock.advance_to(Timestamp::default().after(Duration::from_secs(30 * turn)));
        policy.now_says(says(Verdict::RequireApproval, if turn % 2 == 0 { "v2" } else { "v1" }));
        report = go_on(&scene, &host).await;
        match report.state.phase {
            Phase::AwaitingApproval { deadline: now } => assert_eq!(now, deadline),
            _ => break,
        }
    }
    assert!(matches!(report.trouble(), Some(Trouble::Refused { because }) if because.contains("policy was")));
    let rehearsals = usize::try_from(Limits::default().rejections_per_incident).unwrap();
    assert_eq!(scene.executor.count("rehearse"), rehearsals);
}

#[tokio::test]
async fn a_policy_that_wants_fewer_retries_or_a_rehearsal_now_is_another_answer() {
    let retries = || Ok(Decision { max_attempts: Some(1), ..Decision::new(Verdict::RequireApproval, "", "v1") });
    let rehearsal = || Ok(Decision { needs_rehearsal: true, ..Decision::new(Verdict::RequireApproval, "", "v1") });
    for now in [retries as fn() -> Result<Decision>, rehearsal] {
        let scene = Scene::broken();
        let policy = Changing::saying(says(Verdict::RequireApproval, "v1"));
        let host = host(&scene, &policy, Answers::new(&[Answers::later]));
        open(&host).await;
        policy.now_says(now);
        go_on(&scene, &host).await;
        let outdated = |event: &Event| matches!(event, Event::Answered(Approval::Outdated { .. }));
        assert!(scene.events().await.iter().any(outdated));
    }
}

/// Fails the first calls, then agrees.
struct Failing(AtomicUsize, usize);

#[async_trait]
impl Approver for Failing {
    async fn ask(&self, question: &ApprovalQuestion<'_>) -> Result<Approval> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 if self.1 == 0 => Ok(Approval::Pending),
            call if call <= self.1.max(1) => Err(unavailable("ledger.read")),
            _ => Ok(Approval::Given { by: "ada".to_owned(), plan_hash: question.plan_hash.clone(), at: None }),
        }
    }
}

#[tokio::test]
async fn a_ledger_that_is_out_of_reach_for_a_while_ends_no_request() {
    for failures in [0, 5] {
        let scene = Scene::broken();
        let policy = Changing::saying(says(Verdict::RequireApproval, "v1"));
        let runbooks = vec![vec![crate::scene::hypothesis("bad_mode", &[&[("mode", "good")]])]];
        let host = scene.host().policy(policy).approver(Arc::new(Failing(AtomicUsize::new(0), failures)));
        let host = host.runbooks(Arc::new(selfheal_core::testing::ScriptedRunbooks::new(runbooks))).build().unwrap();
        let mut report = open(&host).await;
        for _ in 0..2 {
            if report.outcome().is_none() {
                report = go_on(&scene, &host).await;
            }
        }
        assert_eq!(report.outcome(), Some(&Outcome::Healed), "{failures}");
    }
}

#[tokio::test]
async fn what_a_person_narrowed_is_asked_of_as_many_as_before_though_policy_would_allow_it_now() {
    fn narrowed(_: &PlanHash) -> Approval {
        let target = crate::scene::thing();
        let plan = Plan {
            steps: vec![selfheal_core::testing::set_value(&target, "mode", "good").unwrap()],
            rationale: "narrowed".to_owned(),
            source: selfheal_core::diagnosis::Source::Nothing,
            confidence: selfheal_core::confidence::Confidence::NONE,
        };
        Approval::Edited { by: "ada".to_owned(), plan: Arc::new(plan) }
    }
    let scene = Scene::broken();
    let two = Terms { stages: vec![Stage { k: 2, roles: Vec::new() }], ttl_ms: None };
    let asked = AtomicUsize::new(0);
    let terms = two.clone();
    // Audit, gate, and once more before the answer counts; what is left is allowed.
    let policy = Changing::saying(move || {
        let first = asked.fetch_add(1, Ordering::SeqCst) < 3;
        let verdict = if first { Verdict::RequireApproval } else { Verdict::Allow };
        Ok(Decision { approval: first.then(|| terms.clone()), ..Decision::new(verdict, "by a rule", "v1") })
    });
    let report = open(&host(&scene, &policy, Answers::new(&[narrowed, Answers::later]))).await;
    assert!(matches!(report.state.phase, Phase::AwaitingApproval { .. }), "{:?}", report.state.phase);
    let decision = report.state.proposal.as_ref().unwrap().decision.as_ref().unwrap();
    assert_eq!((decision.verdict, decision.approval.as_ref()), (Verdict::RequireApproval, Some(&two)));
    assert_eq!(scene.executor.count("apply 0"), 0);
}

#[tokio::test]
async fn a_decision_by_ten_thousand_rules_is_kept_as_those_that_decided() {
    let scene = Scene::broken();
    let policy = Changing::saying(|| {
        let voice = |n: usize| RuleVoice {
            rule: format!("team/{n}"),
            verdict: Verdict::Allow,
            step: 0,
            because: "x".repeat(1 << 13),
        };
        Ok(Decision::new(Verdict::Allow, "y".repeat(1 << 20), "v1").with_rules((0..10_000).map(voice).collect()))
    });
    let report = open(&host(&scene, &policy, Answers::new(&[Answers::later]))).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    let kept = serde_json::to_string(&report.tried()[0].proposal.decision).unwrap();
    assert!(kept.len() < 1 << 20, "{} bytes", kept.len());
    assert!(kept.contains("more rules spoke"));
}
