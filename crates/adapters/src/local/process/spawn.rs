//! Starting the child, and naming precisely why it did not start.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Stdio};

use rustix::fs::{Access, access};
use rustix::io::Errno;

use super::input::stdin_of;
use super::launcher::Order;
use super::{Command, Launcher, Passthrough, RunError};

/// The healer's own secrets among the inherited variables: nothing that it starts needs them, and what prints its environment would
/// tell them.
const OWN_SECRETS: [&str; 1] = ["SELFHEAL_LLM_KEY"];

/// How the child reaches the program: directly, or through the re-executed host.
pub(super) struct Route<'a> {
    pub(super) launcher: &'a Launcher,
    pub(super) procs: PathBuf,
    pub(super) report: PathBuf,
}

/// Starts the command with both streams piped to us.
pub(super) fn spawn(command: &Command, route: Option<Route<'_>>) -> Result<Child, RunError> {
    enterable(&command.dir).map_err(|source| RunError::DirUnreadable { dir: command.dir.clone(), source })?;
    let outcome = match route {
        Some(route) => launch(command, route),
        None => start(command),
    };
    outcome.map_err(|error| classify(command, error))
}

fn start(command: &Command) -> io::Result<Child> {
    let outcome = prepare(command, &command.program).args(&command.args).spawn();
    let Err(error) = outcome else {
        return outcome;
    };
    match shell_for(&error, &command.program) {
        Some(shell) => prepare(command, shell.as_ref()).arg(&command.program).args(&command.args).spawn(),
        None => Err(error),
    }
}

fn launch(command: &Command, route: Route<'_>) -> io::Result<Child> {
    let silent = command.passthrough == Passthrough::Silent;
    let order = Order {
        procs: route.procs,
        report: route.report,
        parent: if silent { rustix::process::getpid().as_raw_pid() } else { 0 },
        program: command.program.clone(),
        args: command.args.clone(),
    };
    prepare(command, route.launcher.path().as_os_str()).args(order.into_args()).spawn()
}

fn prepare(command: &Command, program: &OsStr) -> process::Command {
    let mut child = process::Command::new(program);
    child.current_dir(&command.dir).stdin(stdin_of(command)).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in OWN_SECRETS {
        child.env_remove(name);
    }
    for name in &command.env_remove {
        child.env_remove(name);
    }
    child.envs(command.env.iter().map(|(name, value)| (name, value)));
    if command.passthrough == Passthrough::Silent {
        child.process_group(0);
    }
    child
}

/// The interpreter for a script without a `#!` line, as `execvp` of POSIX chooses it.
pub(super) fn shell_for(error: &io::Error, program: &OsStr) -> Option<&'static str> {
    let no_format = error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error());
    // A bare name was found somewhere in PATH; the shell would look for it in the directory.
    (no_format && is_path(program)).then_some("/bin/sh")
}

fn enterable(dir: &Path) -> io::Result<()> {
    if !fs::metadata(dir)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(access(dir, Access::EXEC_OK)?)
}

/// Names the failure of an `exec`. The same system error stands for several of them.
pub(super) fn classify(command: &Command, error: io::Error) -> RunError {
    let program = command.program.to_string_lossy().into_owned();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            RunError::NotFound { program, hint: missing_interpreter(command).unwrap_or_default() }
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory => not_executable(program, error),
        _ if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => not_executable(program, error),
        _ => RunError::Io { operation: "start the command", source: error },
    }
}

fn not_executable(program: String, source: io::Error) -> RunError {
    RunError::NotExecutable { program, source }
}

/// A script exists, and what its `#!` line names does not.
fn missing_interpreter(command: &Command) -> Option<String> {
    const LONGEST_SHEBANG: u64 = 256;
    if !is_path(&command.program) {
        return None;
    }
    let script = fs::File::open(command.dir.join(&command.program)).ok()?;
    let mut first_line = Vec::new();
    io::BufReader::new(script.take(LONGEST_SHEBANG)).read_until(b'\n', &mut first_line).ok()?;
    let interpreter = first_line.strip_prefix(b"#!")?.trim_ascii();
    Some(format!(": its interpreter `{}` is missing", String::from_utf8_lossy(interpreter)))
}

fn is_path(program: &OsStr) -> bool {
    program.as_bytes().contains(&b'/')
}
