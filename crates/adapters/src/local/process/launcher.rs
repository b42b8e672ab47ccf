//! Entering a control group before a command starts, by re-executing the host.
//!
//! Work between `fork` and `exec` needs unsafe code. Instead the host's own executable is started once
//! more; [`Launcher::dispatch`] recognises that, prepares the process and becomes the command.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};

use super::spawn;

/// The first argument of a re-executed host.
const MARK: &str = "__launch";
/// An exit status for failures the report tells more about.
const NOT_LAUNCHED: u8 = 125;

/// An executable whose `main` begins with [`Launcher::dispatch`].
///
/// ```no_run
/// use selfheal_adapters::local::process::Launcher;
///
/// fn main() -> std::process::ExitCode {
///     if let Some(status) = Launcher::dispatch(std::env::args_os()) {
///         return status;
///     }
///     // … the host
///     std::process::ExitCode::SUCCESS
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Launcher(PathBuf);

impl Launcher {
    /// The running executable. Only for hosts whose `main` begins with [`dispatch`](Self::dispatch):
    /// any other would start itself again instead of the command.
    ///
    /// # Errors
    /// Where the system can't name the running executable.
    pub fn this_executable() -> io::Result<Self> {
        // The link stays valid when the file is replaced or removed, as an update does.
        let link = Path::new("/proc/self/exe");
        if link.exists() {
            return Ok(Self(link.to_owned()));
        }
        std::env::current_exe().map(Self)
    }

    /// Becomes the command that [`run`](super::run) asked for, if this process was started for that.
    ///
    /// `None` means an ordinary start. `Some` is the status to exit with, because launching failed.
    pub fn dispatch(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
        let mut args = args.into_iter().skip(1);
        if args.next()? != MARK {
            return None;
        }
        let Some(order) = Order::parse(args) else {
            return Some(NOT_LAUNCHED.into());
        };
        let failure = order.follow();
        // Without the report the caller sees only the status, which is still a failure.
        let _ = fs::write(&order.report, failure.encode());
        Some(NOT_LAUNCHED.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

/// What a re-executed host has to do, as its arguments say it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// The control group's process list to enter; empty for none.
    pub(super) procs: PathBuf,
    /// Where to write why the command could not be started.
    pub(super) report: PathBuf,
    /// The process the command must not outlive; 0 for none.
    pub(super) parent: i32,
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
}

impl Order {
    pub(super) fn into_args(self) -> impl Iterator<Item = OsString> {
        [
            MARK.into(),
            self.procs.into_os_string(),
            self.report.into_os_string(),
            self.parent.to_string().into(),
            self.program,
        ]
        .into_iter()
        .chain(self.args)
    }

    fn parse(mut args: impl Iterator<Item = OsString>) -> Option<Self> {
        Some(Self {
            procs: args.next()?.into(),
            report: args.next()?.into(),
            parent: args.next()?.to_str()?.parse().ok()?,
            program: args.next()?,
            args: args.collect(),
        })
    }

    /// Returns only if the command could not be started.
    fn follow(&self) -> Failure {
        if let Err(error) = self.enter_group() {
            return Failure::Group(error);
        }
        if let Err(error) = self.die_with_parent() {
            return Failure::Exec(error);
        }
        Failure::Exec(exec(&self.program, &self.args))
    }

    fn enter_group(&self) -> io::Result<()> {
        if self.procs.as_os_str().is_empty() {
            return Ok(());
        }
        // 0 names the writing process, whichever pid namespace it is in.
        fs::write(&self.procs, "0")
    }

    #[cfg(target_os = "linux")]
    fn die_with_parent(&self) -> io::Result<()> {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        if self.parent == 0 {
            return Ok(());
        }
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the request: nothing would be sent any more.
        if getppid().is_none_or(|parent| parent.as_raw_pid() != self.parent) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn die_with_parent(&self) -> io::Result<()> {
        Ok(())
    }
}

fn exec(program: &OsStr, args: &[OsString]) -> io::Error {
    let error = process::Command::new(program).args(args).exec();
    match spawn::shell_for(&error, program) {
        Some(shell) => process::Command::new(shell).arg(program).args(args).exec(),
        None => error,
    }
}

/// Why a launch failed, as it crosses from the re-executed host to the one that waits for it.
#[derive(Debug)]
pub(super) enum Failure {
    /// The control group could not be entered.
    Group(io::Error),
    /// The program could not be executed.
    Exec(io::Error),
}

impl Failure {
    fn encode(&self) -> String {
        let (step, error) = match self {
            Self::Group(error) => ("group", error),
            Self::Exec(error) => ("exec", error),
        };
        format!("{step} {}", error.raw_os_error().unwrap_or_default())
    }

    /// Reads a report; `None` where nothing was reported, which is the rule.
    pub(super) fn decode(report: &str) -> Option<Self> {
        let (step, errno) = report.split_once(' ')?;
        let error = io::Error::from_raw_os_error(errno.parse().ok()?);
        match step {
            "group" => Some(Self::Group(error)),
            "exec" => Some(Self::Exec(error)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_survives_the_argument_vector() {
        let order = || Order {
            procs: "/sys/fs/cgroup/x/cgroup.procs".into(),
            report: "/tmp/report".into(),
            parent: 7,
            program: "make".into(),
            args: vec!["--".into(), MARK.into(), "".into()],
        };
        let parsed = Order::parse(order().into_args().skip(1));
        assert_eq!(parsed, Some(order()));
    }

    #[test]
    fn an_ordinary_start_is_not_a_launch() {
        assert!(Launcher::dispatch(["heal".into(), "run".into(), MARK.into()]).is_none());
        assert!(Launcher::dispatch(["heal".into()]).is_none());
    }

    #[test]
    fn a_broken_order_does_not_start_the_host() {
        assert!(Launcher::dispatch(["heal".into(), MARK.into(), "only".into()]).is_some());
    }

    #[test]
    fn a_failure_survives_the_report() {
        let sent = Failure::Exec(io::Error::from_raw_os_error(2));
        let read = Failure::decode(&sent.encode());
        assert!(matches!(read, Some(Failure::Exec(error)) if error.kind() == io::ErrorKind::NotFound));
        assert!(Failure::decode("").is_none());
    }
}
