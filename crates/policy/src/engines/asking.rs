//! Asking about every step of a plan, so that whatever the policies are, missing evidence never helps.

use selfheal_core::approval::Terms;
use selfheal_core::decision::{Decision, RuleVoice, Verdict};
use selfheal_core::ports::{PolicyQuestion, RehearsalEvidence};

use super::input::StepInput;

/// What was said of one step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) verdict: Verdict,
    /// Of the rules that spoke: name, what it said, why.
    pub(crate) rules: Vec<(String, Verdict, String)>,
    /// Why, where no rule tells.
    pub(crate) problem: Option<String>,
    pub(crate) to_be_allowed: Vec<String>,
    pub(crate) approval: Option<Terms>,
    pub(crate) max_attempts: Option<u32>,
}

impl Said {
    pub(crate) fn denied(problem: impl Into<String>) -> Self {
        Self { problem: Some(problem.into()), ..Self::by_rules(Verdict::Deny, Vec::new()) }
    }

    pub(crate) fn by_rules(verdict: Verdict, rules: Vec<(String, Verdict, String)>) -> Self {
        Self { verdict, rules, problem: None, to_be_allowed: Vec::new(), approval: None, max_attempts: None }
    }

    /// In plain words, with what would have to change.
    fn rationale(&self, kind: &str, step: usize) -> String {
        let verb = match self.verdict {
            Verdict::Allow => "is allowed",
            Verdict::RequireApproval => "needs a person's approval",
            Verdict::Propose => "is proposed, for a person to apply",
            Verdict::Deny => "is denied",
        };
        let spoke = self.rules.iter().filter(|(_, verdict, _)| *verdict == self.verdict);
        let by: Vec<String> = spoke.map(|(rule, _, because)| format!("{rule} ({because})")).collect();
        let why = match (&self.problem, by.is_empty()) {
            (Some(problem), _) => format!(": {problem}"),
            (None, false) => format!(" by {}", by.join(", ")),
            (None, true) => ", and no rule says why".to_owned(),
        };
        format!("step {} ({kind}) {verb}{why}", step + 1)
    }
}

/// The decision about a plan by what `ask` says of its steps.
pub(crate) fn decide(
    question: &PolicyQuestion<'_>,
    version: &str,
    mut ask: impl FnMut(&StepInput<'_>) -> Said,
) -> Decision {
    if question.plan.steps.is_empty() {
        return Decision::denied("the plan has no step", version);
    }
    let mut whole: Option<Decision> = None;
    for (index, step) in question.plan.steps.iter().enumerate() {
        let (said, needs_rehearsal) = match StepInput::of(question, index) {
            Ok(input) => with_evidence(&input, &mut ask),
            Err(problem) => (Said::denied(problem.to_string()), false),
        };
        let kind = step.action.kind().as_str();
        let mut decision = of_step(said, kind, index, version);
        decision.needs_rehearsal = needs_rehearsal && decision.verdict != Verdict::Deny;
        whole = Some(match whole {
            None => decision,
            Some(before) => joined(before, decision),
        });
    }
    whole.unwrap_or_else(|| Decision::denied("the plan has no step", version))
}

/// What holds of a step, and whether it hangs on a rehearsal.
fn with_evidence(input: &StepInput<'_>, ask: &mut impl FnMut(&StepInput<'_>) -> Said) -> (Said, bool) {
    let now = ask(input);
    if input.rehearsal == RehearsalEvidence::Verified {
        return (now, false);
    }
    let later = ask(&input.once_rehearsed());
    let stricter_now = now.verdict > later.verdict;
    match input.rehearsal {
        RehearsalEvidence::Pending => (later, stricter_now),
        _ => (if stricter_now { now } else { later }, false),
    }
}

fn of_step(said: Said, kind: &str, step: usize, version: &str) -> Decision {
    let mut decision = Decision::new(said.verdict, said.rationale(kind, step), version);
    let voice = |(rule, verdict, because)| RuleVoice { rule, verdict, step, because };
    decision.to_be_allowed = match (said.verdict, said.to_be_allowed.is_empty()) {
        (Verdict::Deny, true) => vec![format!("a rule that permits {kind}, with no rule against it")],
        _ => said.to_be_allowed,
    };
    decision.rules = said.rules.into_iter().map(voice).collect();
    decision.rules.sort_by_key(|voice| std::cmp::Reverse(voice.verdict));
    decision.approval = said.approval;
    decision.max_attempts = said.max_attempts;
    decision
}

/// Of two steps that are equally strict both reasons are told.
fn joined(one: Decision, other: Decision) -> Decision {
    let same = one.verdict == other.verdict;
    let both = format!("{}; {}", one.rationale, other.rationale);
    let mut joined = one.and(other);
    if same {
        joined.rationale = both;
    }
    joined.to_be_allowed.dedup();
    joined
}
