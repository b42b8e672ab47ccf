//! The processes that descend from a command, held so that their pids can't pass to others.

use std::fs;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// Most descendants that are followed.
const MOST: usize = 4096;

/// The living descendants of a command. One that leaves its family before it is seen, as a daemon does, is not among them.
#[derive(Debug, Default)]
pub(super) struct Descendants(Vec<(Pid, OwnedFd)>);

/// A process and its parent.
type Kinship = (Pid, Pid);

impl Descendants {
    /// Those of `root`, a child that has not been reaped.
    pub(super) fn of(root: Pid) -> Self {
        let mut found = Self::default();
        found.grow(root);
        found
    }

    /// Adds those that were born since. Returns whether there were any.
    pub(super) fn grow(&mut self, root: Pid) -> bool {
        let before = self.0.len();
        let everybody = kinships();
        // Who lives still was itself when the list was made.
        let mut parents: Vec<Pid> = self.0.iter().filter(|(_, held)| lives(held)).map(|(pid, _)| *pid).collect();
        parents.push(root);
        while let Some(parent) = parents.pop() {
            for (child, _) in everybody.iter().filter(|kin| kin.1 == parent) {
                if self.0.len() < MOST && !self.0.iter().any(|(known, _)| known == child) {
                    self.0.extend(hold(*child, parent));
                    parents.push(*child);
                }
            }
        }
        self.0.len() > before
    }

    /// Sends `signal` to each; that one is gone already is no failure.
    pub(super) fn send(&self, signal: Signal) {
        for (_, held) in &self.0 {
            let _ = pidfd_send_signal(held, signal);
        }
    }

    /// Whether any lives.
    pub(super) fn any_lives(&self) -> bool {
        self.0.iter().any(|(_, held)| lives(held))
    }
}

fn kinships() -> Vec<Kinship> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let pids = names.filter_map(|name| Pid::from_raw(name.to_str()?.parse().ok()?));
    pids.filter_map(|pid| Some((pid, parent_of(pid)?))).collect()
}

/// The fourth field of `/proc/PID/stat` (proc(5)); the second, the name, may hold anything, parentheses too.
fn parent_of(pid: Pid) -> Option<Pid> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let fields = std::str::from_utf8(stat.get(after_name..)?).ok()?;
    Pid::from_raw(fields.split_ascii_whitespace().nth(1)?.parse().ok()?)
}

fn hold(pid: Pid, parent: Pid) -> Option<(Pid, OwnedFd)> {
    let held = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    // The pid may have passed to another process before it was held.
    (parent_of(pid) == Some(parent)).then_some((pid, held))
}

fn lives(held: &OwnedFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    // A process that ended is readable, reaped or not (pidfd_open(2)).
    poll(&mut [PollFd::new(held, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready == 0)
}
