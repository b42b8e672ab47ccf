//! A memory control group for one run of a command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::counters;
use super::hierarchy::{OwnGroup, Version};
use crate::local::process::MemoryLimit;

const PREFIX: &str = "selfheal-";
/// A group can be removed a moment after its last process has died.
const REMOVE_ATTEMPTS: u32 = 20;
const REMOVE_PAUSE: Duration = Duration::from_millis(5);

static CREATED: AtomicU64 = AtomicU64::new(0);

/// What becomes of processes that are still in the group when it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Survivors {
    /// They are killed.
    Killed,
    /// They go on in the group of the healer, like the background child of any command.
    Released,
}

/// A memory control group, removed when dropped.
#[derive(Debug)]
pub(in super::super) struct Group {
    dir: PathBuf,
    own: OwnGroup,
    survivors: Survivors,
}

impl Group {
    /// Makes a group with `limit`, beside removing those that killed healers left behind. The error says why there
    /// can't be one here.
    pub(in super::super) fn create(limit: MemoryLimit, survivors: Survivors) -> Result<Self, String> {
        let own = OwnGroup::find()?;
        let mut refusals = Vec::new();
        for parent in parents(&own) {
            sweep(&parent);
            match Self::create_in(&parent, &own, limit, survivors) {
                Ok(group) => return Ok(group),
                Err(error) => refusals.push(format!("{}: {error}", parent.display())),
            }
        }
        if refusals.is_empty() {
            refusals.push(format!("{} has no memory controller", own.dir.display()));
        }
        Err(format!("no writable memory control group ({})", refusals.join("; ")))
    }

    fn create_in(parent: &Path, own: &OwnGroup, limit: MemoryLimit, survivors: Survivors) -> io::Result<Self> {
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let dir = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&dir)?;
        let group = Self { dir, own: own.clone(), survivors };
        group.set_limit(limit)?;
        Ok(group)
    }

    /// Swap would only delay the end, so it is not granted.
    fn set_limit(&self, limit: MemoryLimit) -> io::Result<()> {
        let bytes = limit.bytes.to_string();
        match self.own.version {
            Version::V1 => {
                self.write("memory.limit_in_bytes", &bytes)?;
                // Memory and swap together; exists where the kernel accounts for swap.
                self.write_if_present("memory.memsw.limit_in_bytes", &bytes)
            }
            Version::V2 => {
                self.write("memory.max", &bytes)?;
                self.write_if_present("memory.swap.max", "0")
            }
        }
    }

    fn write_if_present(&self, file: &str, value: &str) -> io::Result<()> {
        match self.dir.join(file).exists() {
            true => self.write(file, value),
            false => Ok(()),
        }
    }

    // Never creates: a missing file means that the controller is not enabled here.
    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        write_existing(&self.dir.join(file), value)
    }

    /// The file a process writes to in order to enter.
    pub(in super::super) fn procs(&self) -> PathBuf {
        self.dir.join("cgroup.procs")
    }

    pub(in super::super) fn peak_bytes(&self) -> Option<u64> {
        counters::peak_bytes(&self.dir, self.own.version)
    }

    pub(super) fn oom_kills(&self) -> Option<u64> {
        counters::oom_kills(&self.dir, self.own.version)
    }

    fn empty(&self) {
        let Ok(members) = fs::read_to_string(self.procs()) else {
            return;
        };
        for member in members.lines() {
            // Whoever is gone by now needs neither.
            match self.survivors {
                Survivors::Killed => kill(member),
                Survivors::Released => drop(write_existing(&self.own.dir.join("cgroup.procs"), member)),
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for _ in 0..REMOVE_ATTEMPTS {
            self.empty();
            if fs::remove_dir(&self.dir).is_ok() {
                return;
            }
            std::thread::sleep(REMOVE_PAUSE);
        }
        // What is left is swept by the next run that needs a group.
    }
}

/// Where a group for the command may be made, best first.
fn parents(own: &OwnGroup) -> Vec<PathBuf> {
    match own.version {
        Version::V1 => vec![own.dir.clone()],
        Version::V2 => v2_parents(own),
    }
}

/// In version 2 a group with processes, as ours is, can't hand controllers down unless it is the root. Then the
/// command's group stands beside ours, where the controller is enabled already.
fn v2_parents(own: &OwnGroup) -> Vec<PathBuf> {
    let mut parents = Vec::new();
    if hands_memory_down(&own.dir) || enable_memory_below(&own.dir) {
        parents.push(own.dir.clone());
    }
    let above = own.dir.parent().filter(|above| above.starts_with(&own.mount));
    parents.extend(above.filter(|above| hands_memory_down(above)).map(Path::to_owned));
    parents
}

fn hands_memory_down(dir: &Path) -> bool {
    lists_memory(&dir.join("cgroup.subtree_control"))
}

fn enable_memory_below(dir: &Path) -> bool {
    lists_memory(&dir.join("cgroup.controllers"))
        && write_existing(&dir.join("cgroup.subtree_control"), "+memory").is_ok()
}

fn lists_memory(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|list| list.split_whitespace().any(|name| name == "memory"))
}

fn write_existing(file: &Path, value: &str) -> io::Result<()> {
    use std::io::Write;
    fs::OpenOptions::new().write(true).open(file)?.write_all(value.as_bytes())
}

/// Removes the groups of healers that no longer live. One that still has processes refuses, and stays.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner_of);
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn owner_of(name: &str) -> Option<&str> {
    let (pid, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(pid) && is_number(number)).then_some(pid)
}

fn kill(member: &str) {
    if let Some(pid) = member.parse().ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_in(dir: &Path) -> OwnGroup {
        let own = OwnGroup { version: Version::V2, dir: dir.join("slice/job"), mount: dir.to_owned() };
        fs::create_dir_all(&own.dir).unwrap();
        own
    }

    #[test]
    fn version_2_puts_the_group_beside_ours_when_ours_cannot_hold_it() {
        let root = tempfile::tempdir().unwrap();
        let own = own_in(root.path());
        fs::write(root.path().join("slice/cgroup.subtree_control"), "cpu memory\n").unwrap();
        assert_eq!(v2_parents(&own), [root.path().join("slice")]);
    }

    #[test]
    fn version_2_prefers_a_group_of_ours_that_hands_memory_down() {
        let root = tempfile::tempdir().unwrap();
        let own = own_in(root.path());
        fs::write(own.dir.join("cgroup.subtree_control"), "memory pids\n").unwrap();
        assert_eq!(v2_parents(&own), [own.dir]);
    }

    #[test]
    fn version_2_never_looks_above_the_mount() {
        let root = tempfile::tempdir().unwrap();
        let mount = root.path().join("slice/job");
        let own = OwnGroup { mount, ..own_in(root.path()) };
        fs::write(root.path().join("slice/cgroup.subtree_control"), "memory\n").unwrap();
        assert!(v2_parents(&own).is_empty());
    }

    #[test]
    fn sweeping_removes_what_dead_healers_left_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let live = format!("{PREFIX}{}-0", std::process::id());
        // Above the largest pid Linux gives out.
        for name in ["selfheal-4194305-3", "selfheal-unit.slice", "other-4194305-3", live.as_str()] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        sweep(root.path());
        let mut left: Vec<_> = root.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["other-4194305-3", live.as_str(), "selfheal-unit.slice"]);
    }
}
