//! What is known of a command that has run.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use super::{Captured, OomEvidence, Stopped, Stream};

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
    /// Whether its [`Input`](super::Input) held something to read.
    pub input_given: bool,
    /// Why the command did not end by itself.
    pub stopped: Option<Stopped>,
    /// Streams of ours that stopped accepting output, with the reason. The command went on, and was captured.
    pub undelivered: Vec<(Stream, io::Error)>,
}
