//! What policy refused.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rate::Rate;
use crate::decision::{Decision, Verdict};
use crate::engine::{Proposal, State, TriedResult};

/// Most rules that are counted; documents are bounded, hosts' engines name rules as they like.
const MAX_RULES: usize = 256;

/// Most rules that are listed.
const LISTED: usize = 10;

/// Counts plans, not calls: a plan is denied once, and asked about at most twice.
#[derive(Debug, Clone, Default)]
pub(super) struct Policy {
    plans: u64,
    decided: u64,
    denied: u64,
    rejected: u64,
    rules: BTreeMap<String, u64>,
}

impl Policy {
    pub(super) fn add(&mut self, state: &State) {
        let ended = state.tried.iter().map(|tried| (&tried.proposal, Some(tried.result)));
        let current = state.proposal.iter().map(|proposal| (proposal, None));
        ended.chain(current).for_each(|(proposal, result)| self.add_plan(proposal, result));
    }

    fn add_plan(&mut self, proposal: &Proposal, result: Option<TriedResult>) {
        self.plans += 1;
        self.rejected += u64::from(result == Some(TriedResult::Rejected));
        let Some(decision) = &proposal.decision else { return };
        self.decided += 1;
        if decision.verdict == Verdict::Deny {
            self.denied += 1;
            self.blame(decision);
        }
    }

    fn blame(&mut self, decision: &Decision) {
        let mut denying: Vec<&str> = decision
            .rules
            .iter()
            .filter(|voice| voice.verdict == Verdict::Deny)
            .map(|voice| voice.rule.as_str())
            .collect();
        denying.sort_unstable();
        denying.dedup();
        if denying.is_empty() {
            denying.push("(no rule allows it)");
        }
        for rule in denying {
            if self.rules.len() < MAX_RULES || self.rules.contains_key(rule) {
                *self.rules.entry(rule.to_owned()).or_default() += 1;
            }
        }
    }

    pub(super) fn figures(&self) -> PolicyFigures {
        let count = |(rule, plans): (&String, &u64)| RuleCount { rule: rule.clone(), plans: *plans };
        let mut rules: Vec<RuleCount> = self.rules.iter().map(count).collect();
        rules.sort_by(|a, b| b.plans.cmp(&a.plans).then_with(|| a.rule.cmp(&b.rule)));
        rules.truncate(LISTED);
        PolicyFigures {
            denied: Rate::new(self.denied, self.decided),
            rejected: Rate::new(self.rejected, self.plans),
            rules,
        }
    }
}

/// What policy refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyFigures {
    /// Plans that policy denied, of those it was asked about.
    pub denied: Rate,
    /// Plans that were rejected before anything happened, by policy, an executor, a bound or a person; of all plans.
    pub rejected: Rate,
    /// The rules that denied most, at most ten.
    pub rules: Vec<RuleCount>,
}

/// How often a rule denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// `document/rule`.
    pub rule: String,
    /// How many plans.
    pub plans: u64,
}
