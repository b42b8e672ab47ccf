//! A worker as a process of its own.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::DEADLINE;
use crate::course::Place;
use crate::site::Site;

/// What happens to a worker at a place of its course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL.
    Kill(Place),
    /// SIGSTOP, until it is woken.
    Stop(Place),
}

/// A running worker; killed when dropped.
pub(crate) struct Worker<'a> {
    child: Child,
    site: &'a Site,
}

impl<'a> Worker<'a> {
    /// Starts one that leaves once nothing is open any more.
    pub(crate) fn start(site: &'a Site, fault: Option<Fault>) -> Self {
        let mut command = Self::command(site);
        command.args(["--until-idle-ms", "300"]);
        match fault {
            None => {}
            Some(Fault::Kill(place)) => drop(command.env("SELFHEAL_FAILPOINTS_KILL", place.to_string())),
            Some(Fault::Stop(place)) => drop(command.env("SELFHEAL_FAILPOINTS_STOP", place.to_string())),
        }
        Self { child: command.spawn().unwrap(), site }
    }

    /// Starts one that stays until it is asked to leave.
    pub(crate) fn stay(site: &'a Site) -> Self {
        Self { child: Self::command(site).spawn().unwrap(), site }
    }

    fn command(site: &Site) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        command.arg("run").args(site.arguments()).arg("--witness").arg(site.next_witness());
        command.env("SELFHEAL_FAILPOINTS_TRACE", site.trace_file());
        let said = fs::OpenOptions::new().create(true).append(true).open(site.said_file()).unwrap();
        command.stderr(said.try_clone().unwrap()).stdout(said);
        command
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

    /// Asks it to leave when it has done what it has in hand.
    pub(crate) fn ask_to_leave(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
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
