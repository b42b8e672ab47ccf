//! What may be done about an incident at all, known before any untrusted text of it is read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::action::{Action, ActionKind, ActionSpec, InvalidAction, Parameters};
use crate::plan::Plan;
use crate::resource::ResourceRef;

/// The (kind, target) pairs that a planner may choose from: those that policy could permit for this resource, by trusted signals
/// alone. Replace the planner by an adversary that has read anything, and nothing outside happens: the engine refuses it.
///
/// The target is always the incident's own resource. The orchestrator computes it once and the journal keeps it; a set that was read from
/// elsewhere binds no incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    target: ResourceRef,
    /// In order. Not a tree: it stays as long as the incident, and a tree reserves room for eleven.
    kinds: Box<[ActionKind]>,
    /// What executors could do and policy could not permit.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    left_out: Box<[LeftOut]>,
}

/// A kind that policy could not permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The kind.
    pub kind: ActionKind,
    /// For people: which rules or documents leave it out.
    pub because: String,
}

/// What policy says of the kinds that executors perform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permitted {
    /// Those that it could permit.
    pub kinds: BTreeSet<ActionKind>,
    /// The others.
    pub left_out: Vec<LeftOut>,
}

impl Permitted {
    /// Keeps of the kinds those that `permits` has, and notes why the others are left out.
    pub(crate) fn keep(&mut self, permits: &BTreeSet<ActionKind>, because: impl Fn(&ActionKind) -> String) {
        let left_out = self.kinds.extract_if(.., |kind| !permits.contains(kind));
        self.left_out.extend(left_out.map(|kind| LeftOut { because: because(&kind), kind }));
    }
}

impl Allowed {
    /// Nothing, about `target`.
    #[must_use]
    pub fn nothing(target: ResourceRef) -> Self {
        Self { target, kinds: Box::default(), left_out: Box::default() }
    }

    pub(crate) fn of(target: ResourceRef, permitted: Permitted) -> Self {
        Self { target, kinds: permitted.kinds.into_iter().collect(), left_out: permitted.left_out.into() }
    }

    /// A set as the orchestrator would compute it, for tests.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn for_tests(target: ResourceRef, kinds: impl IntoIterator<Item = ActionKind>) -> Self {
        Self::of(target, Permitted { kinds: kinds.into_iter().collect(), left_out: Vec::new() })
    }

    /// The only target.
    #[must_use]
    pub fn target(&self) -> &ResourceRef {
        &self.target
    }

    /// The kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &ActionKind> {
        self.kinds.iter()
    }

    /// Why policy could not permit `kind`; `None` if it could, or if no executor performs it.
    #[must_use]
    pub fn left_out(&self, kind: &ActionKind) -> Option<&LeftOut> {
        self.left_out.iter().find(|left_out| left_out.kind == *kind)
    }

    /// The right to draw up actions of `spec`'s kind; `None` if that is outside.
    #[must_use]
    pub fn permit<'a>(&'a self, spec: &'a ActionSpec) -> Option<Permit<'a>> {
        self.kinds.contains(&spec.kind).then_some(Permit { spec, target: &self.target })
    }

    /// Why `plan` is outside, in words; `None` if all of it is inside.
    #[must_use]
    pub fn objection(&self, plan: &Plan) -> Option<String> {
        let actions = || plan.steps.iter().map(|step| &step.action);
        if let Some(stray) = actions().find(|action| *action.target() != self.target) {
            return Some(format!("the plan acts on {}; expected {}", stray.target(), self.target));
        }
        let stray = actions().find(|action| !self.kinds.contains(action.kind()))?;
        let kinds: Vec<&str> = self.kinds.iter().map(ActionKind::as_str).collect();
        let expected = if kinds.is_empty() { "no action at all".to_owned() } else { kinds.join(", ") };
        Some(format!("the plan would {}; for this incident policy could permit {expected}", stray.kind()))
    }
}

/// The right to draw up actions of one kind about one target. Only [`Allowed`] hands it out, so a planner can't name another.
#[derive(Debug, Clone, Copy)]
pub struct Permit<'a> {
    spec: &'a ActionSpec,
    target: &'a ResourceRef,
}

impl Permit<'_> {
    /// An action that fits the kind's spec.
    ///
    /// # Errors
    /// As [`ActionSpec::check`].
    pub fn action(&self, parameters: Parameters) -> Result<Action, InvalidAction> {
        Action::new(self.spec, self.target.clone(), parameters)
    }
}
