//! Whether a healer may act by itself, and what to tell people if not.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::settings::{Autonomy, Impact};
use super::threshold::Threshold;
use crate::action::{Reversibility, RiskTier};
use crate::confidence::{Assurance, Confidence, Features, SourceClass};
use crate::ports::RehearsalEvidence;
use crate::resource::Environment;

/// Where a plan would act, and what happened there.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// The plan's; those that its assurance was assessed from.
    pub features: &'a Features,
    /// Where.
    pub environment: &'a Environment,
    /// How much the business suffers if it goes wrong.
    pub impact: Impact,
    /// Fixes of this resource that failed lately.
    pub recent_failures: u32,
    /// Heals of this resource that didn't last, lately.
    pub relapses: u32,
    /// Verified outcomes of this kind of fix, heals and failures, undecayed.
    pub kind_outcomes: u32,
    /// Verified heals by the model that chose the plan, now or when it was remembered, undecayed; `None` if no model did.
    pub model_heals: Option<u32>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Sure enough to act without asking, if policy allows it.
    Autonomous,
    /// A person is asked.
    Suggest {
        /// What it lacks.
        why: Why,
        /// What the lower bound has to reach.
        needed: Threshold,
        /// What it is.
        have: Confidence,
    },
}

/// Why a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It can't be taken back.
    Irreversible,
    /// Nothing known proposes it.
    NothingKnown,
    /// A model proposes it, and it wasn't verified on a copy.
    UnverifiedModel,
    /// Too few plans of the model that chose it healed, however its kind of fix did otherwise.
    NewModel {
        /// Verified heals.
        heals: u32,
        /// How many are asked for.
        needed: u32,
    },
    /// Its kind of fix is new, and it wasn't tried where it can't hurt.
    NewKind {
        /// Verified outcomes.
        outcomes: u32,
        /// How many are asked for.
        needed: u32,
    },
    /// The lower bound is below the threshold.
    NotSure,
}

impl Autonomy {
    /// Whether it may be done without asking. The reasons that no record can outweigh come first.
    #[must_use]
    pub fn gate(&self, assurance: &Assurance, situation: &Situation<'_>) -> Gate {
        let needed = self.threshold(situation);
        let have = assurance.lower;
        let not_sure = || (have.value() < needed.value).then_some(Why::NotSure);
        let new = || self.new_model(situation).or_else(|| self.new_kind(situation));
        match never(situation.features).or_else(new).or_else(not_sure) {
            Some(why) => Gate::Suggest { why, needed, have },
            None => Gate::Autonomous,
        }
    }

    fn new_model(&self, situation: &Situation<'_>) -> Option<Why> {
        let (heals, needed) = (situation.model_heals?, self.suggest_below);
        (heals < needed).then_some(Why::NewModel { heals, needed })
    }

    fn new_kind(&self, situation: &Situation<'_>) -> Option<Why> {
        let (outcomes, needed) = (situation.kind_outcomes, self.suggest_below);
        let new = outcomes < needed && !self.tried_safely(situation);
        new.then_some(Why::NewKind { outcomes, needed })
    }

    fn tried_safely(&self, situation: &Situation<'_>) -> bool {
        let low = situation.features.risk == RiskTier::Low;
        let lenient = self.environment.of(situation.environment) < self.environment.production;
        match situation.features.rehearsal {
            RehearsalEvidence::Verified => low || lenient,
            RehearsalEvidence::InPlace => low && lenient,
            RehearsalEvidence::Pending | RehearsalEvidence::Unsupported => false,
        }
    }
}

fn never(features: &Features) -> Option<Why> {
    let verified = features.rehearsal == RehearsalEvidence::Verified;
    match (features.reversibility, features.source) {
        (Reversibility::Irreversible, _) => Some(Why::Irreversible),
        (_, SourceClass::Nothing) => Some(Why::NothingKnown),
        (_, SourceClass::Model) if !verified => Some(Why::UnverifiedModel),
        _ => None,
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Autonomous => f.write_str("sure enough to act without asking"),
            Self::Suggest { why: Why::NotSure, needed, have } => {
                write!(
                    f,
                    "{}: it is at least {:.2}, and {needed} is needed to act without asking",
                    Why::NotSure,
                    have.value()
                )
            }
            Self::Suggest { why, .. } => write!(f, "{why}; a person has to agree"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Irreversible => f.write_str("it can't be taken back"),
            Self::NothingKnown => f.write_str("nothing known proposes it"),
            Self::UnverifiedModel => f.write_str("a model proposes it and it was not verified on a copy"),
            Self::NewModel { heals, needed } => {
                write!(f, "a model chose it of whose plans too few healed here: {heals} of {needed}")
            }
            Self::NewKind { outcomes, needed } => write!(
                f,
                "this kind of fix is new here: {outcomes} of {needed} verified outcomes, and it was not tried where it can't hurt"
            ),
            Self::NotSure => f.write_str("it is not sure enough to heal"),
        }
    }
}
