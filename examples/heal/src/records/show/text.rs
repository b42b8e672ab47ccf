//! One incident for a terminal: what failed, what was concluded, each plan with who allowed it, what happened when.

use std::io;

use anstyle::Style;
use selfheal_core::engine::{Proposal, TriedResult};
use selfheal_core::kpi::{Account, Detail, Ending, Entry, Quote, Split, Timeline};
use selfheal_core::plan::Preview;
use selfheal_core::time::Timestamp;

use super::super::page::Page;
use super::super::when;
use super::plans::{self, Planned};
use crate::say::style::{ADDED, BAD, DIM, GOOD, REMOVED, WARN};
use crate::say::{clean, human};

/// Most lines of a diff that are shown; `--format json` has all.
const SHOWN_DIFF_LINES: usize = 60;

/// Most entries of the timeline that are shown.
const SHOWN_ENTRIES: usize = 500;

pub(super) fn tell(page: &mut Page<'_>, timeline: &Timeline) -> io::Result<()> {
    let account = &timeline.account;
    head(page, account)?;
    concluded(page, account)?;
    let plans = plans::plans(&account.state);
    for (number, plan) in plans.iter().enumerate() {
        page.heading(&format!("plan {} of {}", number + 1, plans.len()))?;
        planned(page, plan)?;
    }
    page.heading("timeline")?;
    happened(page, timeline)?;
    page.heading("time")?;
    page.entry("", &split(&account.split))
}

fn head(page: &mut Page<'_>, account: &Account) -> io::Result<()> {
    let (state, incident) = (&account.state, &account.state.incident);
    page.entry("incident", incident.id.as_str())?;
    let severity = format!("{:?}", incident.severity).to_lowercase();
    page.entry("what", &format!("{} in {}, severity {severity}", incident.resource, incident.environment))?;
    page.entry("failed", &when::seconds(incident.observed_at))?;
    let facts = plans::facts(&incident.facts, " ");
    if !facts.is_empty() {
        page.entry("facts", &facts.join(", "))?;
    }
    page.entry_in(tone(account.ending()), "outcome", &plans::standing(state))?;
    let total = human(account.split.total());
    let so_far = if account.ending() == Ending::Open { "so far, until the last record" } else { "in all" };
    page.entry("took", &format!("{total} {so_far}"))
}

fn tone(ending: Ending) -> Style {
    match ending {
        Ending::Healed | Ending::PassedOnRerun => GOOD,
        Ending::Escalated => BAD,
        _ => WARN,
    }
}

fn concluded(page: &mut Page<'_>, account: &Account) -> io::Result<()> {
    page.heading("diagnosis")?;
    let best = account.state.diagnosis().and_then(|diagnosis| Some((diagnosis, diagnosis.best()?)));
    let Some((diagnosis, best)) = best else {
        page.entry("concluded", "nothing known explains this failure")?;
        return quoted(page, &account.quotes());
    };
    page.entry("concluded", &format!("{}: {}", diagnosis.category, best.cause.summary.read()))?;
    let confidence = diagnosis.confidence.value();
    page.entry("from", &format!("{}; confidence {confidence:.2}", plans::source(diagnosis)))?;
    quoted(page, &account.quotes())?;
    if let Some(advice) = best.advice_in_words() {
        page.entry("advice", &advice)?;
    }
    best.reference.iter().try_for_each(|reference| page.entry("see", reference))
}

fn quoted(page: &mut Page<'_>, quotes: &[Quote]) -> io::Result<()> {
    quotes.iter().try_for_each(|quote| page.entry_in(DIM, "evidence", &quotation(quote)))?;
    plans::origins(quotes).iter().try_for_each(|origin| page.entry_in(DIM, "", origin))
}

/// `e1:12 │ what stands there`.
fn quotation(quote: &Quote) -> String {
    let citation = quote.citation;
    format!("{}:{} │ {}", citation.evidence, citation.line, clean::line(quote.line.read()))
}

fn planned(page: &mut Page<'_>, planned: &Planned<'_>) -> io::Result<()> {
    plan(page, planned.proposal)?;
    let reason = if planned.reason().is_empty() { String::new() } else { format!(": {}", planned.reason()) };
    page.entry_in(tone_of(planned), "result", &format!("{}{reason}", planned.result()))
}

pub(super) fn plan(page: &mut Page<'_>, proposal: &Proposal) -> io::Result<()> {
    page.entry("why", &proposal.plan.rationale)?;
    for (number, step) in proposal.plan.steps.iter().enumerate() {
        let preview = proposal.previews.get(number);
        let what = preview.map(|preview| format!(": {}", preview.summary)).unwrap_or_default();
        page.entry("step", &format!("{}. {} on {}{what}", number + 1, step.action.kind(), step.action.target()))?;
        plans::parameters(&step.action).iter().try_for_each(|parameter| page.entry_in(DIM, "", parameter))?;
        preview.map_or(Ok(()), |preview| change(page, preview))?;
    }
    decision(page, proposal)?;
    if let Some(rehearsal) = &proposal.rehearsal {
        page.entry("rehearsed", &plans::rehearsal(rehearsal))?;
    }
    proposal.hash.iter().try_for_each(|hash| page.entry_in(DIM, "hash", hash.as_str()))
}

fn tone_of(plan: &Planned<'_>) -> Style {
    match plan.end {
        Some((TriedResult::Applied, _)) => GOOD,
        Some((TriedResult::RolledBack | TriedResult::Stuck, _)) => BAD,
        _ => WARN,
    }
}

fn change(page: &mut Page<'_>, preview: &Preview) -> io::Result<()> {
    page.entry_in(DIM, "", &format!("{}; {}", reach(preview), plans::reversibility(preview)))?;
    for line in clean::lines(&plans::diff(preview), SHOWN_DIFF_LINES) {
        let style = match line.as_bytes().first() {
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            _ => DIM,
        };
        page.entry_in(style, "", &line)?;
    }
    Ok(())
}

/// `changes a and 2 more, +3 -1 lines`.
fn reach(preview: &Preview) -> String {
    let radius = preview.blast_radius;
    let what = match preview.changes.as_slice() {
        [] => return "changes no content".to_owned(),
        [only] => only.what.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.what, rest.len()),
    };
    format!("changes {what}, +{} -{} lines", radius.lines_added, radius.lines_removed)
}

fn decision(page: &mut Page<'_>, proposal: &Proposal) -> io::Result<()> {
    let Some(decision) = &proposal.decision else { return Ok(()) };
    let verdict = plans::verdict(decision.verdict);
    page.entry("policy", &format!("{verdict} by version {}: {}", decision.policy_version, decision.rationale))?;
    plans::rules(decision).iter().try_for_each(|rule| page.entry("", rule))
}

fn happened(page: &mut Page<'_>, timeline: &Timeline) -> io::Result<()> {
    if let Some(compacted) = timeline.account.compacted {
        let until = when::seconds(compacted.at);
        let gone = format!("{} records until {until} were compacted; what they led to is above", compacted.records);
        page.line_in(DIM, &gone)?;
    }
    let begun = timeline.account.state.incident.observed_at;
    let mut day = String::new();
    for entry in timeline.entries.iter().take(SHOWN_ENTRIES) {
        let date = when::date(entry.at);
        if date != day {
            page.line_in(DIM, &date)?;
            day = date;
        }
        record(page, entry, begun)?;
    }
    match timeline.entries.len().saturating_sub(SHOWN_ENTRIES) {
        0 => Ok(()),
        more => page.line_in(DIM, &format!("… {more} more records; --format json has all")),
    }
}

fn record(page: &mut Page<'_>, entry: &Entry, begun: Timestamp) -> io::Result<()> {
    let after = format!("+{}", human(entry.at.since(begun)));
    let style = if entry.event == "intended" { DIM } else { Style::new() };
    page.line_in(style, &format!("{} {after:>12}  {:<9} {}", when::time(entry.at), entry.phase, entry.words))?;
    match &entry.detail {
        Detail::Seen(quotes) | Detail::Concluded { quotes, .. } => {
            let indented = |quote: &Quote| format!("{:>38}{}", "", quotation(quote));
            quotes.iter().try_for_each(|quote| page.line_in(DIM, &indented(quote)))
        }
        _ => Ok(()),
    }
}

/// `detect 1 ms (0 %) · …`, of the parts that took any time.
fn split(split: &Split) -> String {
    let total = split.total();
    let share = |time: std::time::Duration| 100.0 * time.as_secs_f64() / total.as_secs_f64();
    let spent = split.parts().filter(|(_, time)| !time.is_zero());
    let parts: Vec<String> =
        spent.map(|(part, time)| format!("{} {} ({:.0} %)", part.name(), human(time), share(time))).collect();
    match parts.is_empty() {
        true => "less than a millisecond".to_owned(),
        false => format!("{} = {}", parts.join(" · "), human(total)),
    }
}
