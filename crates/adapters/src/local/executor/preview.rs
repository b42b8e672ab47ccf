//! What steps would change, told to policy and people.

use selfheal_core::action::Reversibility;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::plan::{BlastRadius, Change, Fence, Preview};
use selfheal_detect::redact::Redactor;

use crate::local::pipeline::Pipeline;
use crate::local::steps::LocalStep;
use crate::local::workspace::{ContentHash, FileChange, FileState};

/// Fails if a step wants to give what isn't configured.
pub(super) fn check_given(pipeline: &Pipeline, steps: &[LocalStep]) -> Result<()> {
    let max = pipeline.config().memory_max;
    let too_much = |step: &LocalStep| matches!(step, LocalStep::IncreaseMemory { limit_bytes } if max.is_none_or(|max| *limit_bytes > max));
    if steps.iter().any(too_much) {
        let message = "the memory limit may not be raised so far (--memory-max)";
        return Err(Error::new(ErrorKind::LimitReached, "executor.preview", message));
    }
    // A variable that isn't configured can't be looked at.
    steps.iter().try_for_each(|step| variable_fence(pipeline, step).map(drop))
}

/// What a step gives the command without its standing in the preview.
fn variable_fence(pipeline: &Pipeline, step: &LocalStep) -> Result<Option<Fence>> {
    match step {
        LocalStep::SetEnvironment { name, source } => pipeline.variable_fence(name, source).map(Some),
        _ => Ok(None),
    }
}

pub(super) fn preview(pipeline: &Pipeline, step: &LocalStep, changes: &[FileChange]) -> Result<Preview> {
    let config = pipeline.config();
    let described: Vec<Change> = changes.iter().map(|change| described(change, &config.redactor)).collect();
    let sizes = changes.iter().map(FileChange::size);
    let (added, removed) =
        sizes.fold((0u32, 0u32), |sum, size| (sum.0.saturating_add(size.0), sum.1.saturating_add(size.1)));
    let of_change = |change: &Change| Fence { what: change.what.clone(), version: change.before.clone() };
    Ok(Preview {
        summary: summary(pipeline, step),
        fences: described.iter().map(of_change).chain(variable_fence(pipeline, step)?).collect(),
        blast_radius: BlastRadius {
            resources: 1,
            changes: u32::try_from(changes.len()).unwrap_or(u32::MAX),
            lines_added: added,
            lines_removed: removed,
        },
        undo_hash: material_hash(changes),
        reversibility: match step {
            LocalStep::Retry => Reversibility::NothingToUndo,
            _ => Reversibility::Undoable,
        },
        changes: described,
    })
}

/// Of what is kept to make the change and to take it back: path, content and mode of each file, before and after. As a part of
/// the preview it is a part of what is approved, so that another process can tell whether it holds the same.
pub(super) fn material_hash(changes: &[FileChange]) -> Option<String> {
    let side = |state: &Option<FileState>| {
        state.as_ref().map_or("-".to_owned(), |state| format!("{} {:o}", state.hash().as_str(), state.mode))
    };
    let line =
        |change: &FileChange| format!("{}\0{}\0{}\n", change.path.display(), side(&change.before), side(&change.after));
    let listed: String = changes.iter().map(line).collect();
    (!listed.is_empty()).then(|| ContentHash::of(listed.as_bytes()).as_str().to_owned())
}

fn described(change: &FileChange, redactor: &Redactor) -> Change {
    let hash = |state: &Option<FileState>| state.as_ref().map(|state| state.hash().as_str().to_owned());
    Change {
        what: change.path.display().to_string(),
        before: hash(&change.before),
        after: hash(&change.after),
        diff: redactor.redact(&change.diff()).into_owned(),
    }
}

fn summary(pipeline: &Pipeline, step: &LocalStep) -> String {
    use crate::local::ecosystem::Change as Dependency;
    match step {
        LocalStep::Retry => format!("run `{}` again", pipeline.program()),
        LocalStep::SetEnvironment { name, source } => format!("give the command {name} from {source}"),
        LocalStep::IncreaseMemory { limit_bytes } => {
            let before = pipeline.memory_limit().map_or_else(|| "no limit".to_owned(), mebibytes);
            format!("raise the memory limit from {before} to {}", mebibytes(*limit_bytes))
        }
        LocalStep::EditFile { path, line, .. } => format!("edit {} at line {line}", path.display()),
        LocalStep::Dependencies { change, .. } => match change {
            Dependency::PatchVersion { pin, also } => {
                let more = if also.is_empty() { String::new() } else { format!(" and {} more", also.len()) };
                format!("set {} to {} in {}{more}", pin.package, pin.requirement, pin.manifest.display())
            }
            Dependency::AddDependency { pin, .. } => {
                format!("add {} {} to {}", pin.package, pin.requirement, pin.manifest.display())
            }
            Dependency::RegenerateLockfile { manifest } => {
                format!("bring the lockfile of {} up to date", manifest.display())
            }
        },
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
