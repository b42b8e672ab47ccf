//! Replacing a file of the user's at once: a reader sees the old content or the new, also after a crash.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use selfheal_core::failpoint;

use super::error::{UndoError, io_error};
use crate::local::workspace::{FileState, private};

/// What the names of files begin with that are about to take another's place.
const NEW_CONTENT: &str = ".selfheal-new-";

/// Makes `target` what `state` says, nothing if that is `None`. The owner stays who it was, unless one is given.
pub(super) fn replace(target: &Path, state: Option<&FileState>, owner: Option<(u32, u32)>) -> Result<(), UndoError> {
    let parent = target.parent().unwrap_or(Path::new("/"));
    match state {
        None => remove(target).map_err(io_error("remove", target))?,
        Some(state) => put(target, parent, state, owner).map_err(io_error("write", target))?,
    }
    private::sync_dir(parent).map_err(io_error("sync", parent))
}

fn remove(target: &Path) -> io::Result<()> {
    match fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn put(target: &Path, parent: &Path, state: &FileState, owner: Option<(u32, u32)>) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(NEW_CONTENT).tempfile_in(parent)?;
    file.write_all(&state.content)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(state.mode))?;
    let is = |found: fs::Metadata| (found.uid(), found.gid());
    let owner = owner.or_else(|| fs::metadata(target).ok().map(is));
    let own = file.as_file().metadata().map(is)?;
    if let Some((uid, gid)) = owner.filter(|owner| *owner != own) {
        chown(file.path(), Some(uid), Some(gid))?;
    }
    file.as_file().sync_all()?;
    failpoint::hit("undo.new_content_written");
    file.persist(target).map(drop).map_err(|error| error.error)
}

/// Removes new contents that a kill kept from being put into the place of `target`.
pub(super) fn sweep_beside(target: &Path) {
    let entries = target.parent().map(fs::read_dir).into_iter().flatten().flatten().flatten();
    let ours = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(NEW_CONTENT.as_bytes());
    // One that can't be removed is in nobody's way.
    entries.filter(ours).for_each(|entry| drop(fs::remove_file(entry.path())));
}
