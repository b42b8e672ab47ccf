//! What could be permitted before there is a plan: by kind, environment, severity, risk and resource alone.

use selfheal_core::action::ActionSpec;
use selfheal_core::decision::Verdict;
use selfheal_core::ports::Reach;

use super::{Alive, Dimension, Index, MOST_NEAR};

/// The conditions about which something is known without a plan.
const KNOWN: [Dimension; 4] = [Dimension::Environment, Dimension::Severity, Dimension::Risk, Dimension::Resource];

/// Why a kind can't be permitted; rules by index.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LeftOut<'a> {
    /// Whatever the plan, these deny it.
    Denied(Vec<usize>),
    /// None permits it there: those that permit the kind at all, with what each asks for.
    Unpermitted(Vec<(usize, Vec<&'a str>)>),
}

impl Index {
    /// Whether some rule could permit the kind there, and no rule denies it whatever the plan.
    pub(crate) fn could_permit(&self, reach: &Reach<'_>, spec: &ActionSpec) -> bool {
        let alive = self.reaching(reach, spec);
        !alive.permit.is_empty() && alive.restrict.is_empty()
    }

    /// Why the kind could not be permitted there; `None` if it could.
    pub(crate) fn left_out(&self, reach: &Reach<'_>, spec: &ActionSpec) -> Option<LeftOut<'_>> {
        let alive = self.reaching(reach, spec);
        if !alive.restrict.is_empty() {
            return Some(LeftOut::Denied(alive.restrict.iter().take(MOST_NEAR).collect()));
        }
        if !alive.permit.is_empty() {
            return None;
        }
        let mut elsewhere = self.permitting.clone();
        self.kinds.narrow(spec.kind.as_str(), &mut elsewhere);
        let asks = |rule: usize| {
            let asks = self.rules[rule].asks.iter().filter(|(dimension, _)| KNOWN.contains(dimension));
            (rule, asks.map(|(_, words)| words.as_str()).collect())
        };
        Some(LeftOut::Unpermitted(elsewhere.iter().take(MOST_NEAR).map(asks).collect()))
    }

    /// The rules that could permit it, and those that deny it whatever the plan.
    fn reaching(&self, reach: &Reach<'_>, spec: &ActionSpec) -> Alive {
        let mut alive = Alive::new(self.rules.len());
        alive.permit.copy_from(&self.permitting);
        alive.restrict.copy_from(&self.effects[Verdict::Deny as usize]);
        alive.restrict.remove(&self.conditional);
        alive.both(|side| {
            self.environments.narrow(reach.environment.as_str(), side);
            self.kinds.narrow(spec.kind.as_str(), side);
            side.and(&self.severities[reach.severity as usize]);
            side.and(&self.risks[spec.risk as usize]);
        });
        self.resources.narrow(&mut alive, |each| each(&reach.resource.to_string()));
        alive
    }
}
