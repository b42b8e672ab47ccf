//! The binary under test, run with its fail points traced and, if asked, killed at one of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::common::{Ended, World, send};
use crate::trace;

/// Far more than a process of any scenario takes; only a defect reaches it.
const LOST: Duration = Duration::from_secs(120);

/// A process that ended.
pub(crate) struct Ran {
    pub(crate) ended: Ended,
    /// The fail points that it passed.
    pub(crate) hits: Vec<String>,
}

impl Ran {
    /// Whether it was killed.
    pub(crate) fn was_killed(&self) -> bool {
        self.ended.status.is_none()
    }
}

/// A copy of the binary: somebody may build another one while a long matrix runs.
pub(crate) struct Healer(tempfile::TempDir);

impl Healer {
    pub(crate) fn new() -> Self {
        let built = Path::new(env!("CARGO_BIN_EXE_heal"));
        let copy = Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        let path = copy.path();
        std::fs::hard_link(built, &path).or_else(|_| std::fs::copy(built, &path).map(drop)).unwrap();
        copy
    }

    /// A world for it to work in. SIGKILL takes nothing from a file that was written, synced or not: so it lies in
    /// memory, where syncs cost nothing, unless `TMPDIR` says where it is to be.
    pub(crate) fn world() -> World {
        let memory = Path::new("/dev/shm");
        let usable = std::env::var_os("TMPDIR").is_none() && tempfile::tempfile_in(memory).is_ok();
        World::below(&if usable { memory.to_owned() } else { std::env::temp_dir() }, "project")
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("heal")
    }

    /// Runs it with `args` in `world`, whose `number`th process it is; killed at the `kill_at`th fail point.
    pub(crate) fn run(&self, world: &World, args: &[String], number: usize, kill_at: Option<usize>) -> Ran {
        let traced = world.path(&format!("trace-{number}"));
        let mut heal = world.command(&self.path().display().to_string());
        heal.args(args).current_dir(world.dir()).env("SELFHEAL_FAILPOINTS_TRACE", &traced);
        if let Some(kill_at) = kill_at {
            heal.env("SELFHEAL_FAILPOINTS_KILL", kill_at.to_string());
        }
        Ran { ended: within_bounds(heal), hits: trace::read(&traced) }
    }
}

fn within_bounds(mut command: Command) -> Ended {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (pid, (tell, ended)) = (child.id(), mpsc::channel());
    thread::spawn(move || tell.send(child.wait_with_output()));
    match ended.recv_timeout(LOST) {
        Ok(output) => output.unwrap().into(),
        Err(_) => {
            send("KILL", pid);
            panic!("{command:?} didn't end within {LOST:?}");
        }
    }
}
