//! One incident as one JSON object.

use std::io;

use selfheal_core::action::Action;
use selfheal_core::decision::Decision;
use selfheal_core::diagnosis::{Diagnosis, Hypothesis};
use selfheal_core::engine::{Outcome, Phase, TriedResult};
use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::kpi::{Account, Compacted, Detail, Entry, Part, Quote, Split, Timeline};
use selfheal_core::plan::Preview;
use selfheal_core::ports::{Approval, RehearsalEvidence};
use serde::Serialize;

use super::super::page::Page;
use super::super::{json, when};
use super::plans::{self, Planned};

pub(super) fn write(page: &mut Page<'_>, timeline: &Timeline) -> io::Result<()> {
    json::write(page.out, &Object::of(timeline))?;
    writeln!(page.out)
}

#[derive(Serialize)]
struct Object<'a> {
    incident: &'a str,
    fingerprint: &'a str,
    resource: String,
    environment: &'a str,
    severity: Severity,
    facts: &'a Facts,
    observed_at: String,
    opened_at: String,
    updated_at: String,
    phase: &'static str,
    /// `open`, or how it ended.
    state: &'static str,
    /// Null while it is open.
    outcome: Option<&'a Outcome>,
    /// The outcome, or where it stands, in words.
    summary: String,
    diagnosis: Option<Conclusion<'a>>,
    /// The lines that the diagnosis rests on, or that best tell what failed.
    evidence: Vec<Line<'a>>,
    plans: Vec<Plan<'a>>,
    split_ms: Split,
    total_ms: u64,
    records: u64,
    /// What is gone of the history; the timeline begins after it.
    compacted: Option<Gone>,
    timeline: Vec<Happened<'a>>,
}

impl<'a> Object<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let Timeline { account, entries } = timeline;
        let (state, incident) = (&account.state, &account.state.incident);
        Self {
            incident: incident.id.as_str(),
            fingerprint: incident.fingerprint.as_str(),
            resource: incident.resource.to_string(),
            environment: incident.environment.as_str(),
            severity: incident.severity,
            facts: &incident.facts,
            observed_at: when::rfc3339(incident.observed_at),
            opened_at: when::rfc3339(incident.opened_at),
            updated_at: when::rfc3339(account.updated_at),
            phase: state.phase.name(),
            state: account.ending().name(),
            outcome: outcome(account),
            summary: plans::standing(state),
            diagnosis: state.diagnosis().map(|diagnosis| Conclusion::of(diagnosis)),
            evidence: account.quotes().iter().map(Line::of).map(Line::owned).collect(),
            plans: plans::plans(state).iter().map(Plan::of).collect(),
            split_ms: account.split,
            total_ms: millis(account.split.total()),
            records: account.records,
            compacted: account.compacted.map(Gone::of),
            timeline: entries.iter().map(Happened::of).collect(),
        }
    }
}

fn outcome(account: &Account) -> Option<&Outcome> {
    match &account.state.phase {
        Phase::Closed { outcome } => Some(outcome),
        _ => None,
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Serialize)]
struct Conclusion<'a> {
    category: &'a str,
    cause: Option<&'a str>,
    summary: Option<&'a str>,
    source: String,
    confidence: f64,
    advice: Option<String>,
    reference: Option<&'a str>,
    /// Other explanations, by their cause; they explained less.
    also_considered: Vec<&'a str>,
}

impl<'a> Conclusion<'a> {
    fn of(diagnosis: &'a Diagnosis) -> Self {
        let best = diagnosis.best();
        Self {
            category: diagnosis.category.as_str(),
            cause: best.map(|best| best.cause.kind.as_str()),
            summary: best.map(|best| best.cause.summary.read().as_str()),
            source: plans::source(diagnosis),
            confidence: diagnosis.confidence.value(),
            advice: best.and_then(Hypothesis::advice_in_words),
            reference: best.and_then(|best| best.reference.as_deref()),
            also_considered: diagnosis.hypotheses.iter().skip(1).map(|other| other.cause.kind.as_str()).collect(),
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    evidence: String,
    line: u64,
    origin: std::borrow::Cow<'a, str>,
    text: std::borrow::Cow<'a, str>,
}

impl<'a> Line<'a> {
    fn of(quote: &'a Quote) -> Self {
        Self {
            evidence: quote.citation.evidence.to_string(),
            line: quote.citation.line,
            origin: quote.origin.as_ref().into(),
            text: quote.line.read().as_str().into(),
        }
    }

    fn owned(self) -> Line<'static> {
        Line {
            evidence: self.evidence,
            line: self.line,
            origin: self.origin.into_owned().into(),
            text: self.text.into_owned().into(),
        }
    }
}

#[derive(Serialize)]
struct Plan<'a> {
    /// How it ended; null while it is worked on.
    result: Option<TriedResult>,
    reason: String,
    rationale: &'a str,
    hash: Option<&'a str>,
    steps: Vec<&'a Action>,
    previews: &'a [Preview],
    decision: Option<&'a Decision>,
    rehearsal: Option<String>,
    /// What policy is told of that; left out while it was not rehearsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsal_evidence: Option<RehearsalEvidence>,
    confidence: f64,
}

impl<'a> Plan<'a> {
    fn of(planned: &Planned<'a>) -> Self {
        let proposal = planned.proposal;
        Self {
            result: planned.end.map(|(result, _)| result),
            reason: planned.reason().to_owned(),
            rationale: &proposal.plan.rationale,
            hash: proposal.hash.as_ref().map(|hash| hash.as_str()),
            steps: proposal.plan.steps.iter().map(|step| &step.action).collect(),
            previews: &proposal.previews,
            decision: proposal.decision.as_deref(),
            rehearsal: proposal.rehearsal.as_ref().map(plans::rehearsal),
            rehearsal_evidence: proposal.rehearsal.as_ref().map(plans::evidence),
            confidence: proposal.plan.confidence.value(),
        }
    }
}

#[derive(Serialize)]
struct Gone {
    records: u64,
    until: String,
}

impl Gone {
    fn of(compacted: Compacted) -> Self {
        Self { records: compacted.records, until: when::rfc3339(compacted.at) }
    }
}

#[derive(Serialize)]
struct Happened<'a> {
    sequence: u64,
    at: String,
    phase: &'static str,
    event: &'static str,
    words: &'a str,
    /// To which part of the split the time before it counts, and how much it is.
    part: Part,
    took_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Line<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a Approval>,
}

impl<'a> Happened<'a> {
    fn of(entry: &'a Entry) -> Self {
        let quotes: &[Quote] = match &entry.detail {
            Detail::Seen(quotes) | Detail::Concluded { quotes, .. } => quotes,
            _ => &[],
        };
        Self {
            sequence: entry.sequence,
            at: when::rfc3339(entry.at),
            phase: entry.phase,
            event: entry.event,
            words: &entry.words,
            part: entry.part,
            took_ms: millis(entry.took),
            evidence: quotes.iter().map(Line::of).collect(),
            decision: match &entry.detail {
                Detail::Decided(decision) => Some(decision),
                _ => None,
            },
            answer: match &entry.detail {
                Detail::Answered(answer) => Some(answer),
                _ => None,
            },
        }
    }
}
