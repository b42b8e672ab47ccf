//! The figures of a report.

use serde::Serialize;

use super::account::Endings;
use super::groups::GroupFigures;
use super::policy::PolicyFigures;
use super::rate::Rate;
use super::repair::Repair;
use super::repeats::RepeatFigures;
use super::trend::Period;
use super::unended::OpenFigures;
use crate::confidence::Calibration;
use crate::time::Timestamp;

/// What many incidents come to. Times of day are milliseconds since the Unix epoch when serialised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// When this was so.
    pub at: Timestamp,
    /// How many incidents are in it.
    pub incidents: u64,
    /// How they ended.
    pub endings: Endings,
    /// Incidents whose records were compacted: where their time went is known as a whole only.
    pub compacted: u64,
    /// Incidents whose history can't be read; they are in no other figure.
    pub unreadable: u64,
    /// How long healing took.
    pub repair: Repair,
    /// Shares, each with the numbers that it comes from.
    pub rates: Rates,
    /// What policy refused.
    pub policy: PolicyFigures,
    /// How far predictions that a plan heals could be trusted; `None` while no plan was applied.
    pub calibration: Option<Calibration>,
    /// Failures that came again.
    pub repeats: RepeatFigures,
    /// What has not ended.
    pub open: OpenFigures,
    /// By failure category, largest first.
    pub by_category: Vec<GroupFigures>,
    /// By environment, largest first.
    pub by_environment: Vec<GroupFigures>,
    /// By the time of opening, without gaps.
    pub over_time: Vec<Period>,
    /// How many records have a leaf in the audit log, of how many; `None` if there is no audit log to ask.
    pub audit_coverage: Option<Rate>,
}

/// Shares. What ended excludes dry runs, which were never to heal anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rates {
    /// Mended, of what ended.
    pub healed: Rate,
    /// The same input passed when run again, of what ended.
    pub passed_on_rerun: Rate,
    /// Left to a person as a rehearsed plan, of what ended.
    pub proposed: Rate,
    /// Told to a person, of what ended.
    pub escalated: Rate,
    /// Stopped by the host, of what ended.
    pub interrupted: Rate,
    /// Incidents in which an applied plan was taken back, of those in which one was applied.
    pub rolled_back: Rate,
    /// Incidents in which an applied plan could not be taken back entirely, of those in which one was applied.
    pub stuck: Rate,
    /// Healed by a fix that memory knew, of the healed.
    pub healed_from_memory: Rate,
    /// Escalations that no channel acknowledged, of all.
    pub escalations_unacknowledged: Rate,
}
