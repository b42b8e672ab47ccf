//! An office: people who are asked over a ledger, and a policy that asks them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::approval::{self, Desk, Refusal, Reply, Request, Taken};
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::engine::State;
use selfheal_core::error::Result;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, OrchestratorBuilder, Report};
use selfheal_core::ports::{Clock, Journal, Moment, PolicyEngine, PolicyQuestion, Reach};
use selfheal_core::testing::{FakePeople, ScriptedRunbooks};
use selfheal_detect::redact::Redactor;

use super::{Scene, hypothesis, replay, signal};

/// Asks people about everything, under a version that a test may change; keeps what it was asked about.
pub(crate) struct AskPeople {
    pub(crate) version: Mutex<&'static str>,
    pub(crate) audited: Mutex<Vec<usize>>,
}

#[async_trait]
impl PolicyEngine for AskPeople {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        self.audited.lock().unwrap().push(question.plan.steps.len());
        Ok(Decision::new(Verdict::RequireApproval, "people decide", *self.version.lock().unwrap()))
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }
}

/// The scene with people to ask: Rita runs the healer, Ada and Bob answer.
pub(crate) struct Office {
    pub(crate) scene: Scene,
    pub(crate) people: FakePeople,
    pub(crate) policy: Arc<AskPeople>,
    ledger: Arc<InMemoryLedger>,
    host: Orchestrator,
}

impl Office {
    /// Healers know these remedies.
    pub(crate) fn knowing(remedies: &[&[(&str, &str)]]) -> Self {
        let scene = Scene::broken();
        let people = FakePeople::of(&[("ada", &[]), ("bob", &[]), ("rita", &[])]);
        let policy = Arc::new(AskPeople { version: Mutex::new("v1"), audited: Mutex::default() });
        let ledger: Arc<InMemoryLedger> = Arc::default();
        let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", remedies)]]);
        let host: OrchestratorBuilder = scene.host().policy(policy.clone()).runbooks(Arc::new(runbooks));
        let desk = Desk::new(ledger.clone(), Arc::new(people.clone())).on_behalf_of("rita");
        let host = host.approver(Arc::new(desk)).build().unwrap();
        Self { scene, people, policy, ledger, host }
    }

    /// A desk of another process.
    pub(crate) fn desk(&self) -> Desk {
        Desk::new(self.ledger.clone(), Arc::new(self.people.clone()))
    }

    /// Heals until people are asked.
    pub(crate) async fn open(&self) -> Report {
        self.host.heal(signal(), &Cancellation::new()).await.unwrap()
    }

    /// Looks whether they answered.
    pub(crate) async fn go_on(&self) -> Report {
        let lease = self.scene.journal.lease(&self.scene.journal.incidents()[0], &self.host.claim()).await.unwrap();
        self.host.resume(lease, &Cancellation::new()).await.unwrap()
    }

    pub(crate) async fn state(&self) -> State {
        replay(&self.scene.records().await).unwrap()
    }

    /// What people are asked now.
    pub(crate) async fn asked(&self) -> Request {
        Request::awaited(&self.state().await).unwrap()
    }

    /// `by` answers what is asked now.
    pub(crate) async fn say(&self, by: &str, reply: Reply) -> Result<Taken, Refusal> {
        self.say_to(&self.asked().await, by, reply).await
    }

    /// `by` answers `request`, whatever is asked now.
    pub(crate) async fn say_to(&self, request: &Request, by: &str, reply: Reply) -> Result<Taken, Refusal> {
        let signed = self.people.says(by, request, reply);
        let (state, now) = (self.state().await, self.scene.clock.now());
        approval::answer(self.ledger.as_ref(), &self.people, &Redactor::default(), &[], &state, signed, now).await
    }
}
