//! Reading a repository by git without taking anything of its configuration: that may name programs which git would start
//! (`core.fsmonitor`, `diff.external`, filters, `textconv`, `gpg.program`, a remote helper of a partial clone).
//!
//! What is asked runs on a git directory of our own that has nothing but the commit: the repository gives its objects and a copy of
//! its index. Attributes of the tree may still name filters and drivers, but no configuration says what those are.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use tempfile::TempDir;

use super::patience::Patience;
use super::{own_git, refused};
use crate::local::process::{CaptureLimits, Command, Finished, Stopped, Stream, run};

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Most output of git that is read, in bytes.
const CAPTURE: CaptureLimits = CaptureLimits { head_bytes: 4 << 20, tail_bytes: 0 };

/// Largest index, or list of shallow commits, that is copied, in bytes.
const MAX_COPY_BYTES: u64 = 64 << 20;

/// Larger files are binary to git: they are told of, not compared.
const BIG_FILE: &str = "core.bigFileThreshold=1m";

/// Nothing of the system or the user either, no question, no network, no lock.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("LC_ALL", "C.UTF-8"),
];

/// What a directory is of a repository.
pub(super) struct Repository {
    /// Where its work tree begins.
    top: PathBuf,
    /// The directory below it.
    prefix: PathBuf,
    objects: PathBuf,
    /// Our git directory.
    room: TempDir,
    patience: Patience,
}

/// What git says of the repository's places and its commit.
struct Places {
    common: PathBuf,
    own: PathBuf,
    head: String,
}

impl Repository {
    /// The repository of `dir`, which is canonical.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none, or no commit; [`ErrorKind::Forbidden`] if it may be another work tree's;
    /// [`ErrorKind::Unavailable`] if git doesn't answer.
    pub(super) fn of(dir: &Path, patience: &Patience) -> Result<Self> {
        let top = dir.ancestors().find(|ancestor| ancestor.join(".git").exists());
        let top = top.ok_or_else(|| refused(ErrorKind::NotFound, "the directory is in no git repository"))?.to_owned();
        let places = Places::of(&top, patience)?;
        let room = tempfile::tempdir().map_err(|error| unavailable(format!("no temporary directory: {error}")))?;
        places.furnish(room.path()).map_err(|error| unavailable(format!("cannot set up for git: {error}")))?;
        Ok(Self {
            prefix: dir.strip_prefix(&top).unwrap_or(Path::new("")).to_owned(),
            top,
            objects: places.common.join("objects"),
            room,
            patience: patience.clone(),
        })
    }

    /// What git says of the directory, asked by `args`; `None` if that is too much.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if git fails or takes too long.
    pub(super) fn ask(&self, args: &[&str]) -> Result<Option<String>> {
        let mut command = command(&self.top, args);
        if !self.prefix.as_os_str().is_empty() {
            command.args.extend([OsString::from("--"), self.prefix.clone().into()]);
        }
        self.run(command)
    }

    /// Whether the commit before the last one is here too.
    pub(super) fn has_parent(&self) -> bool {
        self.run(command(&self.top, &["rev-parse", "--verify", "--quiet", "HEAD^1"])).is_ok()
    }

    fn run(&self, mut command: Command) -> Result<Option<String>> {
        let places =
            [("GIT_DIR", self.room.path()), ("GIT_WORK_TREE", &self.top), ("GIT_OBJECT_DIRECTORY", &self.objects)];
        command.env.extend(places.map(|(name, path)| (name.into(), path.into())));
        let finished = finished(command, &self.patience)?;
        if finished.exit.shell_status() != 0 {
            return Err(unavailable(said(&finished)));
        }
        Ok(text(&finished, Stream::Stdout))
    }

    /// Whether there is an index to compare the work tree by.
    pub(super) fn has_index(&self) -> bool {
        self.room.path().join("index").is_file()
    }
}

impl Places {
    fn of(top: &Path, patience: &Patience) -> Result<Self> {
        let asked = ["rev-parse", "--path-format=absolute", "--git-common-dir", "--absolute-git-dir", "HEAD"];
        let mut command = command(top, &asked);
        command.env.push(("GIT_DIR".into(), top.join(".git").into()));
        command.env.push(("GIT_WORK_TREE".into(), top.into()));
        let finished = finished(command, patience)?;
        let answer = text(&finished, Stream::Stdout).unwrap_or_default();
        let mut lines = answer.lines();
        let (common, own, head) = (lines.next(), lines.next(), lines.next());
        match (common, own, head.filter(|head| is_object_id(head))) {
            (Some(common), Some(own), Some(head)) => {
                own_git::check(top, Path::new(common), Path::new(own))?;
                Ok(Self { common: common.into(), own: own.into(), head: head.to_owned() })
            }
            (Some(_), Some(_), None) => Err(refused(ErrorKind::NotFound, "the repository has no commit")),
            _ => Err(unavailable(said(&finished))),
        }
    }

    /// Makes `room` a git directory at the same commit.
    fn furnish(&self, room: &Path) -> std::io::Result<()> {
        let format = match self.head.len() {
            64 => "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n",
            _ => "[core]\n\trepositoryformatversion = 0\n",
        };
        fs::write(room.join("config"), format)?;
        fs::write(room.join("HEAD"), format!("{}\n", self.head))?;
        fs::create_dir(room.join("refs"))?;
        copy(&self.common.join("shallow"), &room.join("shallow"))?;
        copy(&self.own.join("index"), &room.join("index"))?;
        // A split index refers to another file beside it.
        for entry in self.own.read_dir()?.flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with("sharedindex.") {
                copy(&entry.path(), &room.join(name))?;
            }
        }
        Ok(())
    }
}

/// Copies a regular file that is there and not too large.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let small = |metadata: fs::Metadata| metadata.is_file() && metadata.len() <= MAX_COPY_BYTES;
    match fs::symlink_metadata(from).is_ok_and(small) {
        true => fs::copy(from, to).map(drop),
        false => Ok(()),
    }
}

fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn command(dir: &Path, args: &[&str]) -> Command {
    // What a hook or another git left for us to inherit.
    let inherited = std::env::vars_os().map(|(name, _)| name);
    let inherited = inherited.filter(|name| name.to_string_lossy().starts_with("GIT_")).collect();
    let fixed = ["--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", BIG_FILE];
    Command {
        args: fixed.iter().chain(args).map(Into::into).collect(),
        env: ENVIRONMENT.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        env_remove: inherited,
        stop_grace: Duration::ZERO,
        capture: CAPTURE,
        ..Command::new("git", dir)
    }
}

fn finished(command: Command, patience: &Patience) -> Result<Finished> {
    let timeout = TIMEOUT.min(patience.left()?);
    let command = Command { timeout: Some(timeout), ..command };
    let finished =
        run(&command, patience.given_up()).map_err(|error| unavailable(error.to_string()).with_source(error))?;
    match finished.stopped {
        Some(Stopped::TimedOut) => {
            Err(unavailable(format!("git did not answer within {:.1} s", timeout.as_secs_f64())))
        }
        _ => Ok(finished),
    }
}

fn text(finished: &Finished, stream: Stream) -> Option<String> {
    finished.output.stream(stream).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn said(finished: &Finished) -> String {
    let complaint = text(finished, Stream::Stderr).unwrap_or_default();
    format!("git failed: {}", complaint.lines().next().unwrap_or("it says nothing"))
}

fn unavailable(why: impl Into<String>) -> Error {
    refused(ErrorKind::Unavailable, why).with_retry(Retry::Retryable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_nobody_waits_for_starts_no_further_git() {
        let dir = tempfile::tempdir().unwrap();
        let ask = |patience: &Patience| finished(command(dir.path(), &["version"]), patience);
        let patience = Patience::of(Duration::from_secs(3600));
        let waiting = patience.waiting();
        assert_eq!(ask(&patience).unwrap().exit.shell_status(), 0);
        drop(waiting);
        assert_eq!(ask(&patience).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(ask(&Patience::of(Duration::ZERO)).unwrap_err().kind(), ErrorKind::Unavailable);
    }
}
