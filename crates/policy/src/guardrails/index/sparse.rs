//! Conditions that few rules have: looked at one by one, for the rules that are still in question.

use crate::guardrails::bits::Bits;

#[derive(Debug)]
pub(super) struct Sparse<T> {
    conditioned: Bits,
    conditions: Vec<(usize, T)>,
}

impl<T> Sparse<T> {
    pub(super) fn new(count: usize) -> Self {
        Self { conditioned: Bits::none(count), conditions: Vec::new() }
    }

    pub(super) fn add(&mut self, rule: usize, condition: T) {
        self.conditioned.set(rule);
        self.conditions.push((rule, condition));
    }

    /// Keeps the rules whose condition holds.
    pub(super) fn narrow(&self, alive: &mut Bits, holds: impl Fn(&T) -> bool) {
        if !alive.meets(&self.conditioned) {
            return;
        }
        for (rule, condition) in &self.conditions {
            if alive.has(*rule) && !holds(condition) {
                alive.clear(*rule);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }
}
