//! Fakes of the ports that do what a test tells them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::action::ActionKind;
use crate::criterion::Observation;
use crate::decision::{Clearance, Decision, Verdict};
use crate::diagnosis::Hypothesis;
use crate::error::{Error, ErrorKind, Result};
use crate::evidence::Untrusted;
use crate::facts::Facts;
use crate::ports::{
    AnswerForm, CandidateQuery, Candidates, Case, Clock, Entropy, HealthProbe, LlmProvider, LlmRequest, LlmResponse,
    Moment, PolicyEngine, PolicyQuestion, ProbeRequest, Reach, Row, Runbooks, TokenUsage,
};
use crate::spending::{CallEnd, Meter, PlannedCall, Price};
use crate::time::Timestamp;

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers in order, then the last one for ever.
#[derive(Debug)]
struct Script<T>(Mutex<Vec<T>>);

impl<T: Clone> Script<T> {
    fn new(mut answers: Vec<T>) -> Self {
        answers.reverse();
        Self(Mutex::new(answers))
    }

    fn next(&self) -> Option<T> {
        let mut answers = held(&self.0);
        if answers.len() > 1 { answers.pop() } else { answers.last().cloned() }
    }
}

/// Explains every case with the same hypotheses, or with one list after the other.
#[derive(Debug)]
pub struct ScriptedRunbooks(Script<Vec<Hypothesis>>);

impl ScriptedRunbooks {
    /// One list per call; the last one stays.
    #[must_use]
    pub fn new(answers: Vec<Vec<Hypothesis>>) -> Self {
        Self(Script::new(answers))
    }
}

#[async_trait]
impl Runbooks for ScriptedRunbooks {
    async fn explain(&self, _: &Case<'_>) -> Result<Vec<Hypothesis>> {
        Ok(self.0.next().unwrap_or_default())
    }
}

/// Offers rows by set name.
#[derive(Debug, Default)]
pub struct ScriptedCandidates(pub BTreeMap<String, Vec<Row>>);

#[async_trait]
impl Candidates for ScriptedCandidates {
    async fn rows(&self, query: &CandidateQuery) -> Result<Vec<Row>> {
        let rows = self.0.get(&query.set).cloned();
        rows.ok_or_else(|| Error::new(ErrorKind::Unsupported, "candidates.rows", "unknown set"))
    }
}

/// Allows everything; for tests only.
#[derive(Debug, Default)]
pub struct AllowAll;

#[async_trait]
impl PolicyEngine for AllowAll {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(saying(Verdict::Allow))
    }
}

/// Gives one verdict after the other; the last one stays.
#[derive(Debug)]
pub struct ScriptedPolicy(Script<Verdict>);

impl ScriptedPolicy {
    /// The verdicts, in order.
    #[must_use]
    pub fn new(verdicts: Vec<Verdict>) -> Self {
        Self(Script::new(verdicts))
    }
}

#[async_trait]
impl PolicyEngine for ScriptedPolicy {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(saying(self.0.next().unwrap_or(Verdict::Deny)))
    }
}

fn saying(verdict: Verdict) -> Decision {
    let rationale = format!("scripted: {verdict:?}");
    Decision::new(verdict, rationale, "test")
}

/// Sees one state of health after the other; the last one stays.
#[derive(Debug)]
pub struct ScriptedProbe(Script<Observation>);

impl ScriptedProbe {
    /// The observations, in order.
    #[must_use]
    pub fn new(observations: Vec<Observation>) -> Self {
        Self(Script::new(observations))
    }

    /// Healthy or not, in order.
    #[must_use]
    pub fn healthy(states: &[bool]) -> Self {
        let seen = |healthy: &bool| match healthy {
            true => Observation::Healthy { facts: Facts::new() },
            false => Observation::Unhealthy { facts: Facts::new(), evidence: Vec::new() },
        };
        Self::new(states.iter().map(seen).collect())
    }
}

#[async_trait]
impl HealthProbe for ScriptedProbe {
    async fn observe(&self, _: &ProbeRequest<'_>) -> Result<Observation> {
        Ok(self.0.next().unwrap_or(Observation::NoData { why: "no script".to_owned() }))
    }
}

/// Says one text after the other; the last one stays.
#[derive(Debug)]
pub struct ScriptedModel(Script<String>);

impl ScriptedModel {
    /// The answers, in order.
    #[must_use]
    pub fn new(answers: Vec<String>) -> Self {
        Self(Script::new(answers))
    }
}

#[async_trait]
impl LlmProvider for ScriptedModel {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        // A token is counted as four bytes, rounded up: close enough to enforce a bound in tests.
        let input = u32::try_from(request.input_bytes().div_ceil(4)).unwrap_or(u32::MAX);
        let call = meter
            .begin(&PlannedCall {
                provider: "scripted",
                model: "scripted",
                input_tokens: request.input_bytes() as u64,
                output_tokens: u64::from(request.max_output_tokens),
                price: Price::default(),
            })
            .await?;
        let content = self.0.next().unwrap_or_default();
        let output = u32::try_from(content.len().div_ceil(4)).unwrap_or(u32::MAX);
        let usage = TokenUsage { input, output };
        call.ended(CallEnd::Answered { usage });
        if output > request.max_output_tokens {
            return Err(Error::new(ErrorKind::LimitReached, "llm.complete", "the answer is longer than allowed"));
        }
        let json = matches!(request.form, AnswerForm::Json { .. });
        if json && serde_json::from_str::<serde_json::Value>(&content).is_err() {
            return Err(Error::new(ErrorKind::Invalid, "llm.complete", "the answer is not JSON"));
        }
        let content = Untrusted::new(content);
        Ok(LlmResponse { content, tool_calls: Vec::new(), usage, model: "scripted".to_owned() })
    }
}

/// A clock that moves only when somebody waits on it.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Lets time pass without anybody waiting on it: a machine that was suspended.
    pub fn advance_to(&self, at: Timestamp) {
        self.0.fetch_max(at.as_millis(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, at: Timestamp) {
        // A pending future first, so that a race against an answer that is ready is lost.
        let mut yielded = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        self.0.fetch_max(at.as_millis(), Ordering::SeqCst);
    }
}

/// The same sequence for the same seed.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// Starts at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn next_u64(&self) -> u64 {
        // Weyl sequence with the golden ratio: distinct for 2^64 draws.
        self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst)
    }
}
