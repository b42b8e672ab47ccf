//! What is known without reading anybody's text, for a prompt.

use std::fmt::Write as _;

use selfheal_detect::redact::Redactor;

use super::legible::words;
use crate::engine::{State, Tried, TriedResult};

/// Most facts in a prompt.
const MOST_FACTS: usize = 40;

/// Most bytes of one fact.
const FACT_BYTES: usize = 200;

/// Most plans that are told of; the latest.
const MOST_TRIED: usize = 8;

/// The resource and the facts, a line each.
pub(super) fn known(state: &State, redactor: &Redactor) -> String {
    let incident = &state.incident;
    let mut known =
        format!("Failed: {}, in {}\n", words(&incident.resource.to_string(), FACT_BYTES), incident.environment);
    for (name, fact) in state.current_facts().iter().take(MOST_FACTS) {
        let _ = writeln!(known, "{}", told(&format!("{name} = {fact}"), FACT_BYTES, redactor));
    }
    known
}

/// `text` without secrets, on one line of at most `bytes`. What is cut first can't be recognised any more.
pub(super) fn told(text: &str, bytes: usize, redactor: &Redactor) -> String {
    words(&redactor.redact(text), bytes)
}

/// What was tried and did not end it, a line each; without anybody's words.
pub(super) fn tried(state: &State) -> String {
    let ended = state.tried.iter().skip(state.tried.len().saturating_sub(MOST_TRIED));
    let lines: Vec<String> =
        ended.map(|tried| format!("Tried: {}: {}\n", tried.proposal.plan.kinds(), result(tried))).collect();
    lines.concat()
}

fn result(tried: &Tried) -> &'static str {
    match tried.result {
        TriedResult::Applied => "applied, and something else is wrong now",
        TriedResult::Proposed => "waits for a person",
        TriedResult::Rejected => "not allowed",
        TriedResult::Refused => "refused by a person",
        TriedResult::RehearsalFailed => "did not help where it was rehearsed",
        TriedResult::RolledBack => "applied, did not help, taken back",
        TriedResult::Stuck => "applied, and could not be taken back entirely",
    }
}
