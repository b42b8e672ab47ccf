//! Where an incident stands, and what that asks for next.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Where an incident stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Memory is asked for a proven fix.
    Recalling,
    /// The classifier looks at the evidence.
    Classifying,
    /// The analyst looks for the root cause.
    Analysing,
    /// The strategist draws up a plan.
    Planning,
    /// The executors say what it would change.
    Previewing,
    /// Policy is asked whether it may be done.
    Auditing,
    /// It is tried where it can't hurt.
    Rehearsing,
    /// Policy is asked again, with the rehearsal's evidence.
    Gating,
    /// A person is asked; silence until the deadline escalates.
    AwaitingApproval {
        /// When silence escalates.
        deadline: Timestamp,
    },
    /// A step is applied.
    Applying {
        /// 0-based.
        step: usize,
        /// 1-based start of this step.
        attempt: u32,
    },
    /// It is found out whether a step happened.
    Probing {
        /// 0-based.
        step: usize,
        /// The start whose outcome is unknown.
        attempt: u32,
    },
    /// A durable wait before `then`.
    BackingOff {
        /// Until when.
        until: Timestamp,
        /// What comes afterwards.
        then: Box<Phase>,
    },
    /// The criteria are observed.
    Verifying {
        /// 0-based observation within the stability window.
        round: u32,
        /// How often the last step was started.
        attempt: u32,
    },
    /// Applied steps are taken back, last first.
    Compensating {
        /// The step being taken back.
        step: usize,
        /// Why.
        because: Trouble,
    },
    /// The outcome goes to memory.
    Learning {
        /// What is remembered.
        outcome: Outcome,
    },
    /// A person is told.
    Escalating {
        /// Why.
        because: Trouble,
    },
    /// Ended.
    Closed {
        /// How.
        outcome: Outcome,
    },
}

impl Phase {
    /// A short name for progress lines, spans and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Recalling => "recall",
            Self::Classifying => "classify",
            Self::Analysing => "analyse",
            Self::Planning => "plan",
            Self::Previewing => "preview",
            Self::Auditing => "audit",
            Self::Rehearsing => "rehearse",
            Self::Gating => "gate",
            Self::AwaitingApproval { .. } => "approval",
            Self::Applying { .. } => "apply",
            Self::Probing { .. } => "probe",
            Self::BackingOff { .. } => "back off",
            Self::Verifying { .. } => "verify",
            Self::Compensating { .. } => "undo",
            Self::Learning { .. } => "learn",
            Self::Escalating { .. } => "escalate",
            Self::Closed { .. } => "closed",
        }
    }

    /// The phase behind a wait; other phases are themselves.
    #[must_use]
    pub fn awake(&self) -> &Self {
        match self {
            Self::BackingOff { then, .. } => then.awake(),
            awake => awake,
        }
    }

    /// Whether the incident waits for somebody to receive its escalation.
    #[must_use]
    pub fn is_undelivered(&self) -> bool {
        matches!(self, Self::BackingOff { then, .. } if matches!(then.awake(), Self::Escalating { .. }))
    }

    /// Whether the incident is being ended: what is done here is not broken off by a request to stop.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        matches!(
            self,
            Self::Compensating { .. } | Self::Learning { .. } | Self::Escalating { .. } | Self::Closed { .. }
        )
    }

    /// What it asks for; `None` when it is closed.
    #[must_use]
    pub fn effect(&self) -> Option<Effect> {
        Some(match *self {
            Self::Recalling => Effect::Recall,
            Self::Classifying => Effect::Classify,
            Self::Analysing => Effect::Analyse,
            Self::Planning => Effect::Plan,
            Self::Previewing => Effect::Preview,
            Self::Auditing => Effect::Audit,
            Self::Rehearsing => Effect::Rehearse,
            Self::Gating => Effect::Gate,
            Self::AwaitingApproval { .. } => Effect::AskApproval,
            Self::Applying { step, attempt } => Effect::Apply { step, attempt },
            Self::Probing { step, .. } => Effect::Probe { step },
            Self::BackingOff { until, .. } => Effect::Wait { until },
            Self::Verifying { .. } => Effect::Verify,
            Self::Compensating { step, .. } => Effect::Undo { step },
            Self::Learning { .. } => Effect::Learn,
            Self::Escalating { .. } => Effect::Escalate,
            Self::Closed { .. } => return None,
        })
    }
}

/// What the orchestrator is to do; the data is in the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Ask memory.
    Recall,
    /// Ask the classifier.
    Classify,
    /// Ask the analyst.
    Analyse,
    /// Ask the strategist.
    Plan,
    /// Ask the executors what would change.
    Preview,
    /// Ask policy before the rehearsal.
    Audit,
    /// Try it on a copy.
    Rehearse,
    /// Ask policy with the rehearsal's evidence.
    Gate,
    /// Ask a person.
    AskApproval,
    /// Apply a step.
    Apply {
        /// 0-based.
        step: usize,
        /// 1-based.
        attempt: u32,
    },
    /// Find out whether a step happened.
    Probe {
        /// 0-based.
        step: usize,
    },
    /// Wait.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Observe the criteria.
    Verify,
    /// Take a step back.
    Undo {
        /// 0-based.
        step: usize,
    },
    /// Record the lesson.
    Learn,
    /// Tell a person.
    Escalate,
}

impl Effect {
    /// Whether it runs or changes something outside, so that its intent must be durable before it is sent.
    #[must_use]
    pub fn is_outward(self) -> bool {
        matches!(self, Self::Rehearse | Self::Apply { .. } | Self::Verify | Self::Undo { .. })
    }
}

/// Why the healer stops, or takes back what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Nothing known explains the failure.
    Unexplained,
    /// The failure is explained, and there is no safe automatic remedy for it.
    NoRemedy,
    /// The failure is explained and there are remedies, but policy could not permit them here: none was planned.
    NotPermitted {
        /// Which, and which rules or documents leave them out.
        because: String,
    },
    /// Every remedy was tried or rejected.
    RemediesUsedUp,
    /// Policy denied what was planned.
    Denied,
    /// A bound of the limits was reached.
    LimitReached {
        /// Which.
        what: String,
    },
    /// The applied plan did not heal.
    NotHealed,
    /// The applied plan did not heal at once, and policy does not let it be started once more.
    NotAllowedAgain {
        /// What policy says now.
        because: String,
    },
    /// A step could not be applied.
    ApplyFailed {
        /// What the executor said.
        message: String,
    },
    /// The world changed between preview and application, or under an undo.
    ForeignChange {
        /// What.
        what: String,
    },
    /// It can't be found out whether a step happened.
    UnknownOutcome {
        /// Which, and why.
        what: String,
    },
    /// Taking a step back failed.
    UndoFailed {
        /// What the executor said.
        message: String,
    },
    /// A person refused.
    Refused {
        /// What they said.
        because: String,
    },
    /// Nobody answered in time.
    NobodyAnswered,
    /// What is going on around this incident forbids to go on: a guard of the fleet, or an operator.
    Halted {
        /// Why.
        because: String,
    },
    /// A port failed for good.
    PortFailed {
        /// Operation and message.
        message: String,
    },
    /// The host asked to stop.
    Cancelled,
}

impl Trouble {
    /// For people: what happened, in one sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Unexplained => "nothing known explains this failure".into(),
            Self::NoRemedy => "there is no safe automatic fix for this failure".into(),
            Self::NotPermitted { because } => format!("policy permits no fix for this failure here: {because}"),
            Self::RemediesUsedUp => "none of the known fixes helped".into(),
            Self::Denied => "policy does not allow the fix".into(),
            Self::LimitReached { what } => format!("a limit was reached: {what}"),
            Self::NotHealed => "the fix was applied and did not help; it was taken back".into(),
            Self::NotAllowedAgain { because } => {
                format!("the fix did not help yet, and policy does not let it be started once more: {because}")
            }
            Self::ApplyFailed { message } => format!("the fix could not be applied: {message}"),
            Self::ForeignChange { what } => format!("somebody else changed the target meanwhile: {what}"),
            Self::UnknownOutcome { what } => format!("it can't be told what happened: {what}"),
            Self::UndoFailed { message } => format!("the fix could not be taken back: {message}"),
            Self::Refused { because } => format!("it was refused: {because}"),
            Self::Halted { because } => format!("the healer was stopped: {because}"),
            Self::NobodyAnswered => "nobody answered the request for approval in time".into(),
            Self::PortFailed { message } => format!("something the healer needs failed: {message}"),
            Self::Cancelled => "the user stopped it".into(),
        }
    }
}

/// How an incident ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every criterion was observed after a plan that changed something or waited something out.
    Healed,
    /// The same input passed when run again: nothing was mended.
    PassedOnRerun,
    /// A rehearsed plan waits to be applied by a person.
    Proposed,
    /// A dry run: a plan passed the audit, and was neither rehearsed nor applied.
    Planned,
    /// A person was told.
    Escalated {
        /// Why.
        because: Trouble,
        /// Whether somebody acknowledged.
        acknowledged: bool,
    },
    /// The host asked to stop; what had been applied was taken back.
    Interrupted,
}
