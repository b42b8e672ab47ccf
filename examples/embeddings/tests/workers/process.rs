//! A worker as a process of its own.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::DEADLINE;
use crate::site::Site;

/// What happens to a worker at the Nth fail point that it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL.
    Kill(usize),
    /// SIGSTOP, until it is woken.
    Stop(usize),
}

/// A running worker; killed when dropped.
pub(crate) struct Worker<'a> {
    child: Child,
    site: &'a Site,
}

impl<'a> Worker<'a> {
    /// Starts one that leaves once nothing is open any more.
    pub(crate) fn start(site: &'a Site, fault: Option<Fault>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        command.arg("run").args(site.arguments()).args(["--until-idle-ms", "300"]);
        command.env("SELFHEAL_FAILPOINTS_TRACE", site.trace_file());
        match fault {
            None => {}
            Some(Fault::Kill(number)) => drop(command.env("SELFHEAL_FAILPOINTS_KILL", number.to_string())),
            Some(Fault::Stop(number)) => drop(command.env("SELFHEAL_FAILPOINTS_STOP", number.to_string())),
        }
        let said = fs::OpenOptions::new().create(true).append(true).open(site.said_file()).unwrap();
        command.stderr(said.try_clone().unwrap()).stdout(said);
        Self { child: command.spawn().unwrap(), site }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        self.site.until("the worker ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Waits until it has left because nothing was open any more; `false` if it was killed.
    pub(crate) fn left(&mut self) -> bool {
        let status = self.ended();
        assert!(status.success() || status.signal() == Some(9), "{status}\n{}", self.site.told());
        status.success()
    }

    /// Waits until it has stopped; `false` if it left before.
    pub(crate) fn stopped(&mut self) -> bool {
        let mut left = false;
        self.site.until("the worker stops or leaves", || {
            left = self.child.try_wait().unwrap().is_some();
            left || self.state() == Some('T')
        });
        !left
    }

    /// Lets one that has stopped go on.
    pub(crate) fn wake(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).unwrap();
    }

    fn state(&self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).ok()?;
        stat.rsplit(')').next()?.trim().chars().next()
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again; panics with `told` if it takes too long.
pub(crate) fn poll(what: &str, mut holds: impl FnMut() -> bool, told: impl Fn() -> String) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}\n{}", told());
        std::thread::sleep(Duration::from_millis(5));
    }
}
