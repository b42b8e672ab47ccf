//! A failure that no rule explains, and models that know what to do about it: each call takes as long as it is told to, and is noted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use selfheal_core::action::Value;
use selfheal_core::confidence::Autonomy;
use selfheal_core::criterion::SuccessCriterion;
use selfheal_core::diagnosis::{ActionTemplate, ParameterSource, Remedy, RowQuery};
use selfheal_core::error::Result;
use selfheal_core::evidence::Untrusted;
use selfheal_core::facts::Facts;
use selfheal_core::limits::{Limits, ModelLimits};
use selfheal_core::orchestrator::{Orchestrator, OrchestratorBuilder};
use selfheal_core::plan::Compensation;
use selfheal_core::ports::{
    AnswerForm, LlmProvider, LlmRequest, LlmResponse, LookUp, ModelTier, Offer, ReadTool, ReadToolSpec, Repertoire,
    TokenUsage,
};
use selfheal_core::spending::{Amount, CallEnd, Ceilings, Meter, PlannedCall, Price};
use selfheal_core::testing::SET_VALUE;
use serde_json::{Value as Json, json};

use crate::incident::{InMemoryPorts, SET};

/// How long the calls take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Of a small model.
    pub small: Duration,
    /// Of a large one.
    pub large: Duration,
}

/// Models that answer well about [`incident::signals`](crate::incident::signals).
#[derive(Debug)]
pub struct Models {
    pace: Pace,
    /// Whether the analyst asks for something else to read first.
    looks_up: bool,
    calls: AtomicU64,
    auditor_asked: Mutex<Option<Instant>>,
}

impl Models {
    /// Models at that pace.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self { pace, looks_up: false, calls: AtomicU64::new(0), auditor_asked: Mutex::default() }
    }

    /// The same, whose analyst can't tell from the log alone.
    #[must_use]
    pub fn looking_up(self) -> Self {
        Self { looks_up: true, ..self }
    }

    /// How often they were called.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// When the auditor was asked last: all that comes before its opinion is done.
    #[must_use]
    pub fn auditor_asked(&self) -> Option<Instant> {
        *self.auditor_asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, agent: &str, schema: &Json, request: &LlmRequest) -> Json {
        match agent {
            "classifier" => json!({ "category": "missing_configuration" }),
            "analyst" => analysis(request, schema, self.looks_up),
            "strategist" => json!({
                "choice": "set-limit/1",
                "inputs": [],
                "rationale": "The limit is not set; this sets it to a value that exists.",
                "advice": "Set the limit.",
            }),
            _ => json!({ "objects": false, "because": "it sets the one value that is missing" }),
        }
    }
}

fn analysis(request: &LlmRequest, schema: &Json, looks_up: bool) -> Json {
    let mut lines = request.messages.iter().flat_map(|message| message.content().lines());
    let place = lines.find_map(|line| line.split_once("| ").filter(|(_, text)| text.contains("expected `limit`")));
    let may_look = schema["properties"].get("wanted").is_some();
    let mut answer = json!({
        "conclusive": !(looks_up && may_look),
        "category": "missing_configuration",
        "cause": "limit_not_set",
        "summary": "`limit` is not set for the order service.",
        "advice": "Set `limit`.",
        "citations": [place.map_or("", |(place, _)| place)],
        "fields": [],
    });
    if may_look {
        answer["wanted"] = json!([]);
    }
    answer
}

#[async_trait]
impl LlmProvider for Models {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let planned = PlannedCall {
            provider: "scripted",
            model: request.tier.as_str(),
            input_tokens: request.input_bytes() as u64,
            output_tokens: u64::from(request.max_output_tokens),
            price: Price::default(),
        };
        let call = meter.begin(&planned).await?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let (agent, schema) = match &request.form {
            AnswerForm::Json { name, schema } => (name.as_str(), schema),
            AnswerForm::Text => ("", &Json::Null),
        };
        if agent == "auditor" {
            *self.auditor_asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now());
        }
        let delay = if request.tier == ModelTier::Small { self.pace.small } else { self.pace.large };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let content = self.answer(agent, schema, request).to_string();
        let usage = TokenUsage { input: tokens(request.input_bytes()), output: tokens(content.len()) };
        call.ended(CallEnd::Answered { usage });
        let model = request.tier.as_str().to_owned();
        Ok(LlmResponse { content: Untrusted::new(content), tool_calls: Vec::new(), usage, model })
    }
}

#[allow(clippy::disallowed_methods, reason = "a bench measures wall time")]
fn now() -> Instant {
    Instant::now()
}

fn tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX)
}

/// An orchestrator without rules that asks `models`; what policy allows is done, however unsure it is.
pub fn builder(ports: &InMemoryPorts, models: Arc<dyn LlmProvider>) -> OrchestratorBuilder {
    Orchestrator::builder()
        .memory(Arc::clone(&ports.memory))
        .candidates(Arc::clone(&ports.candidates))
        .policy(Arc::clone(&ports.policy))
        .executor(Arc::clone(&ports.executor))
        .probe(Arc::clone(&ports.probe))
        .repertoire(Arc::new(SetLimit))
        .read_tool(Arc::new(Commits::default()))
        .model(models)
        .autonomy(Autonomy { threshold: 0.001, floor: 0.0, suggest_below: 0, ..Autonomy::default() })
}

/// Bounds for so many incidents at once, whose models may take whatever they need.
#[must_use]
pub fn generous(incidents: usize) -> Limits {
    let plenty = Amount { calls: 1 << 32, tokens: 1 << 40, micro_usd: 1 << 40 };
    let ceilings = Ceilings { per_day: plenty, ..Ceilings::default() };
    Limits {
        concurrent_incidents: incidents,
        models: ModelLimits { ceilings, ..ModelLimits::default() },
        ..Limits::default()
    }
}

/// The operator's one remedy: one of the observed values.
struct SetLimit;

#[async_trait]
impl Repertoire for SetLimit {
    async fn offers(&self, _: &Facts) -> Result<Vec<Offer>> {
        let key = ParameterSource::Value(Value::Text("limit".to_owned()));
        let value = ParameterSource::Row("value".to_owned());
        let parameters = BTreeMap::from([("key".to_owned(), key), ("value".to_owned(), value)]);
        let remedy = Remedy {
            from: Some(RowQuery { set: SET.to_owned(), given: BTreeMap::new() }),
            actions: vec![ActionTemplate { kind: SET_VALUE, parameters }],
            criteria: vec![SuccessCriterion::Probe("healthy".to_owned())],
            compensation: Compensation::Undo,
        };
        Ok(vec![Offer {
            id: "set-limit/1".to_owned(),
            what: "Sets the limit of the order service.".to_owned(),
            inputs: Vec::new(),
            remedy: Arc::new(remedy),
        }])
    }
}

/// What changed lately; takes no argument.
struct Commits(ReadToolSpec);

impl Default for Commits {
    fn default() -> Self {
        Self(ReadToolSpec {
            name: "recent_commits".to_owned(),
            description: "The last commits.".to_owned(),
            categories: Vec::new(),
            arguments: Vec::new(),
        })
    }
}

#[async_trait]
impl ReadTool for Commits {
    fn spec(&self) -> &ReadToolSpec {
        &self.0
    }

    async fn look(&self, _: &LookUp<'_>) -> Result<Untrusted<String>> {
        Ok(Untrusted::new("1f2e3d4 orders: read the limit from the configuration\n".to_owned()))
    }
}
