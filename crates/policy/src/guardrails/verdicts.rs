//! What all rules say about a plan, without words: who needs words asks for them.

use selfheal_core::decision::Verdict;

use super::budget::{Budget, Demand, Need, Room};
use super::case::Case;
use super::index::{Alive, Index};
use super::measure;

/// The outcome for a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    pub(crate) verdict: Verdict,
    pub(crate) needs_rehearsal: bool,
    /// One per step.
    pub(crate) steps: Vec<Verdict>,
    pub(crate) spoke: Vec<Spoke>,
    /// Budgets without room for the plan: by index, and whether there never is.
    pub(crate) budgets: Vec<(usize, Room)>,
}

/// A rule that spoke about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spoke {
    /// 0-based index of the step.
    pub step: usize,
    /// The rule: an index for [`Guardrails::rule`](super::Guardrails::rule).
    pub rule: usize,
}

impl Verdicts {
    /// The strictest verdict over all steps.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether the verdict holds only after a verified rehearsal.
    #[must_use]
    pub fn needs_rehearsal(&self) -> bool {
        self.needs_rehearsal
    }

    /// The rules that spoke, step by step.
    #[must_use]
    pub fn spoke(&self) -> &[Spoke] {
        &self.spoke
    }

    /// Of a plan about which nothing can be said.
    pub(crate) fn denied() -> Self {
        Self {
            verdict: Verdict::Deny,
            needs_rehearsal: false,
            steps: Vec::new(),
            spoke: Vec::new(),
            budgets: Vec::new(),
        }
    }

    pub(crate) fn of(index: &Index, budgets: &[Budget], case: &Case<'_>) -> Self {
        if case.steps.is_empty() {
            return Self::denied();
        }
        let mut alive = Alive::new(index.rules.len());
        let plan = index.of_plan(case, &mut alive);
        let mut verdicts = Self {
            verdict: Verdict::Allow,
            needs_rehearsal: false,
            steps: Vec::with_capacity(case.steps.len()),
            spoke: Vec::with_capacity(case.steps.len() * 4),
            budgets: Vec::new(),
        };
        for (number, step) in case.steps.iter().enumerate() {
            index.of_step(step, &plan, &mut alive);
            let hoped = step.rehearsed || case.pending;
            let said = index.said(&alive, hoped);
            verdicts.needs_rehearsal |= case.pending && index.said(&alive, step.rehearsed).verdict > said.verdict;
            verdicts.verdict = verdicts.verdict.max(said.verdict);
            verdicts.steps.push(said.verdict);
            let spoke = &mut verdicts.spoke;
            index.spoke(said, &mut alive, hoped, |rule| spoke.push(Spoke { step: number, rule }));
        }
        verdicts.ask_budgets(budgets, case);
        verdicts.needs_rehearsal &= verdicts.verdict != Verdict::Deny;
        verdicts
    }

    /// A plan that is more than a budget ever allows is denied. One for which there is no room now waits when it is applied.
    fn ask_budgets(&mut self, budgets: &[Budget], case: &Case<'_>) {
        if budgets.is_empty() {
            return;
        }
        let needs: Vec<Need<'_>> = case
            .steps
            .iter()
            .map(|step| Need { kind: step.kind.as_str(), target: step.target, reach: measure::step(step.preview) })
            .collect();
        let (environment, site) = (case.environment, case.site);
        let demand = Demand { needs: &needs, environment, site, activity: case.activity, at: case.at };
        for (index, budget) in budgets.iter().enumerate() {
            let room = budget.room(&demand);
            if room == Room::Never {
                self.verdict = Verdict::Deny;
            }
            if room != Room::Enough {
                self.budgets.push((index, room));
            }
        }
    }
}
