//! Starting a command through the re-executed host, where it needs that.

use std::io::{Read, Seek};

use tempfile::NamedTempFile;

use super::launcher::Failure;
use super::memory::{Group, Survivors};
use super::spawn::{Route, classify};
use super::{Command, Passthrough, RunError};

/// What a start through the re-executed host needs. Without it, the command is started directly.
pub(super) struct Launch {
    pub(super) group: Option<Group>,
    report: Option<NamedTempFile>,
}

impl Launch {
    pub(super) fn prepare(command: &Command) -> Result<Self, RunError> {
        let group = group(command)?;
        let silent = command.passthrough == Passthrough::Silent;
        let needed = command.launcher.is_some() && (group.is_some() || silent);
        let report = needed.then(NamedTempFile::new).transpose();
        Ok(Self { group, report: report.map_err(RunError::io("create a temporary file"))? })
    }

    pub(super) fn route<'a>(&self, command: &'a Command) -> Option<Route<'a>> {
        Some(Route {
            launcher: command.launcher.as_ref()?,
            procs: self.group.as_ref().map(Group::procs).unwrap_or_default(),
            report: self.report.as_ref()?.path().to_owned(),
        })
    }

    /// Whether the command itself was started in the end.
    pub(super) fn check(&mut self, command: &Command) -> Result<(), RunError> {
        let mut text = String::new();
        if let Some(report) = &mut self.report {
            let read = report.rewind().and_then(|()| report.read_to_string(&mut text));
            read.map_err(RunError::io("read how the command was started"))?;
        }
        match Failure::decode(&text) {
            None => Ok(()),
            Some(Failure::Exec(error)) => Err(classify(command, error)),
            Some(Failure::Group(error)) => {
                Err(RunError::MemoryLimitUnavailable { why: format!("the control group cannot be entered: {error}") })
            }
        }
    }
}

fn group(command: &Command) -> Result<Option<Group>, RunError> {
    let Some(limit) = command.memory else {
        return Ok(None);
    };
    let refused = |why| RunError::MemoryLimitUnavailable { why };
    if command.launcher.is_none() {
        return Err(refused("the host did not give a launcher".to_owned()));
    }
    let survivors = match command.passthrough {
        Passthrough::Silent => Survivors::Killed,
        _ => Survivors::Released,
    };
    Group::create(limit, survivors).map(Some).map_err(refused)
}
