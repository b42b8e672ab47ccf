//! The plans of an incident, and the words for what is said about them.

use selfheal_core::action::{Action, Provenance, Reversibility};
use selfheal_core::decision::{Decision, RuleVoice, Verdict};
use selfheal_core::diagnosis::{Diagnosis, Source};
use selfheal_core::engine::{Outcome, Phase, Proposal, State, TriedResult};
use selfheal_core::facts::Facts;
use selfheal_core::kpi::{Ending, Quote};
use selfheal_core::plan::Preview;
use selfheal_core::ports::{Rehearsal, RehearsalEvidence};

use super::super::when;

/// A plan, with how it ended; `None` while it is worked on.
pub(super) struct Planned<'a> {
    pub(super) proposal: &'a Proposal,
    pub(super) end: Option<(TriedResult, &'a str)>,
}

impl Planned<'_> {
    /// In a word or two.
    pub(super) fn result(&self) -> &'static str {
        match self.end.map(|(result, _)| result) {
            Some(TriedResult::Applied) => "verified",
            Some(TriedResult::Proposed) => "proposed",
            Some(TriedResult::Rejected) => "rejected",
            Some(TriedResult::Refused) => "refused",
            Some(TriedResult::RehearsalFailed) => "failed its rehearsal",
            Some(TriedResult::RolledBack) => "taken back",
            Some(TriedResult::Stuck) => "stuck",
            None => "being worked on",
        }
    }

    /// Whether what it changes is there, or is left to a person.
    pub(super) fn stands(&self) -> bool {
        !matches!(
            self.end.map(|(result, _)| result),
            Some(TriedResult::Rejected | TriedResult::Refused | TriedResult::RehearsalFailed | TriedResult::RolledBack)
        )
    }

    pub(super) fn reason(&self) -> &str {
        self.end.map_or("", |(_, reason)| reason)
    }

    /// What it does, in a line.
    pub(super) fn summary(&self) -> String {
        let previews = &self.proposal.previews;
        match previews.is_empty() {
            true => self.proposal.plan.rationale.clone(),
            false => previews.iter().map(|preview| preview.summary.as_str()).collect::<Vec<_>>().join("; then "),
        }
    }
}

/// All plans, in order; the one that is worked on last.
pub(super) fn plans(state: &State) -> Vec<Planned<'_>> {
    let ended = state
        .tried
        .iter()
        .map(|tried| Planned { proposal: &tried.proposal, end: Some((tried.result, tried.reason.as_str())) });
    ended.chain(state.proposal.iter().map(|proposal| Planned { proposal, end: None })).collect()
}

/// How the incident stands, in a sentence without its full stop.
pub(super) fn standing(state: &State) -> String {
    match &state.phase {
        Phase::Closed { outcome } => ended(outcome),
        Phase::AwaitingApproval { deadline } => {
            format!("waits for a person's approval until {}", when::seconds(*deadline))
        }
        Phase::BackingOff { until, .. } if state.phase.is_undelivered() => {
            format!("escalated, and nobody has received it yet; told again at {}", when::seconds(*until))
        }
        Phase::BackingOff { until, then } => {
            format!("open, and waits until {} before phase {}", when::seconds(*until), then.awake().name())
        }
        phase => format!("open, in phase {}", phase.name()),
    }
}

fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Healed => "healed: every criterion was observed after the fix".to_owned(),
        Outcome::PassedOnRerun => "the same input passed when it was run again; nothing was mended".to_owned(),
        Outcome::Proposed => "proposed: a rehearsed fix is left to a person".to_owned(),
        Outcome::Planned => "a dry run: nothing was rehearsed or applied".to_owned(),
        Outcome::Escalated { because, acknowledged } => {
            let heard =
                if *acknowledged { "somebody acknowledged" } else { "there was no channel to tell a person by" };
            format!("escalated: {}; {heard}", because.in_words())
        }
        Outcome::Interrupted => {
            "interrupted: the host asked to stop, and what had been applied was taken back".to_owned()
        }
    }
}

/// The ending in a word or two.
pub(super) fn ending(state: &State) -> String {
    Ending::of(state).name().replace('_', " ")
}

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allowed",
        Verdict::RequireApproval => "allowed with a person's approval",
        Verdict::Propose => "allowed as a proposal only",
        Verdict::Deny => "denied",
    }
}

/// The rules that spoke: `document/rule on step 1: denied, because …`.
pub(super) fn rules(decision: &Decision) -> Vec<String> {
    let said = |voice: &RuleVoice| {
        format!("{} on step {}: {}, because {}", voice.rule, voice.step + 1, verdict(voice.verdict), voice.because)
    };
    decision.rules.iter().map(said).collect()
}

pub(super) fn rehearsal(rehearsal: &Rehearsal) -> String {
    match rehearsal {
        Rehearsal::Verified { .. } => "passed on a copy".to_owned(),
        Rehearsal::Failed { .. } => "did not pass on a copy; the target was not touched".to_owned(),
        Rehearsal::InPlace => "in place: a copy can't show it, its first run is the test".to_owned(),
        Rehearsal::Unsupported { why } => format!("not possible: {why}"),
    }
}

pub(super) fn evidence(rehearsal: &Rehearsal) -> RehearsalEvidence {
    match rehearsal {
        Rehearsal::Verified { .. } => RehearsalEvidence::Verified,
        Rehearsal::InPlace => RehearsalEvidence::InPlace,
        Rehearsal::Failed { .. } | Rehearsal::Unsupported { .. } => RehearsalEvidence::Unsupported,
    }
}

/// Which knowledge a diagnosis comes from.
pub(super) fn source(diagnosis: &Diagnosis) -> String {
    match &diagnosis.source {
        Source::Runbook { id, version } => format!("runbook {id} v{version}"),
        Source::Memory => "a fix in memory that healed this failure before".to_owned(),
        Source::Model { name } => format!("model {name}"),
        Source::Nothing => "nothing known".to_owned(),
    }
}

/// `name = value (where it came from)`, each parameter.
pub(super) fn parameters(action: &Action) -> Vec<String> {
    let parameters = action.parameters().iter();
    parameters
        .map(|(name, parameter)| format!("{name} = {} ({})", parameter.value, provenance(&parameter.provenance)))
        .collect()
}

fn provenance(provenance: &Provenance) -> String {
    match provenance {
        Provenance::Configured { by } => format!("configured in {by}"),
        Provenance::Observed { by } => format!("observed by {by}"),
        Provenance::Extracted { by, set } => format!("read by {by}, one of {set}"),
        Provenance::Model { by } => format!("chosen by model {by}"),
    }
}

pub(super) fn reversibility(preview: &Preview) -> &'static str {
    match preview.reversibility {
        Reversibility::Undoable => "can be taken back",
        Reversibility::NothingToUndo => "leaves nothing behind",
        Reversibility::Irreversible => "can't be taken back",
    }
}

/// `name value`, of the facts that say anything.
pub(super) fn facts(facts: &Facts, between: &str) -> Vec<String> {
    let told = facts.iter().map(|(name, fact)| (name, fact.to_string())).filter(|(_, fact)| !fact.is_empty());
    told.map(|(name, fact)| format!("{name}{between}{fact}")).collect()
}

/// `e1 is …`: which pieces are quoted.
pub(super) fn origins(quotes: &[Quote]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for quote in quotes {
        let origin = format!("{} is {}", quote.citation.evidence, quote.origin);
        if !told.contains(&origin) {
            told.push(origin);
        }
    }
    told
}

/// The unified diff of a preview's changes.
pub(super) fn diff(preview: &Preview) -> String {
    let mut diff = String::new();
    for change in &preview.changes {
        diff.push_str(&change.diff);
        if !change.diff.is_empty() && !change.diff.ends_with('\n') {
            diff.push('\n');
        }
    }
    diff
}
