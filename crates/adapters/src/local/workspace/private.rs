//! Private files (0600 in directories of 0700) that are durable before anybody relies on them, and are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use selfheal_core::failpoint;

/// Writes `parts`, one after the other, as the file `name` of `dir`, which is made if it isn't there.
///
/// # Errors
/// If the system refuses; the former file, if there was one, is untouched.
pub fn write(dir: &Path, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    make_dir(dir)?;
    let temporary = unfinished(&dir.join(name));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.sync_all()?;
    failpoint::hit("private.content_written");
    fs::rename(&temporary, dir.join(name))?;
    sync_dir(dir)
}

/// Removes what a kill kept from becoming the private file at `path`.
///
/// # Errors
/// If the system refuses.
pub fn sweep(path: &Path) -> io::Result<()> {
    remove(&unfinished(path))
}

/// Where the content of `path` is written before it takes its place.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn make_dir(dir: &Path) -> io::Result<()> {
    if !dir.is_dir() {
        fs::create_dir_all(dir)?;
        // A file is lost with the directory that nobody made durable.
        dir.ancestors().skip(1).take(2).try_for_each(sync_dir)?;
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

/// Removes what is at `path`, a file or a whole directory; it may be gone already.
///
/// # Errors
/// If the system refuses.
pub fn remove(path: &Path) -> io::Result<()> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes durable which names `dir` holds.
///
/// # Errors
/// If the system refuses.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all())
}

/// Reads a file of at most `most` bytes; `None` if there is none.
///
/// # Errors
/// If it is larger, or the system refuses.
pub fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(found) if found.len() > most => {
            let message = format!("it has {} bytes; expected at most {most}", found.len());
            Err(io::Error::new(io::ErrorKind::InvalidData, message))
        }
        Ok(_) => fs::read(path).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_replaced_whole_and_read_within_its_bound() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("private");
        write(&dir, "a", &[b"first"]).unwrap();
        write(&dir, "a", &[b"one ", b"two"]).unwrap();
        assert_eq!(read(&dir.join("a"), 7).unwrap().as_deref(), Some(b"one two".as_slice()));
        assert!(read(&dir.join("a"), 6).is_err());
        assert_eq!(read(&dir.join("b"), 6).unwrap(), None);
        assert_eq!(fs::metadata(dir.join("a")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(dir.join("a.new"), "a kill came").unwrap();
        sweep(&dir.join("a")).unwrap();
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        remove(&dir).unwrap();
        remove(&dir).unwrap();
        assert!(!dir.exists());
    }
}
