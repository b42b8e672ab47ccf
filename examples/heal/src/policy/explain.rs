//! `heal policy explain`: what policy says about one plan.

use std::io;

use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::plan::Plan;
use selfheal_core::ports::{Clock, RehearsalEvidence};
use selfheal_policy::asked::{Asked, Said};
use selfheal_policy::documents;
use selfheal_policy::recovery::Names;
use serde::Serialize;

use super::cli::ExplainOptions;
use super::input::{Input, is_stdin};
use super::words;
use crate::exit;
use crate::people;
use crate::records::{Page, when};
use crate::run::Refusal;
use crate::say::style::{BAD, GOOD, WARN};

/// Runs `heal policy explain`; the exit status.
///
/// # Errors
/// If the plan or a document can't be read, with file, line and what was expected.
pub(super) async fn explain(options: &ExplainOptions) -> Result<i32, Refusal> {
    if options.policy.iter().any(|file| is_stdin(file)) {
        return Err(Refusal::usage("--policy -: expected a file; stdin can only be the plan"));
    }
    let engine = documents::engine(&options.policy, &Names::default()).map_err(Refusal::usage)?;
    let plan = Input::read(&options.plan).map_err(Refusal::usage)?;
    let said = Said {
        environment: options.environment.clone(),
        rehearsal: options.rehearsal.map(RehearsalEvidence::from),
        at: options.at.map(|at| at.0),
        now: SystemClock::default().now(),
    };
    let asked = Asked::from_text(&plan.name, &plan.text, &said).map_err(Refusal::usage)?;
    let decision = engine.decide(&asked.question()).await.map_err(Refusal::failed)?;
    let clearance = engine.clear(&asked.moment()).await.map_err(Refusal::failed)?;
    let object = Object::of(&asked, &decision, &clearance);
    super::print(options.json, &object, |page| text(page, &object))?;
    Ok(exit::HEALED)
}

#[derive(Serialize)]
struct Object<'a> {
    environment: &'a str,
    resource: String,
    /// What it does, one line per step.
    steps: Vec<String>,
    rehearsal: RehearsalEvidence,
    at: String,
    #[serde(flatten)]
    decision: &'a Decision,
    clearance: &'a Clearance,
}

impl<'a> Object<'a> {
    fn of(asked: &'a Asked, decision: &'a Decision, clearance: &'a Clearance) -> Self {
        let question = asked.question();
        Self {
            environment: question.incident.environment.as_str(),
            resource: question.incident.resource.to_string(),
            steps: steps(question.plan),
            rehearsal: question.rehearsal,
            at: when::rfc3339(question.at),
            decision,
            clearance,
        }
    }
}

fn steps(plan: &Plan) -> Vec<String> {
    let step = |action: &selfheal_core::action::Action| {
        let parameters: Vec<String> = action
            .parameters()
            .iter()
            .map(|(name, parameter)| format!("{name} = {} ({})", parameter.value, parameter.provenance.class()))
            .collect();
        match parameters.is_empty() {
            true => action.kind().to_string(),
            false => format!("{}: {}", action.kind(), parameters.join(", ")),
        }
    };
    plan.steps.iter().map(|one| step(&one.action)).collect()
}

fn text(page: &mut Page<'_>, object: &Object<'_>) -> io::Result<()> {
    let decision = object.decision;
    let rehearsal = match object.rehearsal {
        RehearsalEvidence::Pending => "not rehearsed yet",
        RehearsalEvidence::Verified => "its rehearsal verified",
        RehearsalEvidence::InPlace => "a copy could show nothing of it",
        RehearsalEvidence::Unsupported => "it can't be rehearsed",
    };
    page.entry("plan", &object.steps.join("\nthen "))?;
    page.entry("asked", &format!("for {} in {}, {rehearsal}", object.resource, object.environment))?;
    let style = match decision.verdict {
        Verdict::Allow => GOOD,
        Verdict::Deny => BAD,
        Verdict::RequireApproval | Verdict::Propose => WARN,
    };
    let once = if decision.needs_rehearsal { ", once a rehearsal of exactly this is verified" } else { "" };
    let verdict = words::verdict(decision.verdict);
    page.entry_in(style, "verdict", &format!("{verdict}: {}{once}", words::in_plain(decision.verdict)))?;
    if !decision.rationale.is_empty() {
        page.entry("because", &decision.rationale)?;
    }
    let label = |number: usize, label| if number == 0 { label } else { "" };
    for (number, voice) in decision.rules.iter().enumerate() {
        page.entry(label(number, "rules"), &words::voice(voice))?;
    }
    for (number, way) in decision.to_be_allowed.iter().enumerate() {
        page.entry(label(number, "to pass"), way)?;
    }
    if decision.verdict == Verdict::RequireApproval {
        page.entry("approval", &people::terms(&decision.approval.clone().unwrap_or_default()))?;
    }
    if let Some(attempts) = decision.max_attempts {
        page.entry("attempts", &format!("at most {attempts}"))?;
    }
    page.entry("moment", &format!("at {}: {}", object.at, words::clearance(object.clearance)))?;
    page.entry("version", &decision.policy_version)
}
