//! Events in plain words: one sentence each, for whoever was not there.

use crate::diagnosis::{Diagnosis, Source};
use crate::engine::{Consultation, ConsultationEnd, Event, Outcome, Phase, Proposal, State, Verification};
use crate::error::Failure;
use crate::plan::Preview;
use crate::ports::{Approval, EffectStatus, Rehearsal, Undone};

/// What happened, and, where the incident ended with it, how.
pub(super) fn of(event: &Event, before: Option<&State>, after: &State) -> String {
    let happened = happened(event, before, after);
    match &after.phase {
        Phase::Closed { outcome } => format!("{happened}; closed: {}", ended(outcome)),
        _ => happened,
    }
}

fn happened(event: &Event, before: Option<&State>, after: &State) -> String {
    let plan = before.and_then(|before| before.proposal.as_ref());
    match event {
        Event::Opened { incident, .. } => format!("{} failed in {}", incident.resource, incident.environment),
        Event::Recalled(None) => "memory knows no fix that healed this failure before".to_owned(),
        Event::Recalled(Some(_)) => "memory knows a fix that healed this failure before".to_owned(),
        Event::Classified(hypotheses) => match hypotheses.len() {
            0 => "nothing known matches the evidence".to_owned(),
            1 => "one known failure matches the evidence".to_owned(),
            several => format!("{several} known failures match the evidence"),
        },
        Event::Analysed(diagnosis) => concluded(diagnosis),
        Event::Planned(None) => "there is nothing (more) to propose".to_owned(),
        Event::Planned(Some(plan)) => format!("planned: {}", plan.rationale),
        Event::Previewed(previews) => would_change(previews),
        Event::Decided(decision) => {
            let verdict = verdict(decision.verdict);
            format!("policy {} {verdict}: {}", decision.policy_version, decision.rationale)
        }
        Event::Intended => format!("about to {}", intended(after)),
        Event::Resumed { epoch, worker } => format!("worker {worker} took over, with fencing token {epoch}"),
        Event::Consulted(consultations) => consulted(consultations),
        Event::Held { because, .. } => format!("not now: {because}"),
        Event::Stopped { because } => format!("stopped: {because}"),
        Event::Outdated { because } => format!("what was decided no longer holds: {because}"),
        Event::Rehearsed(rehearsal) => rehearsed(rehearsal),
        Event::Answered(answer) => answered(answer),
        Event::Applied => applied(before, plan),
        Event::Probed(status) => probed(*status),
        Event::Waited => "the wait is over".to_owned(),
        Event::Verified(seen) => verified(seen),
        Event::Undone(undone) => taken_back(before, undone),
        Event::Learned => "remembered for the next time".to_owned(),
        Event::Escalated { acknowledged: true } => format!("a person was told{}", why(before)),
        Event::Escalated { acknowledged: false } => {
            format!("a person is needed, and there was no channel to tell one{}", why(before))
        }
        Event::Failed(failure) => failed(failure, after),
        Event::Cancelled => "asked to stop".to_owned(),
    }
}

/// What a verdict means for the plan.
fn verdict(verdict: crate::decision::Verdict) -> &'static str {
    use crate::decision::Verdict;
    match verdict {
        Verdict::Allow => "allows it",
        Verdict::RequireApproval => "asks for a person's approval",
        Verdict::Propose => "allows it to be proposed only",
        Verdict::Deny => "denies it",
    }
}

fn concluded(diagnosis: &Diagnosis) -> String {
    let Some(best) = diagnosis.best() else { return "nothing known explains this failure".to_owned() };
    let from = match &diagnosis.source {
        Source::Runbook { id, version } => format!("by runbook {id} v{version}"),
        Source::Memory => "by memory".to_owned(),
        Source::Model { name } => format!("by model {name}"),
        Source::Nothing => "by nothing known".to_owned(),
    };
    let confidence = diagnosis.confidence.value();
    format!("concluded {from}, with confidence {confidence:.2}: {}: {}", diagnosis.category, best.cause.summary.read())
}

fn consulted(consultations: &[Consultation]) -> String {
    let each: Vec<String> = consultations
        .iter()
        .map(|consultation| {
            let (agent, calls) = (consultation.agent, consultation.calls.len());
            let calls = if calls == 1 { "one call".to_owned() } else { format!("{calls} calls") };
            let tokens = consultation.spent().tokens;
            match &consultation.end {
                ConsultationEnd::Answered { model } => {
                    format!("the {agent} asked model {model} ({calls}, {tokens} tokens)")
                }
                ConsultationEnd::Refused { why } => {
                    format!("the {agent} asked a model and could not use its answer ({calls}): {why}")
                }
                ConsultationEnd::Failed { why } => format!("the {agent} asked a model in vain ({calls}): {why}"),
            }
        })
        .collect();
    each.join("; ")
}

fn would_change(previews: &[Preview]) -> String {
    let summaries: Vec<&str> = previews.iter().map(|preview| preview.summary.as_str()).collect();
    format!("it would do exactly this: {}", summaries.join("; then "))
}

fn intended(state: &State) -> String {
    match &state.phase {
        Phase::Rehearsing => "rehearse the plan".to_owned(),
        Phase::Applying { step, attempt: 1 } => format!("apply step {}", step + 1),
        Phase::Applying { step, attempt } => format!("start step {} for the {attempt}. time", step + 1),
        Phase::Verifying { .. } => "observe whether it helped".to_owned(),
        Phase::Compensating { step, .. } => format!("take step {} back", step + 1),
        other => other.name().to_owned(),
    }
}

fn rehearsed(rehearsal: &Rehearsal) -> String {
    match rehearsal {
        Rehearsal::Verified { .. } => "the rehearsal passed; the target was not touched".to_owned(),
        Rehearsal::Failed { .. } => "the rehearsal did not pass; the target was not touched".to_owned(),
        Rehearsal::InPlace => "a copy can't show it: its first run in place is the test".to_owned(),
        Rehearsal::Unsupported { why } => format!("it can't be rehearsed: {why}"),
    }
}

fn answered(answer: &Approval) -> String {
    match answer {
        Approval::Given { by, plan_hash, .. } => format!("{by} approved plan {plan_hash}"),
        Approval::Refused { by, because } => format!("{by} refused: {because}"),
        Approval::Edited { by, plan } => format!("{by} agreed to less: {}", plan.rationale),
        Approval::Responded { by, text } => format!("{by} answered: {}", text.read()),
        Approval::Outdated { because } => format!("what people were asked no longer holds: {because}"),
        Approval::Pending => "a person was asked for approval".to_owned(),
    }
}

fn applied(before: Option<&State>, plan: Option<&Proposal>) -> String {
    let Some(Phase::Applying { step, .. }) = before.map(|before| &before.phase) else { return "applied".to_owned() };
    let (of, preview) = plan.map_or((0, None), |plan| (plan.plan.steps.len(), plan.previews.get(*step)));
    let what = preview.map(|preview| format!(": {}", preview.summary)).unwrap_or_default();
    format!("step {} of {of} was applied{what}", step + 1)
}

fn probed(status: EffectStatus) -> String {
    let found = match status {
        EffectStatus::Applied => "it had happened",
        EffectStatus::Absent => "it had not happened",
        EffectStatus::Diverged => "that can't be told",
    };
    format!("looked whether a step whose outcome is unknown had happened: {found}")
}

fn verified(seen: &Verification) -> String {
    match (&seen.no_data, seen.held) {
        (_, true) => "every criterion was observed to hold".to_owned(),
        (Some(why), false) => format!("there was nothing to observe: {why}"),
        (None, false) => "the criteria do not hold".to_owned(),
    }
}

fn taken_back(before: Option<&State>, undone: &Undone) -> String {
    let step = match before.map(|before| &before.phase) {
        Some(Phase::Compensating { step, .. }) => step + 1,
        _ => 0,
    };
    match undone {
        Undone::Restored => format!("step {step} was taken back"),
        Undone::Nothing => format!("step {step} left nothing to take back"),
        Undone::ForeignChange { what } => format!("step {step} was left alone: somebody else changed {what}"),
    }
}

fn why(before: Option<&State>) -> String {
    match before.map(|before| before.phase.awake()) {
        Some(Phase::Escalating { because }) => format!(": {}", because.in_words()),
        _ => String::new(),
    }
}

fn failed(failure: &Failure, after: &State) -> String {
    let next = match &after.phase {
        phase if phase.is_undelivered() => "; nobody was reached, and it will be told again",
        Phase::BackingOff { .. } => "; it will be tried again",
        Phase::Probing { .. } => "; nobody knows whether it happened",
        _ => "",
    };
    format!("{} failed: {}{next}", failure.operation, failure.message)
}

fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Healed => "healed".to_owned(),
        Outcome::PassedOnRerun => "passed when run again; nothing was mended".to_owned(),
        Outcome::Proposed => "the fix is proposed to a person".to_owned(),
        Outcome::Planned => "a dry run".to_owned(),
        Outcome::Escalated { because, .. } => format!("escalated, {}", because.in_words()),
        Outcome::Interrupted => "stopped".to_owned(),
    }
}
