//! What happened: the values that the journal keeps.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::consultation::Consultation;
use crate::allowed::Allowed;
use crate::criterion::Observation;
use crate::decision::Decision;
use crate::diagnosis::{Diagnosis, Hypothesis};
use crate::error::Failure;
use crate::evidence::Evidence;
use crate::facts::Facts;
use crate::incident::Incident;
use crate::limits::Limits;
use crate::plan::{Plan, Preview};
use crate::ports::{Approval, EffectStatus, ProvenFix, Rehearsal, Undone};
use crate::time::Timestamp;

/// One thing that happened to an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The incident was opened.
    Opened {
        /// What is known.
        incident: Arc<Incident>,
        /// Drives its jitter; drawn from [`Entropy`](crate::ports::Entropy).
        seed: u64,
        /// What bounds it, also in another process whose own bounds are others.
        limits: Arc<Limits>,
        /// What may be done about it at all; computed before any text of it was read by a planner. A record of before this was kept
        /// allows nothing.
        #[serde(default = "super::state::nothing_known")]
        allowed: Arc<Allowed>,
    },
    /// Memory answered.
    Recalled(Option<Arc<ProvenFix>>),
    /// The classifier answered: hypotheses, best first; none if nothing known matches.
    Classified(Arc<[Hypothesis]>),
    /// The analyst answered.
    Analysed(Arc<Diagnosis>),
    /// The strategist answered; `None` if it has nothing (more) to propose for the line it was asked about.
    Planned(Option<Arc<Plan>>),
    /// The executors answered what the plan would change.
    Previewed(Arc<[Preview]>),
    /// Policy answered: before the rehearsal the auditor's question, after it the gate's.
    Decided(Arc<Decision>),
    /// The effect that the state is about to have was decided; it is sent after this is durable.
    Intended,
    /// Another worker took over; an effect that had been intended may have been sent.
    Resumed {
        /// Its lease's fencing token.
        epoch: u64,
        /// Its name.
        worker: Arc<str>,
    },
    /// Language models were asked during the visit whose answer follows.
    Consulted(Arc<[Consultation]>),
    /// The effect that the state is about to have may not be sent now.
    Held {
        /// When to ask again; `None` if that depends on a person or on what others do.
        until: Option<Timestamp>,
        /// Why.
        because: String,
        /// Whether an operator paused the healer: however long that lasts, it is gone on with afterwards.
        #[serde(default)]
        paused: bool,
    },
    /// The effect that the state is about to have may not be sent at all.
    Stopped {
        /// Why.
        because: String,
    },
    /// What was decided about the plan that is about to be applied no longer holds: it is decided again.
    Outdated {
        /// What changed.
        because: String,
    },
    /// The rehearsal ended.
    Rehearsed(Rehearsal),
    /// A person answered, or was asked.
    Answered(Approval),
    /// A step was applied.
    Applied,
    /// What became of a step whose outcome was unknown.
    Probed(EffectStatus),
    /// A durable wait is over.
    Waited,
    /// The criteria were looked at.
    Verified(Verification),
    /// A step was taken back, or could not be.
    Undone(Undone),
    /// The lesson was recorded.
    Learned,
    /// A person was told.
    Escalated {
        /// Whether somebody acknowledged.
        acknowledged: bool,
    },
    /// The visit failed.
    Failed(Failure),
    /// The host asked to stop.
    Cancelled,
}

impl Event {
    /// Its name, as the journal and the audit log spell it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Recalled(_) => "recalled",
            Self::Classified(_) => "classified",
            Self::Analysed(_) => "analysed",
            Self::Planned(_) => "planned",
            Self::Previewed(_) => "previewed",
            Self::Decided(_) => "decided",
            Self::Intended => "intended",
            Self::Resumed { .. } => "resumed",
            Self::Consulted(_) => "consulted",
            Self::Held { .. } => "held",
            Self::Stopped { .. } => "stopped",
            Self::Outdated { .. } => "outdated",
            Self::Rehearsed(_) => "rehearsed",
            Self::Answered(_) => "answered",
            Self::Applied => "applied",
            Self::Probed(_) => "probed",
            Self::Waited => "waited",
            Self::Verified(_) => "verified",
            Self::Undone(_) => "undone",
            Self::Learned => "learned",
            Self::Escalated { .. } => "escalated",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What the probes of a plan's criteria saw together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether every criterion was positively observed.
    pub held: bool,
    /// What was observed, of all probes.
    pub facts: Facts,
    /// What can be read of the unhealthy ones.
    pub evidence: Vec<Evidence>,
    /// Why there was no data, if that is the reason.
    pub no_data: Option<String>,
}

impl Verification {
    /// Joins what probes saw; `held` says whether the criteria hold on it.
    #[must_use]
    pub fn from_observations(observations: Vec<Observation>, held: bool) -> Self {
        let mut joined = Self { held, facts: Facts::new(), evidence: Vec::new(), no_data: None };
        for observation in observations {
            match observation {
                Observation::Healthy { facts } => joined.facts = joined.facts.updated(&facts),
                Observation::Unhealthy { facts, evidence } => {
                    joined.facts = joined.facts.updated(&facts);
                    joined.evidence.extend(evidence);
                }
                Observation::NoData { why } => joined.no_data = Some(why),
            }
        }
        joined
    }
}
