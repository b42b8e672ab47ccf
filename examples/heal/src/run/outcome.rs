//! The result of a run, for people and machines alike.

use std::path::PathBuf;
use std::time::Duration;

use selfheal_adapters::local::Pipeline;
use selfheal_core::diagnosis::{Diagnosis, Hypothesis};
use selfheal_core::engine::{Outcome, Phase, State, Tried, TriedResult};
use selfheal_core::orchestrator::{Report, Timings};
use selfheal_core::plan::Preview;
use selfheal_core::ports::Rehearsal;
use selfheal_policy::recovery::Waiting as Patience;

use super::Ended;
use super::consulted::Consulted;
use super::waiting::Waiting;
use crate::cli::RunOptions;
use crate::exit;

/// What a run came to.
pub(crate) struct RunResult {
    pub(crate) status: i32,
    pub(crate) outcome: &'static str,
    pub(crate) flaky: bool,
    pub(crate) report: Option<Report>,
    pub(crate) escalation: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) command_exit: i32,
    pub(crate) command_line: String,
    pub(crate) patch: Option<PathBuf>,
    /// What an open one waits for.
    pub(crate) waiting: Option<Waiting>,
    /// What language models were asked, if they were.
    pub(crate) consulted: Option<Consulted>,
    /// How many failures in a row there were, where the healer waits for more.
    pub(crate) failures: Option<Patience>,
    pub(crate) times: Times,
}

/// Where the time went.
#[derive(Default, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) detect: Duration,
    pub(crate) visits: Timings,
    pub(crate) command: Duration,
    pub(crate) tools: Duration,
    pub(crate) total: Duration,
}

impl RunResult {
    /// The command passed at once.
    pub(crate) fn passed(options: &RunOptions, pipeline: &Pipeline, total: Duration) -> Self {
        Self { outcome: if options.dry_run { "dry_run" } else { "passed" }, ..Self::ran(pipeline, total) }
    }

    fn ran(pipeline: &Pipeline, total: Duration) -> Self {
        Self {
            status: exit::HEALED,
            outcome: "passed",
            flaky: false,
            report: None,
            escalation: None,
            reason: None,
            attempts: pipeline.used().starts,
            command_exit: 0,
            command_line: pipeline.command_line(),
            patch: None,
            waiting: None,
            consulted: None,
            failures: None,
            times: Times { command: pipeline.used().time, total, ..Times::default() },
        }
    }

    /// The command failed, and it is not the healer's turn yet.
    pub(super) fn not_yet(pipeline: &Pipeline, exit: i32, patience: Patience, total: Duration) -> Self {
        Self {
            status: exit,
            outcome: "below_threshold",
            reason: Some(patience.to_string()),
            command_exit: exit,
            failures: Some(patience),
            ..Self::ran(pipeline, total)
        }
    }

    /// It was closed before, by whichever process.
    pub(super) fn closed(state: State, first_exit: i32) -> Self {
        let report = Report { state, timings: Timings::default() };
        let (outcome, status) = named(report.state.limits.dry_run, &report, None);
        let reason = match report.outcome() {
            Some(Outcome::Escalated { because, .. }) => Some(because.in_words()),
            _ => None,
        };
        Self {
            status,
            outcome,
            flaky: is_flaky(&report),
            escalation: None,
            reason,
            attempts: 0,
            command_exit: if status == exit::HEALED { 0 } else { first_exit },
            command_line: String::new(),
            patch: None,
            waiting: None,
            consulted: None,
            failures: None,
            times: Times::default(),
            report: Some(report),
        }
    }

    /// The command failed, and the loop ended.
    pub(super) fn of(options: &RunOptions, pipeline: &Pipeline, stopped: Option<i32>, ended: Ended) -> Self {
        let used = pipeline.used();
        let (outcome, status) = named(options.dry_run, &ended.report, stopped);
        let first_exit = ended.first_exit;
        let healthy = matches!(ended.report.outcome(), Some(Outcome::Healed | Outcome::PassedOnRerun));
        let (reason, escalation) = why(options, &ended);
        let waiting = ended.waiting;
        Self {
            status,
            outcome,
            flaky: is_flaky(&ended.report),
            escalation,
            reason,
            attempts: used.starts,
            command_exit: if healthy { 0 } else { first_exit },
            command_line: pipeline.command_line(),
            patch: None,
            waiting,
            consulted: ended.consulted,
            failures: None,
            times: Times {
                detect: ended.detect + ended.report.timings.detect,
                visits: ended.report.timings,
                command: used.time,
                tools: ended.tools,
                total: ended.total,
            },
            report: Some(ended.report),
        }
    }

    pub(crate) fn diagnosis(&self) -> Option<&Diagnosis> {
        self.report.as_ref().and_then(|report| report.diagnosis()).map(AsRef::as_ref)
    }

    pub(crate) fn tried(&self) -> &[Tried] {
        self.report.as_ref().map(|report| report.tried()).unwrap_or_default()
    }

    /// The unified diff of what was changed, or is proposed to be.
    pub(crate) fn diff(&self) -> String {
        self.effective().into_iter().flat_map(|preview| &preview.changes).map(|change| change.diff.as_str()).collect()
    }

    pub(crate) fn has_change(&self) -> bool {
        !self.diff().is_empty()
    }

    fn effective(&self) -> Vec<&Preview> {
        let stands =
            |tried: &&Tried| matches!(tried.result, TriedResult::Applied | TriedResult::Proposed | TriedResult::Stuck);
        let waiting = self.report.as_ref().and_then(|report| report.state.proposal.as_ref());
        let ended = self.tried().iter().filter(stands).map(|tried| &tried.proposal);
        ended.chain(waiting).flat_map(|proposal| proposal.previews.iter()).collect()
    }
}

fn named(dry_run: bool, report: &Report, stopped: Option<i32>) -> (&'static str, i32) {
    match report.outcome() {
        Some(Outcome::Healed) => ("healed", exit::HEALED),
        Some(Outcome::PassedOnRerun) => ("passed", exit::HEALED),
        Some(Outcome::Proposed) => ("proposed", exit::PROPOSED),
        Some(Outcome::Planned) => ("dry_run", exit::ESCALATED),
        Some(Outcome::Escalated { .. }) if dry_run => ("dry_run", exit::ESCALATED),
        Some(Outcome::Escalated { .. }) => ("escalated", exit::ESCALATED),
        Some(Outcome::Interrupted) => ("escalated", stopped.unwrap_or(exit::ESCALATED)),
        None if matches!(report.state.phase, Phase::AwaitingApproval { .. }) => ("awaiting_approval", exit::WAITING),
        None if report.state.is_held() => ("held", exit::WAITING),
        // Nobody received it yet, or it waits for its time.
        None => ("escalated", exit::ESCALATED),
    }
}

fn is_flaky(report: &Report) -> bool {
    report.category() == selfheal_core::category::FailureCategory::FLAKY_TEST
        && !matches!(report.outcome(), Some(Outcome::Escalated { .. }))
}

/// Why the healer stopped, and what a person should do.
fn why(options: &RunOptions, ended: &Ended) -> (Option<String>, Option<String>) {
    let report = &ended.report;
    match report.outcome() {
        Some(Outcome::Escalated { because, .. }) => (Some(because.in_words()), Some(advice(options, ended))),
        Some(Outcome::Interrupted) => (Some("the user stopped it".to_owned()), Some(advice(options, ended))),
        Some(Outcome::Proposed) => (None, report.tried().last().map(|last| what_to_apply(options, last))),
        Some(Outcome::Planned) => (Some("a dry run changes nothing".to_owned()), None),
        None if let Some(waiting) = &ended.waiting => {
            let (reason, next) = waiting.in_words();
            (Some(reason), Some(next))
        }
        None => (report.trouble().map(|trouble| trouble.in_words()), Some(advice(options, ended))),
        _ => (None, None),
    }
}

fn advice(options: &RunOptions, ended: &Ended) -> String {
    let best = ended.report.diagnosis().and_then(|diagnosis| diagnosis.best());
    let known = best.and_then(Hypothesis::advice_in_words);
    let unknown = || "Nothing known explains this failure; look at the evidence. A runbook of your own (`--runbooks DIR`) teaches it.";
    let mut advice = vec![known.unwrap_or_else(|| unknown().to_owned())];
    advice.extend(ended.consulted.as_ref().and_then(Consulted::trouble));
    advice.extend(ended.report.tried().last().map(last_plan));
    advice.extend(ended.obstacle.as_ref().map(next_obstacle));
    if options.no_rerun {
        advice.push("This pipeline is marked --no-rerun, so nothing was tried.".to_owned());
    }
    advice.join("\n")
}

fn what_to_apply(options: &RunOptions, proposed: &Tried) -> String {
    let changes = proposed.proposal.previews.iter().any(|preview| !preview.changes.is_empty());
    match options.patch.as_ref().filter(|_| changes) {
        Some(patch) => format!("Look at the patch, and apply it: `git apply {}`.", patch.display()),
        None => format!("If you agree: {}.", summaries(proposed).join("; ")),
    }
}

fn summaries(tried: &Tried) -> Vec<&str> {
    tried.proposal.previews.iter().map(|preview| preview.summary.as_str()).collect()
}

fn last_plan(last: &Tried) -> String {
    let what = summaries(last);
    let reason = match &last.proposal.rehearsal {
        Some(Rehearsal::Unsupported { why }) => format!("{why} ({})", last.reason),
        _ => last.reason.clone(),
    };
    let fate = match last.result {
        TriedResult::Stuck => "could not be taken back; the next `heal` in this directory tries again",
        TriedResult::RolledBack => "was taken back",
        _ => "was not used",
    };
    // A plan whose preview failed has no summaries.
    let what = if what.is_empty() { last.proposal.plan.rationale.clone() } else { what.join("; ") };
    format!("The last plan ({what}) {fate}: {reason}.")
}

fn next_obstacle(obstacle: &Hypothesis) -> String {
    let advice = obstacle.advice_in_words().unwrap_or_default();
    format!("It got the command as far as the next obstacle: {}. {advice}", obstacle.cause.summary.read())
        .trim_end()
        .to_owned()
}
