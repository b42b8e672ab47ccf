//! Making the effects of steps, looking at them, and taking them back.

use std::path::Path;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{EffectStatus, Undone};

use super::leg::Leg;
use super::run::observe_run;
use super::{Local, undo_error};
use crate::local::kept::{Gives, KeptSession, Standing, StepKey};
use crate::local::noise::Noise;
use crate::local::steps::LocalStep;
use crate::local::workspace::{FileChange, FileState, UndoError};

impl Local {
    pub(super) fn apply(&self, leg: &Leg, index: usize, attempt: u32) -> Result<()> {
        let (step, key) = (leg.step(index)?, leg.key(index));
        match step {
            LocalStep::Retry => {
                self.pipeline.may_start()?;
                let _noise = Noise::for_attempt(attempt);
                observe_run(&self.pipeline, &leg.incident, Some(key)).map(drop)
            }
            LocalStep::SetEnvironment { ref name, .. } => {
                let version = self.check_variable(leg, index, &step)?.unwrap_or_default();
                self.give(key, Gives::Variable { name: name.clone(), version })
            }
            LocalStep::IncreaseMemory { limit_bytes } => self.give(key, Gives::Memory(limit_bytes)),
            LocalStep::Dependencies { .. } | LocalStep::EditFile { .. } => self.change_files(leg, index),
        }
    }

    /// The version of the variable that `step` gives, if it gives one. It must be the one that was previewed: what is given is
    /// a name to those who look at the plan, and its value is read anew by each process.
    pub(super) fn check_variable(&self, leg: &Leg, index: usize, step: &LocalStep) -> Result<Option<String>> {
        let LocalStep::SetEnvironment { name, source } = step else { return Ok(None) };
        let fence = leg.previews.get(index).and_then(|preview| preview.fences.first());
        self.pipeline.unchanged_variable(name, source, fence).map(Some)
    }

    fn give(&self, key: StepKey, gives: Gives) -> Result<()> {
        self.pipeline.change(|kept| {
            kept.outdate_run();
            kept.give(key, gives);
            true
        })
    }

    fn change_files(&self, leg: &Leg, index: usize) -> Result<()> {
        let changes = self.planned(&leg.incident)?.changes(leg, index)?.to_vec();
        // Whatever policy allows: files change only after a verified rehearsal of exactly these changes.
        if !self.pipeline.session().kept.is_verified(&leg.whole()) {
            let message = "files are changed only after a verified rehearsal on a copy";
            return Err(Error::new(ErrorKind::Forbidden, "executor.apply", message));
        }
        // Before, so that no process ever takes an old run for one that saw the change.
        self.pipeline.change(|kept| kept.outdate_run() | kept.files_change_for(leg.plan.as_ref()))?;
        let key = leg.key(index);
        self.pipeline.undo(&leg.incident, |undo| undo.apply(key.as_str(), &changes)).map_err(undo_error)
    }

    pub(super) fn probe(&self, leg: &Leg, index: usize) -> Result<EffectStatus> {
        let key = leg.key(index);
        match leg.step(index)? {
            LocalStep::Retry => Ok(self.probe_run(&key)),
            LocalStep::SetEnvironment { .. } | LocalStep::IncreaseMemory { .. } => {
                Ok(match self.pipeline.session().kept.has(&key) {
                    true => EffectStatus::Applied,
                    false => EffectStatus::Absent,
                })
            }
            LocalStep::Dependencies { .. } | LocalStep::EditFile { .. } => {
                status_of(&self.pipeline.config().dir, self.planned(&leg.incident)?.changes(leg, index)?)
            }
        }
    }

    /// A run leaves nothing behind but its mark. One that was looked at was the start before this one.
    fn probe_run(&self, key: &StepKey) -> EffectStatus {
        let session = self.pipeline.session();
        let run = session.kept.run().filter(|run| run.step.as_ref() == Some(key));
        match run.map(|run| &run.standing) {
            Some(Standing::Ended(_)) => EffectStatus::Applied,
            Some(Standing::Started) => EffectStatus::Diverged,
            Some(Standing::LookedAt(_) | Standing::Outdated) | None if session.is_complete() => EffectStatus::Absent,
            _ => EffectStatus::Diverged,
        }
    }

    pub(super) fn undo(&self, leg: &Leg, index: usize) -> Result<Undone> {
        let key = leg.key(index);
        match leg.step(index)? {
            LocalStep::Retry => Ok(Undone::Nothing),
            LocalStep::SetEnvironment { .. } | LocalStep::IncreaseMemory { .. } => self.take_gift_back(&key),
            LocalStep::Dependencies { .. } | LocalStep::EditFile { .. } => {
                self.pipeline.change(KeptSession::outdate_run)?;
                match self.pipeline.undo(&leg.incident, |undo| undo.take_back(key.as_str())) {
                    Ok(true) => Ok(Undone::Restored),
                    Ok(false) => Ok(Undone::Nothing),
                    Err(UndoError::Foreign { path }) => Ok(Undone::ForeignChange { what: path.display().to_string() }),
                    Err(error) => Err(undo_error(error)),
                }
            }
        }
    }

    fn take_gift_back(&self, key: &StepKey) -> Result<Undone> {
        let mut undone = Undone::Nothing;
        self.pipeline.change(|kept| {
            let took = kept.take_back(key);
            if took {
                kept.outdate_run();
                undone = Undone::Restored;
            }
            took
        })?;
        Ok(undone)
    }
}

fn status_of(dir: &Path, changes: &[FileChange]) -> Result<EffectStatus> {
    let unreadable = |error: std::io::Error| Error::new(ErrorKind::Unavailable, "executor.probe", error.to_string());
    let now = changes.iter().map(|change| FileState::read(&dir.join(&change.path)));
    let now = now.collect::<std::io::Result<Vec<_>>>().map_err(unreadable)?;
    let all =
        |side: fn(&FileChange) -> &Option<FileState>| changes.iter().zip(&now).all(|(change, now)| side(change) == now);
    Ok(match (all(|change| &change.after), all(|change| &change.before)) {
        (true, _) => EffectStatus::Applied,
        (_, true) => EffectStatus::Absent,
        _ => EffectStatus::Diverged,
    })
}
