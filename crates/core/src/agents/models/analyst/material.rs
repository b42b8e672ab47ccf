//! What the analyst's model is shown, and how much of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use selfheal_detect::redact::Redactor;

use super::super::digest::{Digest, beginning, digest};
use super::super::facts;
use super::super::marking::Marker;
use super::looking::LookedUp;
use crate::engine::State;
use crate::evidence::Citation;
use crate::ports::ReadToolSpec;

/// Of how many bytes of evidence one is spent on a prompt, instructions and schema included.
const SHARE: (usize, usize) = (15, 100);

/// An excerpt is not made smaller than this: of a short log most is worth reading.
const LEAST_BYTES: usize = 6_500;

/// What is looked up takes at most one part in so many of what an excerpt may.
const LOOKED_UP: usize = 2;

/// Facts and what could be looked up, for the model.
pub(super) fn preamble(state: &State, tools: &[&ReadToolSpec], redactor: &Redactor) -> String {
    let mut text = format!("{}{}", facts::known(state, redactor), facts::tried(state));
    if !tools.is_empty() {
        text.push_str("If inconclusive, this can be looked up:\n");
    }
    for tool in tools {
        let arguments: Vec<&str> = tool.arguments.iter().map(|argument| argument.name.as_str()).collect();
        let _ = writeln!(text, "- {}({}): {}", tool.name, arguments.join(", "), tool.description);
    }
    text
}

/// The excerpt of the evidence, in a prompt that has `fixed` bytes besides.
pub(super) fn excerpt(state: &State, fixed: usize) -> Digest {
    let evidence = state.current_evidence();
    let bytes: usize = evidence.iter().map(|piece| piece.text().read().len()).sum();
    let share = (bytes / SHARE.1 * SHARE.0).saturating_sub(fixed);
    let budget = share.max(LEAST_BYTES).min(state.limits.models.prompt_evidence_bytes);
    digest(evidence.iter(), budget)
}

/// The excerpt, marked, under the name of where it comes from.
pub(super) fn evidence(state: &State, excerpt: &Digest, marker: &Marker) -> String {
    let mut origins: Vec<&str> = Vec::new();
    for piece in state.current_evidence() {
        if !origins.contains(&piece.origin()) {
            origins.push(piece.origin());
        }
    }
    marker.marked(&origins.join("; "), &excerpt.text)
}

/// What was looked up, marked, and which lines of it are shown.
pub(super) fn looked_up(state: &State, found: &[LookedUp], marker: &Marker) -> (String, BTreeSet<Citation>) {
    let (mut text, mut lines) = (String::from("Looked up:\n"), BTreeSet::new());
    let mut room = state.limits.models.prompt_evidence_bytes / LOOKED_UP;
    for (index, one) in found.iter().enumerate() {
        let page = match (&one.evidence, &one.failed) {
            (Some(evidence), _) => beginning(evidence, room / (found.len() - index)),
            (None, why) => {
                let text = format!("it failed: {}\n", why.as_deref().unwrap_or_default());
                Digest { text, ..Digest::default() }
            }
        };
        room = room.saturating_sub(page.text.len());
        lines.extend(page.shown);
        text.push_str(&marker.marked(&one.title(), &page.text));
    }
    (text, lines)
}
