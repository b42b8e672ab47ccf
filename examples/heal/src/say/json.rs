//! The one JSON object of `--json`.

use std::io::Write;
use std::time::Duration;

use selfheal_core::diagnosis::Source;
use selfheal_core::engine::{Proposal, TriedResult};
use serde::Serialize;

use crate::records::when;
use crate::run::{Consulted, RunResult, Waiting};

#[derive(Serialize)]
struct Object<'a> {
    outcome: &'a str,
    incident: Option<&'a str>,
    /// Empty if nothing failed.
    category: &'a str,
    /// Empty if nothing failed, or nothing known explains it.
    root_cause: &'a str,
    /// Which knowledge the diagnosis came from: `runbook`, `memory` (nothing was diagnosed), `model`; null if nothing is known.
    source: Option<&'static str>,
    flaky: bool,
    confidence: f64,
    actions: Vec<ActionObject>,
    attempts: u32,
    command_exit: i32,
    diff: String,
    patch: Option<String>,
    reason: Option<&'a str>,
    escalation: Option<&'a str>,
    /// Null unless people are asked.
    approval: Option<ApprovalObject<'a>>,
    /// Null unless the pipeline failed less often than a recovery policy asks for.
    failures: Option<FailuresObject<'a>>,
    model_calls: u64,
    /// Null unless language models were asked.
    models: Option<ModelsObject<'a>>,
    timings_ms: TimingsObject,
}

/// What language models were asked, and what it took.
#[derive(Serialize)]
struct ModelsObject<'a> {
    /// Who answered.
    answered: Vec<&'a str>,
    calls: u64,
    /// Calls that a cache spared.
    cached: usize,
    tokens: u64,
    /// 0 where no prices are configured.
    cost_usd: f64,
    in_vain: Vec<InVainObject<'a>>,
}

/// A question that had no answer that could be used.
#[derive(Serialize)]
struct InVainObject<'a> {
    agent: String,
    /// Whether something was answered at all.
    answered: bool,
    why: &'a str,
}

/// What people are asked.
#[derive(Serialize)]
struct ApprovalObject<'a> {
    plan: &'a str,
    who: &'a str,
    deadline: String,
}

#[derive(Serialize)]
struct FailuresObject<'a> {
    in_a_row: u32,
    threshold: u32,
    policy: &'a str,
}

#[derive(Serialize)]
struct ActionObject {
    kind: String,
    target: String,
    summary: String,
    result: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct TimingsObject {
    detect: f64,
    diagnose: f64,
    plan: f64,
    audit: f64,
    rehearse: f64,
    execute: f64,
    verify: f64,
    command: f64,
    /// Of `plan` and the like, the package tools' own time.
    tools: f64,
    total: f64,
}

/// Prints the object to stdout.
pub(crate) fn print(result: &RunResult) {
    if let Ok(text) = serde_json::to_string(&object(result)) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

/// The object as a value.
pub(crate) fn value(result: &RunResult) -> serde_json::Value {
    serde_json::to_value(object(result)).unwrap_or_default()
}

fn object(result: &RunResult) -> Object<'_> {
    let diagnosis = result.diagnosis();
    let best = diagnosis.and_then(|diagnosis| diagnosis.best());
    let visits = result.times.visits;
    Object {
        outcome: result.outcome,
        incident: result.report.as_ref().map(|report| report.incident().id.as_str()),
        category: diagnosis.map_or("", |diagnosis| diagnosis.category.as_str()),
        root_cause: best.map_or("", |best| best.cause.summary.read().as_str()),
        source: diagnosis.and_then(|diagnosis| source(&diagnosis.source)),
        flaky: result.flaky,
        confidence: diagnosis.map_or(0.0, |diagnosis| diagnosis.confidence.value()),
        actions: actions(result),
        attempts: result.attempts,
        command_exit: result.command_exit,
        diff: result.diff(),
        patch: result.patch.as_ref().map(|path| path.display().to_string()),
        reason: result.reason.as_deref(),
        escalation: result.escalation.as_deref(),
        approval: approval(result),
        failures: result.failures.as_ref().map(|waiting| FailuresObject {
            in_a_row: waiting.failures,
            threshold: waiting.threshold,
            policy: &waiting.policy,
        }),
        model_calls: result.consulted.as_ref().map_or(0, |consulted| consulted.spent.calls),
        models: result.consulted.as_ref().map(models),
        timings_ms: TimingsObject {
            detect: ms(result.times.detect),
            diagnose: ms(visits.diagnose),
            plan: ms(visits.plan),
            audit: ms(visits.audit),
            rehearse: ms(visits.rehearse),
            execute: ms(visits.execute),
            verify: ms(visits.verify),
            command: ms(result.times.command),
            tools: ms(result.times.tools),
            total: ms(result.times.total),
        },
    }
}

fn models(consulted: &Consulted) -> ModelsObject<'_> {
    let in_vain = consulted.in_vain.iter().map(|one| InVainObject {
        agent: one.agent.to_string(),
        answered: one.answered,
        why: &one.why,
    });
    ModelsObject {
        answered: consulted.models.iter().map(String::as_str).collect(),
        calls: consulted.spent.calls,
        cached: consulted.cached,
        tokens: consulted.spent.tokens,
        cost_usd: consulted.cost_usd(),
        in_vain: in_vain.collect(),
    }
}

fn approval(result: &RunResult) -> Option<ApprovalObject<'_>> {
    let Some(Waiting::Approval(asked)) = &result.waiting else { return None };
    Some(ApprovalObject { plan: asked.plan.as_str(), who: &asked.who, deadline: when::rfc3339(asked.deadline) })
}

fn source(source: &Source) -> Option<&'static str> {
    match source {
        Source::Runbook { .. } => Some("runbook"),
        Source::Memory => Some("memory"),
        Source::Model { .. } => Some("model"),
        Source::Nothing => None,
    }
}

fn actions(result: &RunResult) -> Vec<ActionObject> {
    let ended = result.tried().iter().map(|tried| (&tried.proposal, name(tried.result), tried.reason.as_str()));
    let waiting = result.report.as_ref().and_then(|report| report.state.proposal.as_ref());
    let why = if result.outcome == "held" { "is held" } else { "waits for approval" };
    let all = ended.chain(waiting.map(|proposal| (proposal, "proposed", why)));
    all.flat_map(|(proposal, result, reason)| of_plan(proposal, result, reason)).collect()
}

fn of_plan(proposal: &Proposal, result: &'static str, reason: &str) -> Vec<ActionObject> {
    let steps = proposal.plan.steps.iter().enumerate();
    let summary = |at: usize| proposal.previews.get(at).map(|preview| preview.summary.clone()).unwrap_or_default();
    let object = |(at, step): (usize, &selfheal_core::plan::Step)| ActionObject {
        kind: step.action.kind().to_string(),
        target: step.action.target().to_string(),
        summary: summary(at),
        result,
        reason: reason.to_owned(),
    };
    steps.map(object).collect()
}

// A plan that did not help on its copy never reached the target: it was rejected by its rehearsal.
pub(super) fn name(result: TriedResult) -> &'static str {
    match result {
        // What could not be taken back is still there; the reason says so.
        TriedResult::Applied | TriedResult::Stuck => "applied",
        TriedResult::Proposed => "proposed",
        TriedResult::Rejected | TriedResult::RehearsalFailed | TriedResult::Refused => "rejected",
        TriedResult::RolledBack => "rolled_back",
    }
}

fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
