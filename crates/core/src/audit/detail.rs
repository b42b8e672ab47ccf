//! The `detail` of a leaf: what matters of each event, as bounded JSON.

use serde::Serialize;
use serde_json::{Value, json};

use super::hash::Hash;
use crate::decision::{Decision, RuleVoice};
use crate::diagnosis::{Diagnosis, Hypothesis};
use crate::engine::{Consultation, ConsultationEnd, Effect, Event, Lookup, Phase, Proposal, State, Verification};
use crate::evidence::Evidence;
use crate::facts::Facts;
use crate::plan::{Change, Plan, Preview, Step};
use crate::ports::{Approval, ProvenFix, Rehearsal, Undone};
use crate::spending::CallRecord;

/// The longest detail, in bytes. Of a longer one its hash and what fits stay; the record has it all.
const MAX_DETAIL_BYTES: usize = 16 << 10;

/// The longest text within, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 512;

/// Most entries of a list within.
pub(super) const MAX_ENTRIES: usize = 64;

/// The detail of `event`, which led to `after`.
pub(super) fn of(event: &Event, after: &State) -> String {
    let mut detail = of_event(event, after);
    if let (Value::Object(entries), Phase::Closed { outcome }) = (&mut detail, &after.phase) {
        entries.insert("outcome".to_owned(), value(outcome));
    }
    bounded(detail)
}

/// Past the bound only the entries that are single values stay.
pub(super) fn bounded(mut detail: Value) -> String {
    let text = detail.to_string();
    if text.len() <= MAX_DETAIL_BYTES {
        return text;
    }
    if let Value::Object(entries) = &mut detail {
        entries.retain(|_, entry| !entry.is_array() && !entry.is_object());
        entries.insert("left_out_of_bytes".to_owned(), json!(text.len()));
        entries.insert("sha256".to_owned(), value(&Hash::of(text.as_bytes())));
    }
    detail.to_string()
}

fn of_event(event: &Event, after: &State) -> Value {
    match event {
        Event::Opened { .. } => opened(after),
        Event::Recalled(fix) => recalled(fix.as_deref()),
        Event::Classified(hypotheses) => json!({ "hypotheses": list(hypotheses.iter(), hypothesis) }),
        Event::Analysed(diagnosis) => analysed(diagnosis),
        Event::Planned(plan) => json!({ "plan": plan.as_deref().map(planned), "ended": ended(after) }),
        Event::Previewed(previews) => json!({ "plan_hash": plan_hash(after), "steps": list(previews.iter(), preview) }),
        Event::Decided(decision) => decided(decision, after),
        Event::Intended => intended(after),
        Event::Consulted(consultations) => json!({ "consultations": list(consultations.iter(), consultation) }),
        Event::Held { until, because, paused } => {
            let (effect, because) = (after.phase.awake().name(), clip(because, MAX_TEXT_BYTES));
            with_plan(after, json!({ "effect": effect, "until_ms": until, "because": because, "paused": paused }))
        }
        Event::Stopped { because } | Event::Outdated { because } => {
            with_plan(after, json!({ "because": clip(because, MAX_TEXT_BYTES) }))
        }
        Event::Rehearsed(rehearsal) => with_plan(after, rehearsed(rehearsal)),
        Event::Answered(answer) => with_plan(after, answered(answer)),
        Event::Applied => applied(after),
        Event::Probed(status) => with_plan(after, json!({ "status": status })),
        Event::Verified(seen) => with_plan(after, verified(seen)),
        Event::Undone(how) => undone(how, after),
        Event::Failed(failure) => {
            let message = clip(&failure.message, MAX_TEXT_BYTES);
            let what = json!({
                "operation": failure.operation, "kind": failure.kind, "retry": failure.retry, "message": message
            });
            with_plan(after, what)
        }
        Event::Escalated { acknowledged } => json!({ "acknowledged": acknowledged }),
        Event::Cancelled => with_plan(after, json!({})),
        Event::Resumed { epoch, worker } => json!({ "epoch": epoch, "worker": clip(worker, MAX_TEXT_BYTES) }),
        Event::Waited | Event::Learned => json!({}),
    }
}

fn opened(after: &State) -> Value {
    let incident = &after.incident;
    json!({
        "resource": clip(&incident.resource.to_string(), MAX_TEXT_BYTES),
        "environment": clip(incident.environment.as_str(), MAX_TEXT_BYTES),
        "severity": incident.severity,
        "fingerprint": incident.fingerprint,
        "facts": facts(&incident.facts),
        "allowed": list(after.allowed.kinds().collect::<Vec<_>>().into_iter(), value),
    })
}

fn recalled(fix: Option<&ProvenFix>) -> Value {
    match fix {
        Some(fix) => json!({ "incident": fix.incident, "record": fix.record, "plan": planned(&fix.plan) }),
        None => json!({ "incident": null }),
    }
}

fn hypothesis(hypothesis: &Hypothesis) -> Value {
    json!({
        "category": hypothesis.category,
        "cause": clip(&hypothesis.cause.kind, MAX_TEXT_BYTES),
        "source": hypothesis.source,
        "citations": list(hypothesis.citations.iter(), |cited| json!(format!("{}:{}", cited.evidence, cited.line))),
    })
}

fn analysed(diagnosis: &Diagnosis) -> Value {
    json!({
        "category": diagnosis.category,
        "best": diagnosis.best().map(hypothesis),
        "confidence": diagnosis.confidence,
        "source": diagnosis.source,
    })
}

fn consultation(consultation: &Consultation) -> Value {
    let lookup = |lookup: &Lookup| json!({ "tool": clip(&lookup.tool, MAX_TEXT_BYTES), "evidence": lookup.evidence.as_ref().map(Evidence::id) });
    let called = |call: &CallRecord| {
        json!({
            "provider": clip(&call.provider, MAX_TEXT_BYTES),
            "model": clip(&call.model, MAX_TEXT_BYTES),
            "end": call.end.as_str(),
            "spent": call.spent,
        })
    };
    let (end, why) = match &consultation.end {
        ConsultationEnd::Answered { .. } => ("answered", None),
        ConsultationEnd::Refused { why } => ("refused", Some(clip(why, MAX_TEXT_BYTES))),
        ConsultationEnd::Failed { why } => ("failed", Some(clip(why, MAX_TEXT_BYTES))),
    };
    json!({
        "agent": consultation.agent,
        "prompt": consultation.prompt,
        "end": end,
        "why": why,
        "calls": list(consultation.calls.iter(), called),
        "lookups": list(consultation.lookups.iter(), lookup),
        "objects": consultation.opinion.as_ref().map(|opinion| opinion.objects),
    })
}

fn planned(plan: &Plan) -> Value {
    json!({
        "fingerprint": plan.fingerprint(),
        "steps": list(plan.steps.iter(), step),
        "source": plan.source,
        "confidence": plan.confidence,
        "rationale": clip(&plan.rationale, MAX_TEXT_BYTES),
    })
}

fn step(step: &Step) -> Value {
    json!({ "kind": step.action.kind(), "target": clip(&step.action.target().to_string(), MAX_TEXT_BYTES) })
}

fn preview(preview: &Preview) -> Value {
    json!({
        "changes": list(preview.changes.iter(), change),
        "blast_radius": preview.blast_radius,
        "undo": preview.undo_hash,
        "reversibility": preview.reversibility,
    })
}

fn change(change: &Change) -> Value {
    json!({ "what": clip(&change.what, MAX_TEXT_BYTES), "before": change.before, "after": change.after })
}

fn decided(decision: &Decision, after: &State) -> Value {
    let gate = proposal(after).is_some_and(|proposal| proposal.rehearsal.is_some());
    let what = json!({
        "at": if gate { "gate" } else { "audit" },
        "verdict": decision.verdict,
        "needs_rehearsal": decision.needs_rehearsal,
        "policy_version": clip(&decision.policy_version, MAX_TEXT_BYTES),
        "rationale": clip(&decision.rationale, MAX_TEXT_BYTES),
        "rules": list(decision.rules.iter(), rule),
        "approval": decision.approval,
        "assurance": decision.assurance,
        "confidence": proposal(after).map(|proposal| proposal.plan.confidence),
    });
    with_plan(after, what)
}

fn rule(voice: &RuleVoice) -> Value {
    json!({ "rule": clip(&voice.rule, MAX_TEXT_BYTES), "verdict": voice.verdict, "step": voice.step })
}

fn intended(after: &State) -> Value {
    let (effect, step, attempt) = match after.effect() {
        Some(Effect::Rehearse) => ("rehearse", None, None),
        Some(Effect::Apply { step, attempt }) => ("apply", Some(step), Some(attempt)),
        Some(Effect::Verify) => ("verify", None, None),
        Some(Effect::Undo { step }) => ("undo", Some(step), None),
        // Only outward effects are intended.
        _ => (after.phase.name(), None, None),
    };
    let kind = step.and_then(|step| proposal(after)?.plan.steps.get(step)).map(|step| step.action.kind());
    with_plan(after, json!({ "effect": effect, "step": step, "attempt": attempt, "kind": kind }))
}

fn rehearsed(rehearsal: &Rehearsal) -> Value {
    match rehearsal {
        Rehearsal::Verified { facts: seen } => json!({ "result": "verified", "facts": facts(seen) }),
        Rehearsal::Failed { facts: seen, evidence } => {
            json!({ "result": "failed", "facts": facts(seen), "evidence": evidence.len() })
        }
        Rehearsal::InPlace => json!({ "result": "in_place" }),
        Rehearsal::Unsupported { why } => json!({ "result": "unsupported", "because": clip(why, MAX_TEXT_BYTES) }),
    }
}

fn answered(answer: &Approval) -> Value {
    match answer {
        Approval::Given { plan_hash, .. } => json!({ "answer": "given", "approved": plan_hash }),
        Approval::Refused { because, .. } => json!({ "answer": "refused", "because": clip(because, MAX_TEXT_BYTES) }),
        Approval::Edited { plan, .. } => json!({ "answer": "edited", "plan": planned(plan) }),
        Approval::Responded { text, .. } => {
            json!({ "answer": "responded", "text": clip(text.read(), MAX_TEXT_BYTES) })
        }
        Approval::Outdated { because } => json!({ "answer": "outdated", "because": clip(because, MAX_TEXT_BYTES) }),
        Approval::Pending => json!({ "answer": "pending" }),
    }
}

fn applied(after: &State) -> Value {
    let step = match after.phase {
        Phase::Applying { step, .. } => step.checked_sub(1),
        _ => proposal(after).and_then(|proposal| proposal.plan.steps.len().checked_sub(1)),
    };
    let attempt = proposal(after).map(|proposal| proposal.attempts);
    with_plan(after, json!({ "step": step, "attempt": attempt }))
}

fn verified(seen: &Verification) -> Value {
    json!({
        "held": seen.held,
        "facts": facts(&seen.facts),
        "no_data": seen.no_data.as_deref().map(|why| clip(why, MAX_TEXT_BYTES)),
        "evidence": seen.evidence.len(),
    })
}

fn undone(how: &Undone, after: &State) -> Value {
    let applied = proposal(after).map(|proposal| proposal.applied);
    let what = match how {
        Undone::Restored => json!({ "result": "restored", "step": applied }),
        Undone::Nothing => json!({ "result": "nothing", "step": applied }),
        // Nothing of that step was taken back: it still counts as applied.
        Undone::ForeignChange { what } => json!({
            "result": "foreign_change",
            "step": applied.and_then(|applied| applied.checked_sub(1)),
            "what": clip(what, MAX_TEXT_BYTES),
        }),
    };
    with_plan(after, what)
}

/// `what`, and which plan it is about and how that ended, if it did.
fn with_plan(after: &State, mut what: Value) -> Value {
    if let Value::Object(entries) = &mut what {
        entries.insert("plan_hash".to_owned(), plan_hash(after));
        entries.insert("ended".to_owned(), ended(after));
    }
    what
}

/// The plan being worked on, or the one that just ended.
fn proposal(after: &State) -> Option<&Proposal> {
    after.proposal.as_ref().or_else(|| after.tried.last().map(|tried| &tried.proposal))
}

fn plan_hash(after: &State) -> Value {
    value(&proposal(after).and_then(|proposal| proposal.hash.as_ref()))
}

fn ended(after: &State) -> Value {
    match (&after.proposal, after.tried.last()) {
        (None, Some(tried)) => json!({ "result": tried.result, "reason": clip(&tried.reason, MAX_TEXT_BYTES) }),
        _ => Value::Null,
    }
}

fn facts(facts: &Facts) -> Value {
    let shown = |fact: &crate::facts::Fact| clip(&fact.to_string(), MAX_TEXT_BYTES).to_owned();
    facts.iter().take(MAX_ENTRIES).map(|(name, fact)| (name.to_owned(), Value::String(shown(fact)))).collect()
}

/// At most [`MAX_ENTRIES`], and how many there are where that is more.
fn list<T>(entries: impl ExactSizeIterator<Item = T>, show: impl Fn(T) -> Value) -> Value {
    let count = entries.len();
    let mut shown: Vec<Value> = entries.take(MAX_ENTRIES).map(show).collect();
    if count > MAX_ENTRIES {
        shown.push(json!({ "of": count }));
    }
    Value::Array(shown)
}

pub(super) fn value(value: &impl Serialize) -> Value {
    // These are enums and strings of our own, whose keys are strings.
    serde_json::to_value(value).unwrap_or_default()
}

/// The beginning of `text`, at most `bytes` long, cut between characters.
pub(super) fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
