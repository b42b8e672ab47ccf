//! Running a command from start to finish.

use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use tempfile::NamedTempFile;
use wait4::Wait4;

use super::capture::{Capture, Captured, Stream};
use super::launcher::Failure;
use super::memory::{Group, OomBaseline, OomEvidence, Survivors};
use super::pump::{Notices, Pumped, Source, pump};
use super::sink::Sink;
use super::spawn::{Route, classify, spawn};
use super::supervise::{Bounds, Stopped, Unreaped};
use super::{Cancel, Command, Passthrough, RunError};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It returned this status.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl Exit {
    /// Whether the command says that it succeeded.
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }

    /// The status a shell gives for it: a signal's number plus 128.
    pub fn shell_status(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => Self::Code(code),
            None => Self::Signal(status.signal().unwrap_or_default()),
        }
    }
}

/// A command that has run.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// From its start to its end. Output that others still wrote afterwards is not counted.
    pub duration: Duration,
    /// With a memory limit, the most its control group used, page cache included. Without, the most that the command
    /// or one of the children it waited for used, which includes the few MiB of the healer it was forked from.
    pub peak_memory_bytes: Option<u64>,
    /// Whether the kernel killed for want of memory.
    pub oom: OomEvidence,
    /// What it wrote.
    pub output: Captured,
    /// A background process still held the output open; what it writes later is lost to it and to us.
    pub pipe_left_open: bool,
    /// Why the command did not end by itself.
    pub stopped: Option<Stopped>,
    /// Streams of ours that stopped accepting output, with the reason. The command went on, and was captured.
    pub undelivered: Vec<(Stream, io::Error)>,
}

/// Runs `command` and waits for it. Blocks the calling thread.
///
/// # Errors
/// Where the command could not be run as described; one that ran and failed is an `Ok`.
pub fn run(command: &Command, cancel: &Cancel) -> Result<Finished, RunError> {
    if let Some(signal) = cancel.requested() {
        return Err(RunError::Cancelled(signal));
    }
    let sinks = sinks(command.passthrough).map_err(RunError::io("open our own output"))?;
    let mut launch = Launch::prepare(command)?;
    let baseline = OomBaseline::take();
    let started = Instant::now();
    let mut child = spawn(command, launch.route(command))?;
    let bounds = Bounds {
        deadline: command.timeout.and_then(|timeout| started.checked_add(timeout)),
        stop_grace: command.stop_grace,
    };
    let attended = attend(&mut child, command, sinks, cancel, bounds).map_err(RunError::io("watch the command"));
    let usage = child.wait4().map_err(RunError::io("wait for the command"))?;
    let attended = attended?;
    launch.check(command)?;
    let group = launch.group.as_ref();
    Ok(Finished {
        exit: usage.status.into(),
        duration: attended.ended.duration_since(started),
        peak_memory_bytes: match group {
            Some(group) => group.peak_bytes(),
            None => Some(usage.rusage.maxrss).filter(|bytes| *bytes > 0),
        },
        oom: baseline.compare(group),
        output: Captured::new(attended.pumped.capture),
        pipe_left_open: attended.pumped.left_open,
        stopped: attended.stopped,
        undelivered: attended.pumped.undelivered,
    })
}

fn sinks(passthrough: Passthrough) -> io::Result<[Sink; 2]> {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    Ok(match passthrough {
        Passthrough::Streams => [Sink::to(stdout.as_fd())?, Sink::to(stderr.as_fd())?],
        Passthrough::AllToStderr => [Sink::to(stderr.as_fd())?, Sink::to(stderr.as_fd())?],
        Passthrough::Silent => [Sink::nowhere(), Sink::nowhere()],
    })
}

/// What a start through the re-executed host needs. Without it, the command is started directly.
struct Launch {
    group: Option<Group>,
    report: Option<NamedTempFile>,
}

impl Launch {
    fn prepare(command: &Command) -> Result<Self, RunError> {
        let group = group(command)?;
        let silent = command.passthrough == Passthrough::Silent;
        let needed = command.launcher.is_some() && (group.is_some() || silent);
        let report = needed.then(NamedTempFile::new).transpose();
        Ok(Self { group, report: report.map_err(RunError::io("create a temporary file"))? })
    }

    fn route<'a>(&self, command: &'a Command) -> Option<Route<'a>> {
        Some(Route {
            launcher: command.launcher.as_ref()?,
            procs: self.group.as_ref().map(Group::procs).unwrap_or_default(),
            report: self.report.as_ref()?.path().to_owned(),
        })
    }

    /// Whether the command itself was started in the end.
    fn check(&mut self, command: &Command) -> Result<(), RunError> {
        let mut text = String::new();
        if let Some(report) = &mut self.report {
            let read = report.rewind().and_then(|()| report.read_to_string(&mut text));
            read.map_err(RunError::io("read how the command was started"))?;
        }
        match Failure::decode(&text) {
            None => Ok(()),
            Some(Failure::Exec(error)) => Err(classify(command, error)),
            Some(Failure::Group(error)) => {
                Err(RunError::MemoryLimitUnavailable { why: format!("the control group cannot be entered: {error}") })
            }
        }
    }
}

fn group(command: &Command) -> Result<Option<Group>, RunError> {
    let Some(limit) = command.memory else {
        return Ok(None);
    };
    let refused = |why| RunError::MemoryLimitUnavailable { why };
    if command.launcher.is_none() {
        return Err(refused("the host did not give a launcher".to_owned()));
    }
    let survivors = match command.passthrough {
        Passthrough::Silent => Survivors::Killed,
        _ => Survivors::Released,
    };
    Group::create(limit, survivors).map(Some).map_err(refused)
}

struct Attended {
    pumped: Pumped,
    stopped: Option<Stopped>,
    ended: Instant,
}

/// Moves the child's output and watches it, until it has ended. It is left to be reaped, also after an error.
fn attend(
    child: &mut Child,
    command: &Command,
    sinks: [Sink; 2],
    cancel: &Cancel,
    bounds: Bounds,
) -> io::Result<Attended> {
    let silent = command.passthrough == Passthrough::Silent;
    let unreaped = Unreaped::new(Pid::from_child(child), silent);
    let attended = attend_unreaped(sources(child, sinks), command, &unreaped, cancel, bounds);
    if attended.is_err() {
        unreaped.kill();
    }
    attended
}

fn sources(child: &mut Child, [stdout, stderr]: [Sink; 2]) -> [Source; 2] {
    [
        Source::new(Stream::Stdout, child.stdout.take().map(OwnedFd::from), stdout),
        Source::new(Stream::Stderr, child.stderr.take().map(OwnedFd::from), stderr),
    ]
}

/// Three threads, because each may block for as long as it likes: the pump on who reads our output, the waiter on the
/// child, and this one on requests and deadlines.
fn attend_unreaped(
    sources: [Source; 2],
    command: &Command,
    unreaped: &Unreaped,
    cancel: &Cancel,
    bounds: Bounds,
) -> io::Result<Attended> {
    let (ended, on_end) = io::pipe()?;
    let (abandon, on_abandon) = io::pipe()?;
    let capture = Capture::new(command.capture);
    thread::scope(|scope| {
        let pumping = thread::Builder::new().name("output".to_owned()).spawn_scoped(scope, move || {
            let notices = Notices { ended: &ended, abandon: &abandon };
            let pumped = pump(sources, capture, notices);
            cancel.wake_after(|| unreaped.drained.store(true, Ordering::Release));
            pumped
        })?;
        let waiting = thread::Builder::new().name("child".to_owned()).spawn_scoped(scope, move || {
            // The only error is that there is no such child, which is an end too.
            let _ = unreaped.await_end();
            cancel.wake_after(|| unreaped.ended.store(true, Ordering::Release));
            drop(on_end);
        });
        if let Err(error) = waiting {
            // The scope waits for the pump, and the pump for the child.
            unreaped.kill();
            return Err(error);
        }
        let stopped = unreaped.watch(cancel, bounds);
        let ended = Instant::now();
        if unreaped.leads_group {
            // Before the child is reaped, while its group can't be anybody else's.
            unreaped.kill();
        }
        unreaped.await_delivery(cancel, stopped.is_some());
        drop(on_abandon);
        let pumped = pumping.join().map_err(|_| io::Error::other("the thread that moves output panicked"))??;
        Ok(Attended { pumped, stopped, ended })
    })
}
