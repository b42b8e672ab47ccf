//! One incident as a decision record (Nygard, "Documenting Architecture Decisions", 2011): why something was changed, on which
//! evidence, what else was considered, and who allowed it. Composed from the records; nobody's opinion.

use std::io;

use selfheal_core::action::Reversibility;
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::engine::{Outcome, Phase, TriedResult};
use selfheal_core::kpi::{Account, Detail, Ending, Quote, Timeline};
use selfheal_core::ports::Approval;

use super::super::page::Page;
use super::super::when;
use super::markdown::{Document, code, escaped};
use super::plans::{self, Planned};

pub(super) fn write(page: &mut Page<'_>, timeline: &Timeline) -> io::Result<()> {
    let account = &timeline.account;
    let plans = plans::plans(&account.state);
    let decided = plans.iter().rev().find(|plan| plan.stands());
    let mut document = Document::default();
    title(&mut document, account, decided);
    context(&mut document, account);
    decision(&mut document, account, decided);
    evidence(&mut document, account);
    alternatives(&mut document, account, &plans, decided);
    consequences(&mut document, account, decided);
    allowed(&mut document, timeline, &plans);
    page.out.write_all(document.into_text().as_bytes())
}

fn title(document: &mut Document, account: &Account, decided: Option<&Planned<'_>>) {
    let incident = &account.state.incident;
    let what = decided.map_or_else(|| format!("No change to {}", incident.resource), Planned::summary);
    document.heading(1, &capitalised(&what));
    document.point(&format!("Status: {}", escaped(&plans::ending(&account.state))));
    document.point(&format!("Date: {}", when::seconds(incident.opened_at)));
    document.point(&format!("Incident: {}", code(incident.id.as_str())));
    document.point(&format!(
        "About: {} in {}",
        code(&incident.resource.to_string()),
        escaped(incident.environment.as_str())
    ));
}

fn context(document: &mut Document, account: &Account) {
    let (state, incident) = (&account.state, &account.state.incident);
    document.heading(2, "Context");
    let facts: Vec<String> = plans::facts(&incident.facts, " = ").iter().map(|fact| code(fact)).collect();
    let seen = if facts.is_empty() { String::new() } else { format!(" Observed: {}.", facts.join(", ")) };
    let failed_at = when::seconds(incident.observed_at);
    document.paragraph(&format!("{} failed at {failed_at}.{seen}", code(&incident.resource.to_string())));
    let best = state.diagnosis().and_then(|diagnosis| Some((diagnosis, diagnosis.best()?)));
    let Some((diagnosis, best)) = best else {
        return document.paragraph("Nothing known explains this failure.");
    };
    document.paragraph(&format!(
        "It was diagnosed as {}: {}. The diagnosis comes from {}, with a confidence of {:.2} from counted outcomes.",
        code(diagnosis.category.as_str()),
        escaped(best.cause.summary.read()).trim_end_matches('.'),
        escaped(&plans::source(diagnosis)),
        diagnosis.confidence.value()
    ));
}

fn decision(document: &mut Document, account: &Account, decided: Option<&Planned<'_>>) {
    document.heading(2, "Decision");
    let Some(plan) = decided else {
        document.paragraph(match account.was_applied() {
            true => "A fix was applied, did not help, and was taken back: nothing stays changed.",
            false => "Nothing was changed.",
        });
        return document.paragraph(&sentence(&plans::standing(&account.state)));
    };
    document.paragraph(intention(plan));
    let steps = plan.proposal.plan.steps.iter().zip(1..);
    for (step, number) in steps {
        let preview = plan.proposal.previews.get(number - 1);
        let what = preview.map(|preview| format!(": {}", escaped(&preview.summary))).unwrap_or_default();
        let kind = code(step.action.kind().as_str());
        document.point(&format!("Step {number}, {kind} on {}{what}", code(&step.action.target().to_string())));
    }
    document.paragraph(&format!("Why: {}", sentence(&plan.proposal.plan.rationale)));
    document.paragraph(&sentence(&plans::standing(&account.state)));
}

fn intention(plan: &Planned<'_>) -> &'static str {
    match plan.end.map(|(result, _)| result) {
        Some(TriedResult::Applied) => "This was done:",
        Some(TriedResult::Stuck) => "This was done, did not help, and could not be taken back entirely:",
        Some(TriedResult::Proposed) => "This is proposed, and was not applied:",
        _ => "This is being worked on:",
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let text = escaped(text);
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{stop}", capitalised(&text))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    first + chars.as_str()
}

fn evidence(document: &mut Document, account: &Account) {
    document.heading(2, "Evidence");
    let quotes = account.quotes();
    if quotes.is_empty() {
        return document.paragraph("No text: what was observed is in the context.");
    }
    let line = |quote: &Quote| format!("{}:{}: {}", quote.citation.evidence, quote.citation.line, quote.line.read());
    document.paragraph(&format!("Quoted, in somebody else's words; {}.", escaped(&plans::origins(&quotes).join(", "))));
    document.block("text", &quotes.iter().map(line).collect::<Vec<_>>().join("\n"));
    let rehearsal =
        |plan: &Planned<'_>| plan.proposal.rehearsal.as_ref().filter(|_| plan.stands()).map(plans::rehearsal);
    for told in plans::plans(&account.state).iter().filter_map(rehearsal) {
        document.paragraph(&format!("Rehearsal: {}", escaped(&told)));
    }
}

fn alternatives(document: &mut Document, account: &Account, plans: &[Planned<'_>], decided: Option<&Planned<'_>>) {
    document.heading(2, "Alternatives considered");
    let is_decided = |plan: &&Planned<'_>| decided.is_some_and(|decided| std::ptr::eq(*plan, decided));
    let mut any = false;
    for plan in plans.iter().filter(|plan| !is_decided(plan)) {
        any = true;
        let reason = escaped(plan.reason()).trim_end_matches('.').to_owned();
        document.point(&format!("{}: {}, because {reason}.", escaped(&plan.summary()), plan.result()));
    }
    let others = account.state.diagnosis().into_iter().flat_map(|diagnosis| diagnosis.hypotheses.iter().skip(1));
    for other in others {
        any = true;
        let summary = escaped(other.cause.summary.read());
        document.point(&format!("Another explanation, which explains less: {}.", summary.trim_end_matches('.')));
    }
    if !any {
        document.paragraph("None.");
    }
}

fn consequences(document: &mut Document, account: &Account, decided: Option<&Planned<'_>>) {
    document.heading(2, "Consequences");
    let Some(plan) = decided else {
        document.paragraph("Nothing of what was tried is left; the failure is still there.");
        return advice(document, account);
    };
    let previews = &plan.proposal.previews;
    let changes: Vec<&str> =
        previews.iter().flat_map(|preview| &preview.changes).map(|change| change.what.as_str()).collect();
    match changes.is_empty() {
        true => document.paragraph("No content changes."),
        false => document.paragraph(&format!(
            "What changes: {}.",
            changes.iter().map(|what| code(what)).collect::<Vec<_>>().join(", ")
        )),
    }
    let diff: String = previews.iter().map(plans::diff).collect();
    if !diff.is_empty() {
        document.block("diff", &diff);
    }
    document.paragraph(&format!("How to take it back: {}", way_back(plan, !diff.is_empty())));
    // What changed no content lasts no longer than the incident.
    if account.ending() != Ending::Healed || diff.is_empty() {
        advice(document, account);
    }
}

fn way_back(plan: &Planned<'_>, has_diff: bool) -> &'static str {
    if matches!(plan.end, Some((TriedResult::Proposed, _))) {
        return "nothing was applied, so there is nothing to take back.";
    }
    let worst = plan.proposal.previews.iter().map(|preview| preview.reversibility).max();
    match worst {
        Some(Reversibility::Irreversible) => "it can't be taken back.",
        Some(Reversibility::Undoable) if !has_diff => "no content was changed, so there is none to restore.",
        Some(Reversibility::Undoable) => {
            "apply the diff above in reverse; what was there before is in its removed lines."
        }
        Some(Reversibility::NothingToUndo) | None => "it leaves nothing behind.",
    }
}

fn advice(document: &mut Document, account: &Account) {
    let best = account.state.diagnosis().and_then(|diagnosis| diagnosis.best());
    if let Some(advice) = best.and_then(Hypothesis::advice_in_words) {
        document.paragraph(&format!("What a person should do: {}", sentence(&advice)));
    }
}

fn allowed(document: &mut Document, timeline: &Timeline, plans: &[Planned<'_>]) {
    document.heading(2, "Who allowed it");
    if plans.is_empty() {
        document.paragraph("Nothing was planned, so nobody was asked.");
    }
    plans.iter().for_each(|plan| by_policy(document, plan, plans.len() > 1));
    for entry in &timeline.entries {
        if let Detail::Answered(answer) = &entry.detail {
            document.point(&format!("{}: {}", when::seconds(entry.at), said(answer)));
        }
    }
    if let Phase::Closed { outcome: Outcome::Escalated { acknowledged, .. } } = &timeline.account.state.phase {
        document.paragraph(match acknowledged {
            true => "A person was told, and acknowledged.",
            false => "A person is needed; there was no channel to tell one by.",
        });
    }
    if let Some(compacted) = timeline.account.compacted {
        let until = when::seconds(compacted.at);
        document.paragraph(&format!(
            "The {} records until {until} were compacted: who answered a request for approval before then is in the audit log only.",
            compacted.records
        ));
    }
}

fn by_policy(document: &mut Document, plan: &Planned<'_>, named: bool) {
    if named {
        document.heading(3, &plan.summary());
    }
    let Some(decision) = &plan.proposal.decision else {
        return document.paragraph("Policy was not asked: the plan was rejected before.");
    };
    let (verdict, version) = (plans::verdict(decision.verdict), code(&decision.policy_version));
    document.paragraph(&format!("Policy version {version}: {verdict}. {}", sentence(&decision.rationale)));
    plans::rules(decision).iter().for_each(|rule| document.point(&escaped(rule)));
    if let Some(hash) = &plan.proposal.hash {
        document.paragraph(&format!("This is about plan {}, and nothing else.", code(hash.as_str())));
    }
}

fn said(answer: &Approval) -> String {
    match answer {
        Approval::Given { by, plan_hash, .. } => format!("{} approved plan {}", escaped(by), code(plan_hash.as_str())),
        Approval::Refused { by, because } => format!("{} refused: {}", escaped(by), escaped(because)),
        Approval::Edited { by, plan } => format!("{} agreed to less: {}", escaped(by), escaped(&plan.rationale)),
        Approval::Responded { by, text } => format!("{} answered: {}", escaped(by), escaped(text.read())),
        Approval::Outdated { because } => format!("what was asked no longer held: {}", escaped(because)),
        Approval::Pending => "a person was asked for approval".to_owned(),
    }
}
