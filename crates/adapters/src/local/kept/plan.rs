//! The changes of the plan that was previewed last, as they are kept.
//!
//! One file, written at once: a line of JSON that names steps and files, and after it the contents, each once, in the order in
//! which the line first names them. The contents are the user's files as they are, so the file is private.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::plan::Step;
use serde::{Deserialize, Serialize};

use super::folder::{IncidentFolder, MAX_PLAN_BYTES};
use crate::local::workspace::{ContentHash, FileChange, FileState, os_path};

const VERSION: u32 = 1;

/// Steps with the file changes of each.
#[derive(Debug, Clone, Default)]
pub(in crate::local) struct PlannedChanges {
    pub(in crate::local) steps: Vec<Step>,
    pub(in crate::local) changes: Vec<Vec<FileChange>>,
}

#[derive(Serialize, Deserialize)]
struct Index {
    version: u32,
    steps: Vec<Step>,
    changes: Vec<Vec<IndexedChange>>,
}

#[derive(Serialize, Deserialize)]
struct IndexedChange {
    #[serde(with = "os_path")]
    path: PathBuf,
    before: Option<IndexedState>,
    after: Option<IndexedState>,
}

#[derive(Serialize, Deserialize)]
struct IndexedState {
    hash: ContentHash,
    bytes: u64,
    mode: u32,
}

impl IndexedState {
    fn of(state: &FileState) -> Self {
        Self { hash: state.hash(), bytes: state.content.len() as u64, mode: state.mode }
    }
}

impl PlannedChanges {
    /// Keeps it in `folder`, durably, in the place of any former plan.
    pub(in crate::local) fn keep<'a>(&'a self, folder: &IncidentFolder) -> Result<()> {
        let mut contents = Contents::default();
        let of_step = |step: &'a Vec<FileChange>| step.iter().map(|change| contents.add_change(change)).collect();
        let changes = self.changes.iter().map(of_step).collect();
        let index = Index { version: VERSION, steps: self.steps.clone(), changes };
        let mut line =
            serde_json::to_vec(&index).map_err(|error| refused(ErrorKind::Unsupported, &error.to_string()))?;
        line.push(b'\n');
        let bytes = line.len() as u64 + contents.bytes;
        if bytes > MAX_PLAN_BYTES {
            let message = format!("the changes take {} MiB; expected at most {}", bytes >> 20, MAX_PLAN_BYTES >> 20);
            return Err(refused(ErrorKind::LimitReached, &message));
        }
        let parts: Vec<&[u8]> = std::iter::once(line.as_slice()).chain(contents.in_order).collect();
        folder.keep_plan(&parts)
    }

    /// What another process kept in `folder`, if it did.
    pub(in crate::local) fn kept(folder: &IncidentFolder) -> Result<Option<Self>> {
        let Some(text) = folder.plan()? else { return Ok(None) };
        let invalid =
            |why: &str| refused(ErrorKind::Conflict, &format!("what was kept of the plan was altered: {why}"));
        let end = text.iter().position(|byte| *byte == b'\n').ok_or_else(|| invalid("it has no first line"))?;
        let (line, contents) = text.split_at(end + 1);
        let index: Index = serde_json::from_slice(line).map_err(|error| invalid(&error.to_string()))?;
        if index.version != VERSION {
            let message = format!("the kept plan has version {}; expected {VERSION}", index.version);
            return Err(refused(ErrorKind::Unsupported, &message));
        }
        let mut contents = Reader { rest: contents, read: BTreeMap::new() };
        let mut changes = Vec::with_capacity(index.changes.len());
        for step in index.changes {
            let step = step.into_iter().map(|change| contents.change(change)).collect::<Option<Vec<_>>>();
            changes.push(step.ok_or_else(|| invalid("a file's content is not what was kept"))?);
        }
        Ok(Some(Self { steps: index.steps, changes }))
    }
}

/// Contents on their way to the file, each once.
#[derive(Default)]
struct Contents<'a> {
    in_order: Vec<&'a [u8]>,
    known: BTreeSet<ContentHash>,
    bytes: u64,
}

impl<'a> Contents<'a> {
    fn add(&mut self, state: &'a FileState) -> IndexedState {
        let indexed = IndexedState::of(state);
        if self.known.insert(indexed.hash.clone()) {
            self.in_order.push(&state.content);
            self.bytes += indexed.bytes;
        }
        indexed
    }

    fn add_change(&mut self, change: &'a FileChange) -> IndexedChange {
        IndexedChange {
            path: change.path.clone(),
            before: change.before.as_ref().map(|state| self.add(state)),
            after: change.after.as_ref().map(|state| self.add(state)),
        }
    }
}

/// Contents on their way back.
struct Reader<'a> {
    rest: &'a [u8],
    read: BTreeMap<ContentHash, &'a [u8]>,
}

impl Reader<'_> {
    /// `None` if a content is not what its hash says.
    fn change(&mut self, change: IndexedChange) -> Option<FileChange> {
        let before = change.before.map_or(Some(None), |state| self.state(state).map(Some))?;
        let after = change.after.map_or(Some(None), |state| self.state(state).map(Some))?;
        Some(FileChange { path: change.path, before, after })
    }

    fn state(&mut self, state: IndexedState) -> Option<FileState> {
        let content = match self.read.get(&state.hash) {
            Some(known) => known,
            None => {
                let (content, rest) = self.rest.split_at_checked(usize::try_from(state.bytes).ok()?)?;
                self.rest = rest;
                (ContentHash::of(content) == state.hash).then(|| self.read.insert(state.hash, content))?;
                content
            }
        };
        Some(FileState { content: content.to_vec(), mode: state.mode })
    }
}

fn refused(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, "local.keep", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::workspace::StateDir;
    use selfheal_core::incident::IncidentId;

    fn folder(root: &tempfile::TempDir) -> IncidentFolder {
        let state = StateDir::of(root.path(), Some(&root.path().join("state"))).unwrap();
        IncidentFolder::of(&state, &IncidentId::new("inc-1"))
    }

    fn planned() -> PlannedChanges {
        let state = |text: &str, mode| Some(FileState { content: text.as_bytes().to_vec(), mode });
        let change = |path: &str, before, after| FileChange { path: path.into(), before, after };
        let changes = vec![
            vec![change("a", state("one\n", 0o644), state("two", 0o755)), change("b", None, state("one\n", 0o600))],
            vec![],
            vec![change("a", state("two", 0o755), None), change("empty", None, state("", 0o644))],
        ];
        PlannedChanges { steps: Vec::new(), changes }
    }

    #[test]
    fn comes_back_as_it_was_and_holds_each_content_once() {
        let root = tempfile::tempdir().unwrap();
        planned().keep(&folder(&root)).unwrap();
        assert_eq!(PlannedChanges::kept(&folder(&root)).unwrap().unwrap().changes, planned().changes);
        let text = folder(&root).plan().unwrap().unwrap();
        assert!(text.ends_with(b"\none\ntwo"), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn any_byte_that_was_altered_in_a_content_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        planned().keep(&folder(&root)).unwrap();
        let text = folder(&root).plan().unwrap().unwrap();
        for at in text.len() - b"one\ntwo".len()..text.len() {
            let mut altered = text.clone();
            altered[at] ^= 1;
            folder(&root).keep_plan(&[&altered]).unwrap();
            assert_eq!(PlannedChanges::kept(&folder(&root)).unwrap_err().kind(), ErrorKind::Conflict);
            folder(&root).keep_plan(&[&text[..at]]).unwrap();
            assert_eq!(PlannedChanges::kept(&folder(&root)).unwrap_err().kind(), ErrorKind::Conflict);
        }
    }
}
