//! What must hold whoever was killed where: each check answers what it found wrong.

use std::path::{Path, PathBuf};

use selfheal_core::engine::{Event, Outcome, TriedResult};

use crate::aftermath::{Aftermath, Snapshot};
use crate::record::{Step, Told};
use crate::scenarios::Ends;
use crate::trace::{most_replaced, times};

/// What an undisturbed run of the scenario showed.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) ends: Ends,
    /// The project before anything ran.
    pub(crate) original: Snapshot,
    /// The project with the plan applied, whether that is what stays or what is taken back.
    pub(crate) mended: Snapshot,
    /// The fail points on its way.
    pub(crate) hits: Vec<String>,
    /// How many files its plan changes: so many are replaced at once.
    pub(crate) files: usize,
}

/// What begins the names of files that are about to take another's place.
const NEW_CONTENT: &str = ".selfheal-new-";

/// What must hold at every moment at which nobody works on the project.
pub(crate) fn always(known: &Known, seen: &Aftermath) -> Vec<String> {
    let mut wrong = Vec::new();
    wrong.extend(seen.incidents.iter().filter_map(replays));
    wrong.extend(seen.incidents.iter().flat_map(intends_before_it_acts));
    wrong.extend(starts_are_intended(seen));
    wrong.extend(changes_are_intended(known, seen));
    wrong.extend(nothing_is_replaced_twice(known, seen));
    wrong.extend(files_are_whole(known, seen));
    wrong
}

/// What must hold besides once nothing is left to do.
pub(crate) fn in_the_end(known: &Known, seen: &Aftermath) -> Vec<String> {
    let mut wrong = always(known, seen);
    wrong.extend(seen.incidents.iter().filter_map(|told| ended(known, told)));
    wrong.extend(directory_is_what_the_record_says(known, seen));
    wrong.extend(seen.left.iter().map(|path| format!("left behind: {}", path.display())));
    wrong
}

fn replays(told: &Told) -> Option<String> {
    told.steps().err().map(|error| format!("the records of {} don't replay: {error}", told.id))
}

fn intends_before_it_acts(told: &Told) -> Vec<String> {
    let outward =
        |event: &Event| matches!(event, Event::Rehearsed(_) | Event::Applied | Event::Verified(_) | Event::Undone(_));
    let unintended = |step: &Step| outward(&step.event) && !step.before.as_ref().is_some_and(|before| before.intended);
    let steps = told.steps().unwrap_or_default();
    let all = steps.iter().filter(|step| unintended(step));
    all.map(|step| format!("{}: nobody had intended {:?}", told.id, step.event)).collect()
}

fn starts_are_intended(seen: &Aftermath) -> Option<String> {
    let allowed = seen.runs + seen.incidents.iter().map(Told::intended_starts).sum::<usize>();
    let starts = seen.starts;
    (starts > allowed)
        .then(|| format!("the command was started {starts} times in its directory, intended were {allowed}"))
}

fn changes_are_intended(known: &Known, seen: &Aftermath) -> Option<String> {
    let intended: usize = seen.incidents.iter().map(Told::intended_changes).sum();
    let (replaced, allowed) = (times(&seen.trace, "undo.file_replaced"), intended * known.files);
    if replaced > allowed {
        return Some(format!("{replaced} files were replaced, {intended} steps that change files were intended"));
    }
    let touched = intended == 0 && !settled(&seen.project).eq(settled(&known.original));
    touched.then(|| "the directory was changed, and no such step was intended".to_owned())
}

fn nothing_is_replaced_twice(known: &Known, seen: &Aftermath) -> Option<String> {
    let (most, files) = (most_replaced(&seen.trace), known.files);
    (most > files).then(|| format!("{most} files were replaced and not restored, the plan has {files}"))
}

fn files_are_whole(known: &Known, seen: &Aftermath) -> Vec<String> {
    let strange = settled(&seen.project)
        .filter(|(path, state)| ![&known.original, &known.mended].iter().any(|side| side.get(*path) == Some(*state)));
    strange.map(|(path, _)| format!("{} is neither as it was nor as it is mended", path.display())).collect()
}

/// The files without what a kill kept from taking its place.
fn settled(project: &Snapshot) -> impl Iterator<Item = (&PathBuf, &(u32, Vec<u8>))> {
    let is_new = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NEW_CONTENT));
    project.iter().filter(move |(path, _)| !is_new(path))
}

/// No incident waits for a person here. One whose worker was killed may always end with a person being told.
fn ended(known: &Known, told: &Told) -> Option<String> {
    let Some(outcome) = &told.outcome else { return Some(format!("{} is still open", told.id)) };
    let expected = match outcome {
        Outcome::Healed | Outcome::PassedOnRerun => known.ends == Ends::Healed && was_verified(told),
        Outcome::Escalated { .. } | Outcome::Interrupted => !is_stuck(told),
        _ => false,
    };
    (!expected).then(|| format!("{} ended as {outcome:?}", told.id))
}

fn was_verified(told: &Told) -> bool {
    let steps = told.steps().unwrap_or_default();
    steps.iter().any(|step| matches!(&step.event, Event::Verified(seen) if seen.held))
}

/// Whether something could not be taken back; nobody else touches the directory here.
fn is_stuck(told: &Told) -> bool {
    let steps = told.steps().unwrap_or_default();
    steps.last().is_some_and(|step| step.after.tried.iter().any(|tried| tried.result == TriedResult::Stuck))
}

fn directory_is_what_the_record_says(known: &Known, seen: &Aftermath) -> Option<String> {
    let healed = seen.incidents.iter().any(|told| told.outcome == Some(Outcome::Healed));
    let (expected, name) = if healed { (&known.mended, "the verified fix") } else { (&known.original, "the original") };
    let differs = |path: &&PathBuf| expected.get(*path) != seen.project.get(*path);
    let mut all: Vec<_> = expected.keys().chain(seen.project.keys()).filter(differs).collect();
    all.dedup();
    (!all.is_empty()).then(|| format!("the directory is not {name}: {all:?}"))
}
