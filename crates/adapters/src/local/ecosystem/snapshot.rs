use std::fs::{self, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use super::error::EcosystemError;
use super::tree;

/// A file as it was: its bytes and mode, or that it wasn't there.
struct Kept {
    path: PathBuf,
    content: Option<(Vec<u8>, Permissions)>,
}

/// Runs `attempt`, during which the files at `paths` may change, and puts them back whatever it returns.
pub(super) fn trial<T>(
    paths: &[PathBuf],
    attempt: impl FnOnce() -> Result<T, EcosystemError>,
) -> Result<T, EcosystemError> {
    let kept = paths.iter().map(|path| keep(path)).collect::<Result<Vec<_>, _>>()?;
    let outcome = attempt();
    for file in &kept {
        put_back(file).map_err(EcosystemError::io("put back", &file.path))?;
    }
    outcome
}

fn keep(path: &Path) -> Result<Kept, EcosystemError> {
    let content = match fs::read(path) {
        Ok(bytes) => {
            let permissions = fs::metadata(path).map_err(EcosystemError::io("read", path))?.permissions();
            tree::make_writable(path);
            Some((bytes, permissions))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(EcosystemError::io("read", path)(error)),
    };
    Ok(Kept { path: path.to_path_buf(), content })
}

fn put_back(file: &Kept) -> io::Result<()> {
    match &file.content {
        Some((bytes, permissions)) => {
            tree::make_writable(&file.path);
            fs::write(&file.path, bytes)?;
            fs::set_permissions(&file.path, permissions.clone())
        }
        None => match fs::remove_file(&file.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_attempt_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        fs::write(&old, "before").unwrap();
        fs::set_permissions(&old, std::os::unix::fs::PermissionsExt::from_mode(0o444)).unwrap();
        let outcome: Result<(), _> = trial(&[old.clone(), new.clone()], || {
            fs::write(&old, "during").unwrap();
            fs::write(&new, "during").unwrap();
            Err(EcosystemError::refused("no"))
        });
        assert!(outcome.is_err());
        assert_eq!(fs::read_to_string(&old).unwrap(), "before");
        assert!(fs::metadata(&old).unwrap().permissions().readonly());
        assert!(!new.exists());
    }
}
