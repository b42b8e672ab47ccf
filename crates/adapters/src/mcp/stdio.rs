//! A server that this process starts.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::error::McpError;

/// The command of a server on stdin and stdout. No shell is in between. It gets `PATH` and the variables that are named, and nothing
/// else of our environment; what it writes to stderr is dropped.
#[derive(Debug, Clone)]
pub struct StdioServer {
    argv: Vec<OsString>,
    dir: Option<PathBuf>,
    variables: BTreeSet<OsString>,
}

impl StdioServer {
    /// A program and its arguments.
    #[must_use]
    pub fn new<I: IntoIterator<Item: Into<OsString>>>(argv: I) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), dir: None, variables: BTreeSet::from(["PATH".into()]) }
    }

    /// Starts it in `dir` instead of where we are.
    #[must_use]
    pub fn in_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Passes our variable `name` on, if it is set.
    #[must_use]
    pub fn passing(mut self, name: impl Into<OsString>) -> Self {
        self.variables.insert(name.into());
        self
    }

    pub(super) fn start(&self) -> Result<(Group, ChildStdout, ChildStdin), McpError> {
        let (program, arguments) = self.argv.split_first().ok_or(McpError::NoCommand)?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().process_group(0).kill_on_drop(true);
        command.envs(self.variables.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        let not_started = |source| McpError::NotStarted { program: program.to_string_lossy().into_owned(), source };
        let mut child = command.spawn().map_err(not_started)?;
        let no_pipe = || not_started(std::io::Error::other("it has no pipe"));
        let output = child.stdout.take().ok_or_else(no_pipe)?;
        let input = child.stdin.take().ok_or_else(no_pipe)?;
        Ok((Group(child), output, input))
    }
}

/// A server and what it started; gone when this is dropped.
#[derive(Debug)]
pub(super) struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // Nobody waited for it, so its id is still its own, even if it ended long ago.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}
