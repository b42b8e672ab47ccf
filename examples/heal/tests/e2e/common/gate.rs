//! A place where a command stops until it is let go or killed: two named pipes, and no clock.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::World;

/// Far more than a command needs to get there; only a defect reaches it.
const LOST: Duration = Duration::from_secs(120);

/// The line of a shell script at which it stops: it keeps `alive` open as long as it or a child of it lives.
pub(crate) const STOP_HERE: &str = "exec 9>\"$OUTSIDE/alive\"; echo here >&9; read -r go <\"$OUTSIDE/hold\"\n";

/// Made before the command runs.
pub(crate) struct Gate {
    hold: PathBuf,
    reached: mpsc::Receiver<BufReader<File>>,
}

impl Gate {
    pub(crate) fn new(world: &World) -> Self {
        let (alive, hold) = (world.path("outside/alive"), world.path("outside/hold"));
        let made = Command::new("mkfifo").args([&alive, &hold]).status().unwrap();
        assert!(made.success());
        let (send, reached) = mpsc::channel();
        // Opening a pipe waits for the other end, which may never come.
        thread::spawn(move || {
            let mut alive = BufReader::new(File::open(alive).unwrap());
            let mut line = String::new();
            alive.read_line(&mut line).unwrap();
            let _ = send.send(alive);
        });
        Self { hold, reached }
    }

    /// Waits until the command stops there.
    pub(crate) fn reached(self) -> Stopped {
        let alive = self.reached.recv_timeout(LOST).expect("the command never got to its gate");
        Stopped { hold: self.hold, alive }
    }
}

/// A command that stands at its gate.
pub(crate) struct Stopped {
    hold: PathBuf,
    alive: BufReader<File>,
}

impl Stopped {
    /// Lets the command go on.
    pub(crate) fn let_go(&self) {
        OpenOptions::new().write(true).open(&self.hold).unwrap().write_all(b"go\n").unwrap();
    }

    /// Waits until the command and all its children are gone.
    pub(crate) fn wait_until_gone(mut self) {
        let (send, gone) = mpsc::channel();
        thread::spawn(move || {
            let _ = self.alive.read_to_end(&mut Vec::new());
            let _ = send.send(());
        });
        gone.recv_timeout(LOST).expect("a process of the command lives on");
    }
}
