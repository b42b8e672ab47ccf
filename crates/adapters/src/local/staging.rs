//! Working out on a private copy what steps would change in the files of a project.

use std::path::{Path, PathBuf};

use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::plan::Step;

use super::ecosystem::{self, Change, EcosystemError, Tools};
use super::edit::replace_lines;
use super::pipeline::Pipeline;
use super::steps::LocalStep;
use super::workspace::{CopyError, FileChange, FileState, Scope, Scratch};

/// A copy of the sources on which steps are carried out one after the other.
pub(super) struct Staging<'a> {
    scratch: Scratch,
    tools: &'a dyn Tools,
}

impl<'a> Staging<'a> {
    pub(super) fn new(pipeline: &Pipeline, tools: &'a dyn Tools) -> Result<Self> {
        let config = pipeline.config();
        let scratch =
            Scratch::copy(&config.dir, &config.scratch, Scope::Sources, pipeline.cancel()).map_err(copy_error)?;
        Ok(Self { scratch, tools })
    }

    pub(super) fn dir(&self) -> &Path {
        self.scratch.dir()
    }

    /// Carries `steps` out on the copy; one list of file changes per step.
    pub(super) fn carry_out<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> Result<Vec<Vec<FileChange>>> {
        steps.into_iter().map(|step| self.step(&LocalStep::of(&step.action)?)).collect()
    }

    fn step(&self, step: &LocalStep) -> Result<Vec<FileChange>> {
        match step {
            LocalStep::Dependencies { ecosystem, change } => self.dependencies(ecosystem, change),
            LocalStep::EditFile { path, line, expected, replacement } => {
                self.edit(path, *line, expected, replacement).map(|change| vec![change])
            }
            LocalStep::Retry | LocalStep::SetEnvironment { .. } | LocalStep::IncreaseMemory { .. } => Ok(Vec::new()),
        }
    }

    fn dependencies(&self, name: &str, change: &Change) -> Result<Vec<FileChange>> {
        let all = ecosystem::all();
        let unknown = || Error::new(ErrorKind::Invalid, "executor.preview", format!("unknown ecosystem `{name}`"));
        let ecosystem = all.iter().find(|ecosystem| ecosystem.name() == name).ok_or_else(unknown)?;
        // The ecosystem tells the paths only afterwards; manifests and lockfiles are few and small.
        let before = self.manifests()?;
        let mut paths = ecosystem.change(change, self.dir(), self.tools).map_err(ecosystem_error)?;
        paths.sort();
        paths.dedup();
        let mut changes = Vec::new();
        for path in paths {
            self.scratch.check_changeable(&path).map_err(copy_error)?;
            let was = before.iter().find(|(known, _)| *known == path).map(|(_, state)| state.clone());
            let after = self.read(&path)?;
            changes.push(FileChange { before: was, after, path });
        }
        changes.retain(FileChange::is_change);
        match changes.is_empty() {
            true => Err(Error::new(ErrorKind::Invalid, "executor.preview", "the package tool would change nothing")),
            false => Ok(changes),
        }
    }

    fn edit(&self, path: &Path, line: usize, expected: &str, replacement: &str) -> Result<FileChange> {
        let invalid = |message: String| {
            Error::new(ErrorKind::Invalid, "executor.preview", message).with_context("path", path.display().to_string())
        };
        self.scratch.check_changeable(path).map_err(copy_error)?;
        let before = self.read(path)?.ok_or_else(|| invalid("there is no such file".to_owned()))?;
        let text =
            std::str::from_utf8(&before.content).map_err(|_| invalid("the file is not UTF-8 text".to_owned()))?;
        let edited = replace_lines(text, line, expected, replacement).map_err(invalid)?;
        let after = FileState { content: edited.into_bytes(), mode: before.mode };
        let change = FileChange { path: path.to_owned(), before: Some(before), after: Some(after) };
        self.scratch.write([&change]).map_err(copy_error)?;
        Ok(change)
    }

    fn read(&self, path: &Path) -> Result<Option<FileState>> {
        FileState::read(&self.dir().join(path)).map_err(|error| {
            Error::new(ErrorKind::Invalid, "executor.preview", error.to_string())
                .with_context("path", path.display().to_string())
        })
    }

    fn manifests(&self) -> Result<Vec<(PathBuf, FileState)>> {
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(self.dir()).into_iter().flatten().filter(|entry| entry.file_type().is_file())
        {
            let relative = entry.path().strip_prefix(self.dir()).unwrap_or(entry.path()).to_owned();
            let small = entry.metadata().is_ok_and(|metadata| metadata.len() <= MAX_MANIFEST_BYTES);
            if small && is_manifest(&relative) {
                found.extend(self.read(&relative)?.map(|state| (relative, state)));
            }
        }
        Ok(found)
    }
}

/// A package-lock.json of a very large monorepo has some 10 MB.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

fn is_manifest(path: &Path) -> bool {
    let kinds = ["json", "toml", "lock", "txt", "cfg", "yaml", "in", "mod", "sum"];
    path.extension().is_some_and(|kind| kinds.iter().any(|known| kind == *known))
}

pub(super) fn copy_error(error: CopyError) -> Error {
    let kind = match &error {
        CopyError::Cancelled => ErrorKind::Cancelled,
        CopyError::TooLarge { .. } => ErrorKind::LimitReached,
        CopyError::Mounted { .. } | CopyError::Git { .. } => ErrorKind::Unsupported,
        CopyError::Link { .. } | CopyError::Outside { .. } => ErrorKind::Forbidden,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, "workspace.copy", error.to_string())
}

pub(super) fn ecosystem_error(error: EcosystemError) -> Error {
    let (kind, retry) = match &error {
        EcosystemError::UnknownSet { .. } => (ErrorKind::Unsupported, Retry::Permanent),
        transient if transient.is_transient() => (ErrorKind::Unavailable, Retry::Retryable),
        _ => (ErrorKind::Invalid, Retry::Permanent),
    };
    Error::new(kind, "ecosystem", error.to_string()).with_retry(retry)
}
