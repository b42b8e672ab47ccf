//! What the healer gave the command of an incident, and what that did, as it is kept.

use std::path::Path;
use std::sync::Arc;

use selfheal_core::criterion::Observation;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::PlanHash;
use selfheal_detect::redact::Redactor;
use serde::{Deserialize, Serialize};

use super::{RunMark, Standing, StepKey, ValueKey, run_mark};

const VERSION: u32 = 1;

/// What is kept of the session of one incident. It holds names and keyed versions of variables and never their values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::local) struct KeptSession {
    version: u32,
    pub(in crate::local) incident: IncidentId,
    /// What the applied steps give the command, in the order of their application.
    effects: Vec<Effect>,
    /// Starts of the command, the first and rehearsals included.
    pub(in crate::local) starts: u32,
    /// Whether the command was given input, which only the process that read it can give again.
    pub(in crate::local) input_given: bool,
    /// The time after which a run was stopped, if one was.
    pub(in crate::local) timed_out_ms: Option<u64>,
    /// Whether an unchanged copy was seen to fail as the directory did.
    pub(in crate::local) copy_is_faithful: Option<bool>,
    /// The plan of which a rehearsal was verified last.
    verified: Option<StepKey>,
    /// The last run in the directory since the incident began.
    run: Option<RunMark>,
    /// By which values of variables are recognised; made when a variable is previewed first.
    #[serde(default)]
    pub(in crate::local) value_key: Option<ValueKey>,
    /// The commands that steps ran, each once.
    #[serde(default)]
    commands: Vec<(StepKey, CommandEnd)>,
    /// The plan for which a command ran last, unless files were changed for another one since.
    #[serde(default)]
    commanded: Option<PlanHash>,
    /// The plan for which files were changed last.
    #[serde(default)]
    filed: Option<PlanHash>,
}

/// How the command of a step ended, as far as that was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::local) enum CommandEnd {
    /// It was about to be started.
    Unknown,
    /// With status 0.
    Good,
}

/// What one step gives the command.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Effect {
    step: StepKey,
    gives: Gives,
}

/// What the command can be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::local) enum Gives {
    /// A configured variable, and the version of its value that was approved.
    Variable { name: String, version: String },
    /// As much memory, in bytes.
    Memory(u64),
}

impl KeptSession {
    /// Nothing was given yet and nothing ran.
    pub(in crate::local) fn new(incident: &IncidentId) -> Self {
        Self {
            version: VERSION,
            incident: incident.clone(),
            effects: Vec::new(),
            starts: 0,
            input_given: false,
            timed_out_ms: None,
            copy_is_faithful: None,
            verified: None,
            run: None,
            value_key: None,
            commands: Vec::new(),
            commanded: None,
            filed: None,
        }
    }

    /// Reads it back from the text of the file at `path`.
    pub(super) fn read(text: &[u8], path: &Path) -> Result<Self> {
        let invalid = |why: String| {
            let message = format!("what is kept of the incident can't be read: {why}");
            Error::new(ErrorKind::Invalid, "local.keep", message).with_context("path", path.display().to_string())
        };
        let session: Self = serde_json::from_slice(text).map_err(|error| invalid(error.to_string()))?;
        match session.version == VERSION {
            true => Ok(session),
            false => Err(invalid(format!("it has version {}; expected {VERSION}", session.version))),
        }
    }

    /// The variables that the command gets, by name, and which version of each.
    pub(in crate::local) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.effects.iter().filter_map(|effect| match &effect.gives {
            Gives::Variable { name, version } => Some((name.as_str(), version.as_str())),
            Gives::Memory(_) => None,
        })
    }

    /// The raised memory limit, in bytes.
    pub(in crate::local) fn memory(&self) -> Option<u64> {
        self.effects.iter().rev().find_map(|effect| match effect.gives {
            Gives::Memory(bytes) => Some(bytes),
            Gives::Variable { .. } => None,
        })
    }

    /// Whether `step` gives the command something.
    pub(in crate::local) fn has(&self, step: &StepKey) -> bool {
        self.effects.iter().any(|effect| effect.step == *step)
    }

    pub(in crate::local) fn give(&mut self, step: StepKey, gives: Gives) {
        self.take_back(&step);
        self.effects.push(Effect { step, gives });
    }

    /// Returns whether there was something to take back.
    pub(in crate::local) fn take_back(&mut self, step: &StepKey) -> bool {
        let before = self.effects.len();
        self.effects.retain(|effect| effect.step != *step);
        self.effects.len() < before
    }

    pub(in crate::local) fn command_started(&mut self, step: StepKey, plan: Option<&PlanHash>) {
        self.commands.retain(|(known, _)| *known != step);
        self.commands.push((step, CommandEnd::Unknown));
        self.commanded = plan.cloned();
    }

    /// Notes that files are about to change for `plan`; returns whether that is news.
    pub(in crate::local) fn files_change_for(&mut self, plan: Option<&PlanHash>) -> bool {
        let news = self.filed.as_ref() != plan;
        self.filed = plan.cloned();
        self.commanded.take_if(|commanded| Some(&*commanded) != plan);
        news
    }

    /// Whether commands ran for the plan that is applied, and no file changed.
    pub(in crate::local) fn only_ran_commands(&self) -> bool {
        self.commanded.is_some() && self.commanded != self.filed
    }

    /// Notes that the command of `step` ended well; returns whether it was started.
    pub(in crate::local) fn command_ended(&mut self, step: &StepKey) -> bool {
        let started = self.commands.iter_mut().find(|(known, _)| known == step);
        started.map(|(_, end)| *end = CommandEnd::Good).is_some()
    }

    /// How the command of `step` ended; `None` if it was never started.
    pub(in crate::local) fn command(&self, step: &StepKey) -> Option<CommandEnd> {
        self.commands.iter().find(|(known, _)| known == step).map(|(_, end)| *end)
    }

    pub(in crate::local) fn set_verified(&mut self, plan: StepKey, verified: bool) {
        self.verified = verified.then_some(plan);
    }

    pub(in crate::local) fn is_verified(&self, plan: &StepKey) -> bool {
        self.verified.as_ref() == Some(plan)
    }

    pub(in crate::local) fn run(&self) -> Option<&RunMark> {
        self.run.as_ref()
    }

    pub(in crate::local) fn run_started(&mut self, step: Option<StepKey>) {
        self.run = Some(RunMark::started(step));
    }

    /// Notes what a run saw. A run that only verifies is looked at by whoever asked for it.
    pub(in crate::local) fn run_ended(&mut self, seen: &Observation, redactor: &Redactor) {
        let Some(run) = &mut self.run else { return };
        let seen = Arc::new(run_mark::bounded(seen, redactor));
        run.standing = match run.step {
            Some(_) => Standing::Ended(seen),
            None => Standing::LookedAt(seen),
        };
    }

    /// Notes that the last run was judged; returns whether that is news.
    pub(in crate::local) fn run_looked_at(&mut self) -> bool {
        let Some(run) = &mut self.run else { return false };
        let Standing::Ended(seen) = &run.standing else { return false };
        run.standing = Standing::LookedAt(Arc::clone(seen));
        true
    }

    /// Notes that something is about to change; returns whether that is news. A run that may not have ended stays in doubt.
    pub(in crate::local) fn outdate_run(&mut self) -> bool {
        let Some(run) = self.run.as_mut().filter(|run| run.seen().is_some()) else { return false };
        run.standing = Standing::Outdated;
        true
    }
}
