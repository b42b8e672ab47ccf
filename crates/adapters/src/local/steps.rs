//! The local kinds as typed changes, read from an action once.

use std::path::{Component, Path, PathBuf};

use selfheal_core::action::{Action, ActionKind};
use selfheal_core::error::{Error, ErrorKind, Result};

use super::ecosystem::{Change, Pin};

/// What one step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LocalStep {
    /// The command runs again.
    Retry,
    /// The command gets a configured variable.
    SetEnvironment { name: String, source: String },
    /// The command may use so much memory.
    IncreaseMemory { limit_bytes: u64 },
    /// A package tool changes manifests or lockfiles.
    Dependencies { ecosystem: String, change: Change },
    /// Exact lines of a file are replaced.
    EditFile { path: PathBuf, line: usize, expected: String, replacement: String },
}

impl LocalStep {
    /// Whether it changes files.
    pub(super) fn changes_files(&self) -> bool {
        matches!(self, Self::Dependencies { .. } | Self::EditFile { .. })
    }

    /// Reads an action that fits its spec.
    pub(super) fn of(action: &Action) -> Result<Self> {
        let kind = action.kind();
        if *kind == ActionKind::RETRY_STAGE {
            return Ok(Self::Retry);
        }
        if *kind == ActionKind::SET_ENVIRONMENT {
            return Ok(Self::SetEnvironment { name: text(action, "name")?, source: text(action, "source")? });
        }
        if *kind == ActionKind::INCREASE_MEMORY {
            return Ok(Self::IncreaseMemory { limit_bytes: integer(action, "limit_bytes")? });
        }
        if *kind == ActionKind::EDIT_FILE {
            return edit(action);
        }
        let ecosystem = text(action, "ecosystem")?;
        Ok(Self::Dependencies { ecosystem, change: change(action)? })
    }
}

fn edit(action: &Action) -> Result<LocalStep> {
    let line = usize::try_from(integer(action, "line")?).ok().filter(|line| *line > 0);
    Ok(LocalStep::EditFile {
        path: relative(action, "path")?,
        line: line.ok_or_else(|| invalid(action, "`line` counts from 1"))?,
        expected: text(action, "expected")?,
        replacement: text(action, "replacement")?,
    })
}

fn change(action: &Action) -> Result<Change> {
    let kind = action.kind();
    if *kind == ActionKind::REGENERATE_LOCKFILE {
        return Ok(Change::RegenerateLockfile { manifest: relative(action, "manifest")? });
    }
    let pin = Pin {
        package: text(action, "package")?,
        requirement: text(action, "requirement")?,
        manifest: relative(action, "manifest")?,
    };
    if *kind == ActionKind::PATCH_DEPENDENCY_VERSION {
        let also =
            action.text("also").map(Pin::list).transpose().map_err(|error| invalid(action, &error.to_string()))?;
        return Ok(Change::PatchVersion { pin, also: also.unwrap_or_default() });
    }
    if *kind == ActionKind::ADD_DEPENDENCY {
        let features = action.text("features").unwrap_or_default();
        let features = features.split(',').map(str::trim).filter(|feature| !feature.is_empty()).map(str::to_owned);
        let section = action.text("section").map(str::to_owned);
        return Ok(Change::AddDependency { pin, section, features: features.collect() });
    }
    Err(invalid(action, "is not a kind of local pipelines"))
}

fn text(action: &Action, name: &str) -> Result<String> {
    action.text(name).map(str::to_owned).ok_or_else(|| invalid(action, &format!("lacks `{name}`")))
}

fn integer(action: &Action, name: &str) -> Result<u64> {
    action.integer(name).ok_or_else(|| invalid(action, &format!("lacks `{name}`")))
}

/// A path inside the project; what isn't plainly inside is refused before anything is looked at.
fn relative(action: &Action, name: &str) -> Result<PathBuf> {
    let path = PathBuf::from(text(action, name)?);
    let inside = |path: &Path| {
        path.components().all(|part| matches!(part, Component::Normal(name) if !name.eq_ignore_ascii_case(".git")))
    };
    match !path.as_os_str().is_empty() && inside(&path) {
        true => Ok(path),
        false => Err(invalid(action, &format!("`{name}` is not a path inside the project"))),
    }
}

fn invalid(action: &Action, problem: &str) -> Error {
    Error::new(ErrorKind::Invalid, "executor.preview", format!("{}: {problem}", action.kind()))
}
