//! Attending to a child from its start to its end.

use std::io::{self, PipeReader};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Child;
use std::sync::atomic::Ordering;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use rustix::process::Pid;

use super::capture::{Capture, Stream};
use super::feed::feed;
use super::pump::{Notices, Pumped, Source, pump};
use super::sink::Sink;
use super::supervise::{Bounds, Stopped, Unreaped};
use super::{Cancel, Command, Passthrough};

/// A child that has ended.
pub(super) struct Attended {
    pub(super) pumped: Pumped,
    pub(super) stopped: Option<Stopped>,
    pub(super) ended: Instant,
}

/// Moves the child's output and watches it, until it has ended. It is left to be reaped, also after an error.
pub(super) fn attend(child: &mut Child, command: &Command, cancel: &Cancel, bounds: Bounds) -> io::Result<Attended> {
    let silent = command.passthrough == Passthrough::Silent;
    let unreaped = Unreaped::new(Pid::from_child(child), silent);
    let fed = child.stdin.take().map(OwnedFd::from);
    let attended = sources(child, command.passthrough)
        .and_then(|sources| attend_unreaped(sources, fed, command, &unreaped, cancel, bounds));
    if attended.is_err() {
        unreaped.kill();
    }
    attended
}

fn sources(child: &mut Child, passthrough: Passthrough) -> io::Result<[Source; 2]> {
    let [stdout, stderr] = sinks(passthrough)?;
    Ok([
        Source::new(Stream::Stdout, child.stdout.take().map(OwnedFd::from), stdout),
        Source::new(Stream::Stderr, child.stderr.take().map(OwnedFd::from), stderr),
    ])
}

fn sinks(passthrough: Passthrough) -> io::Result<[Sink; 2]> {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    Ok(match passthrough {
        Passthrough::Streams => [Sink::to(stdout.as_fd())?, Sink::to(stderr.as_fd())?],
        Passthrough::AllToStderr => [Sink::to(stderr.as_fd())?, Sink::to(stderr.as_fd())?],
        Passthrough::Silent => [Sink::nowhere(), Sink::nowhere()],
    })
}

/// Threads, because each may block for as long as it likes: the pump on who reads our output, the waiter on the
/// child, the feeder on our input, and this one on requests and deadlines.
fn attend_unreaped(
    sources: [Source; 2],
    fed: Option<OwnedFd>,
    command: &Command,
    unreaped: &Unreaped,
    cancel: &Cancel,
    bounds: Bounds,
) -> io::Result<Attended> {
    let (ended, on_end) = io::pipe()?;
    let (abandon, on_abandon) = io::pipe()?;
    let capture = Capture::new(command.capture);
    let ended = &ended;
    thread::scope(|scope| {
        let pumping = thread::Builder::new().name("output".to_owned()).spawn_scoped(scope, move || {
            let notices = Notices { ended, abandon: &abandon };
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
        let feeding = waiting.and_then(|_| feeder(scope, fed, command, ended));
        let feeding = match feeding {
            Ok(feeding) => feeding,
            Err(error) => {
                // The scope waits for the pump, and the pump for the child.
                unreaped.kill();
                return Err(error);
            }
        };
        let stopped = unreaped.watch(cancel, bounds);
        let ended = Instant::now();
        if unreaped.leads_group {
            // Before the child is reaped, while its group can't be anybody else's.
            unreaped.kill();
        }
        unreaped.await_delivery(cancel, stopped.is_some());
        drop(on_abandon);
        let pumped = pumping.join().map_err(|_| io::Error::other("the thread that moves output panicked"))??;
        feeding
            .map_or(Ok(Ok(())), ScopedJoinHandle::join)
            .map_err(|_| io::Error::other("the thread that feeds input panicked"))??;
        Ok(Attended { pumped, stopped, ended })
    })
}

/// Starts to feed the child, if its input is a pipe of ours.
fn feeder<'scope, 'env>(
    scope: &'scope thread::Scope<'scope, 'env>,
    fed: Option<OwnedFd>,
    command: &'env Command,
    ended: &'env PipeReader,
) -> io::Result<Option<ScopedJoinHandle<'scope, io::Result<()>>>> {
    let (Some(pipe), Some(input)) = (fed, &command.input) else { return Ok(None) };
    let feeding = thread::Builder::new()
        .name("input".to_owned())
        .spawn_scoped(scope, move || input.spool().map_or(Ok(()), |mut spool| feed(pipe, &mut spool, ended)));
    feeding.map(Some)
}
