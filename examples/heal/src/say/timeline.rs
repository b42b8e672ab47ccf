//! The timeline that people read: what was seen, concluded, planned, allowed, changed, verified, and what to do next.

use anstyle::Style;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::diagnosis::{Diagnosis, Hypothesis, Source};
use selfheal_core::engine::{Proposal, Tried, TriedResult};
use selfheal_core::ports::Rehearsal;

use super::style::{ADDED, BAD, BOLD, DIM, GOOD, REMOVED, WARN, styled};
use super::{Voice, clean, human};
use crate::run::RunResult;

/// Most evidence lines that are shown.
const SHOWN_LINES: usize = 8;

/// Most lines of a diff that are shown.
const SHOWN_DIFF_LINES: usize = 60;

/// Most characters of a line of evidence.
const SHOWN_CHARS: usize = 160;

/// Most characters of any other line.
const WIDEST: usize = 2_000;

/// Tells how the run went, on stderr. A command that passed at once is not commented on.
pub(crate) fn tell(voice: &Voice, result: &RunResult) {
    if result.report.is_none() {
        return;
    }
    seen(voice, result);
    if let Some(consulted) = &result.consulted {
        entry_in(voice, DIM, "asked", &consulted.in_words());
    }
    for tried in result.tried() {
        plan(voice, tried);
    }
    if let Some(open) = result.report.as_ref().and_then(|report| report.state.proposal.as_ref()) {
        proposed(voice, open);
        diff(voice, open);
    }
    ending(voice, result);
}

fn entry(voice: &Voice, label: &str, text: &str) {
    entry_in(voice, Style::new(), label, text);
}

fn entry_in(voice: &Voice, style: Style, label: &str, text: &str) {
    let lines = text.lines().map(|line| styled(style, &clean::clipped(line, WIDEST)));
    put(voice, label, lines);
}

/// Lines that are harmless.
fn put(voice: &Voice, label: &str, lines: impl Iterator<Item = String>) {
    let mut label = styled(BOLD, &format!("{label:>10}"));
    for line in lines {
        voice.say(&format!("{label} {line}"));
        label = format!("{:>10}", "");
    }
}

fn seen(voice: &Voice, result: &RunResult) {
    let Some(report) = &result.report else { return };
    voice.say("");
    entry(voice, "incident", report.incident().id.as_str());
    let Some(diagnosis) = result.diagnosis() else { return };
    match diagnosis.best() {
        Some(best) => concluded(voice, result, diagnosis, best),
        None => {
            entry(voice, "concluded", "nothing known explains this failure (unknown)");
            evidence_of_unknown(voice, result);
        }
    }
}

fn concluded(voice: &Voice, result: &RunResult, diagnosis: &Diagnosis, best: &Hypothesis) {
    let from = match &diagnosis.source {
        Source::Runbook { id, version } => format!("runbook {id} v{version}"),
        Source::Memory => "a proven fix in memory; diagnosis skipped".to_owned(),
        Source::Model { name } => format!("model {name}"),
        Source::Nothing => "nothing".to_owned(),
    };
    let confidence = diagnosis.confidence.value();
    let text = format!("{}: {} ({from}; confidence {confidence:.2})", diagnosis.category, best.cause.summary.read());
    entry(voice, "concluded", &text);
    if diagnosis.source == Source::Memory {
        return;
    }
    let report = result.report.as_ref();
    let pieces = || report.into_iter().flat_map(|report| report.state.all_evidence());
    for citation in best.citations.iter().take(SHOWN_LINES) {
        if let Some(line) = pieces().find_map(|piece| piece.line(*citation)) {
            entry_in(voice, DIM, "from", &format!("line {}: {}", citation.line, clean::clipped(line, SHOWN_CHARS)));
        }
    }
}

fn evidence_of_unknown(voice: &Voice, result: &RunResult) {
    let report = result.report.as_ref();
    let lines: Vec<(u64, &str)> = report
        .into_iter()
        .flat_map(|report| report.state.all_evidence())
        .flat_map(|piece| piece.lines())
        .map(|(citation, line)| (citation.line, line))
        .collect();
    if lines.iter().all(|(_, line)| line.trim().is_empty()) {
        return entry(voice, "evidence", "none: the command printed nothing");
    }
    let texts: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
    for failing in selfheal_detect::extract::failing_lines(&texts, SHOWN_LINES) {
        let (number, line) = lines[failing.index];
        entry_in(voice, DIM, "evidence", &format!("line {number}: {}", clean::clipped(line, SHOWN_CHARS)));
    }
}

fn plan(voice: &Voice, tried: &Tried) {
    proposed(voice, &tried.proposal);
    if matches!(tried.result, TriedResult::Applied | TriedResult::Proposed | TriedResult::RolledBack) {
        diff(voice, &tried.proposal);
    }
    let (label, style) = match tried.result {
        TriedResult::Applied => ("verified", GOOD),
        TriedResult::Proposed => ("proposed", WARN),
        TriedResult::Rejected | TriedResult::RehearsalFailed => ("rejected", WARN),
        TriedResult::Refused => ("refused", WARN),
        TriedResult::RolledBack => ("rolled back", BAD),
        TriedResult::Stuck => ("stuck", BAD),
    };
    entry_in(voice, style, label, &tried.reason);
}

fn proposed(voice: &Voice, proposal: &Proposal) {
    let summaries: Vec<&str> = proposal.previews.iter().map(|preview| preview.summary.as_str()).collect();
    let planned = if summaries.is_empty() { proposal.plan.rationale.clone() } else { summaries.join("\nthen ") };
    entry(voice, "planned", &planned);
    if let Some(decision) = &proposal.decision {
        entry(voice, "policy", &said(decision));
    }
    match &proposal.rehearsal {
        Some(Rehearsal::Verified { .. }) => entry(voice, "rehearsed", "passed on a copy"),
        Some(Rehearsal::Failed { .. }) => {
            entry(voice, "rehearsed", "did not pass on a copy; the directory was not touched")
        }
        Some(Rehearsal::InPlace) => entry(voice, "rehearsed", "not tried before: its first run in place is the test"),
        Some(Rehearsal::Unsupported { why }) => entry(voice, "rehearsed", &format!("no: {why}")),
        None => {}
    }
}

fn said(decision: &Decision) -> String {
    let voices: Vec<String> = decision
        .rules
        .iter()
        .filter(|rule| rule.verdict == decision.verdict)
        .map(|rule| format!("{} ({})", rule.rule, rule.because))
        .collect();
    let mut unique: Vec<String> = Vec::new();
    for voice in voices {
        if !unique.contains(&voice) {
            unique.push(voice);
        }
    }
    let verdict = match decision.verdict {
        Verdict::Allow => "allow",
        Verdict::RequireApproval => "asks for an approval",
        Verdict::Propose => "propose",
        Verdict::Deny => "deny",
    };
    match unique.is_empty() {
        true => format!("{verdict}: {}", decision.rationale),
        false => format!("{verdict} by {}", unique.join("; ")),
    }
}

fn diff(voice: &Voice, proposal: &Proposal) {
    let changes = proposal.previews.iter().flat_map(|preview| &preview.changes);
    let text: String = changes.map(|change| change.diff.as_str()).collect();
    let lines: Vec<&str> = text.lines().collect();
    for line in lines.iter().take(SHOWN_DIFF_LINES) {
        let style = match line.as_bytes().first() {
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            _ => DIM,
        };
        entry_in(voice, style, "", line);
    }
    if lines.len() > SHOWN_DIFF_LINES {
        entry_in(voice, DIM, "", &format!("… {} more lines", lines.len() - SHOWN_DIFF_LINES));
    }
}

fn ending(voice: &Voice, result: &RunResult) {
    let style = if result.status == crate::exit::HEALED { GOOD } else { WARN };
    let word = match result.outcome {
        _ if result.flaky => "flaky",
        "awaiting_approval" => "waits",
        outcome => outcome,
    };
    let failed = result.attempts.saturating_sub(u32::from(result.command_exit == 0));
    let summary = match (result.flaky, result.outcome) {
        (true, _) => format!("the same input failed {failed} times and then passed: a flaky test, not a fix"),
        (_, "healed") => format!("`{}` passes now", result.command_line),
        (_, "proposed") => "the fix was rehearsed; the directory was left alone".to_owned(),
        _ => result.reason.clone().unwrap_or_default(),
    };
    let starts = if result.attempts == 1 { "start" } else { "starts" };
    let times = format!(
        "{} {starts}, {} in the command, {} in all",
        result.attempts,
        human(result.times.command),
        human(result.times.total)
    );
    let mut lines: Vec<String> = summary.lines().map(|line| styled(style, &clean::clipped(line, WIDEST))).collect();
    let times = styled(DIM, &format!("({times})"));
    match lines.last_mut() {
        Some(last) => *last = format!("{last} {times}"),
        None => lines.push(times),
    }
    put(voice, word, lines.into_iter());
    if let Some(patch) = &result.patch {
        entry(voice, "patch", &patch.display().to_string());
    }
    if let Some(escalation) = &result.escalation {
        entry(voice, "next", escalation);
        if let Some(reference) =
            result.diagnosis().and_then(|diagnosis| diagnosis.best()).and_then(|best| best.reference.as_ref())
        {
            entry(voice, "see", reference);
        }
    }
}
