//! The host's standard input, given to every run from the same place on.

use std::io::{self, stdin};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{FileType, SeekFrom, fstat, seek};
use rustix::io::ioctl_fionread;

use super::spool::Spool;
use super::{Command, Passthrough, RunError};

/// The standard input of this process, for commands that are run more than once: every run reads the same bytes.
///
/// - A file is rewound to where it stood.
/// - A pipe or socket is handed on as it arrives, and what a command read of it is kept, at most 64 MiB, for the next run.
///   From a pipe on Linux nothing is taken that a command does not read; elsewhere up to a pipe's fill may be.
/// - A terminal is shared with commands that run [in sight](Passthrough::Streams); [silent](Passthrough::Silent) ones
///   read nothing.
/// - Any other device, `/dev/null` above all, is shared as it is.
#[derive(Clone, Debug)]
pub struct Input(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Terminal,
    Device,
    File { start: u64 },
    Stream(Mutex<Spool>),
    Nothing,
}

impl Input {
    /// The standard input as it is now; for a file, from its present position on.
    #[must_use]
    pub fn of_this_process() -> Self {
        let kind = fstat(stdin()).map(|stat| FileType::from_raw_mode(stat.st_mode));
        Self(Arc::new(match kind {
            Ok(FileType::RegularFile) => {
                seek(stdin(), SeekFrom::Current(0)).map_or(Kind::Device, |start| Kind::File { start })
            }
            Ok(FileType::Fifo | FileType::Socket) => Kind::Stream(Mutex::default()),
            _ if rustix::termios::isatty(stdin()) => Kind::Terminal,
            _ => Kind::Device,
        }))
    }

    /// An input that is at its end.
    #[must_use]
    pub fn empty() -> Self {
        Self(Arc::new(Kind::Nothing))
    }

    /// Whether it holds or held something to read that no other process could give again. What a person may type at a terminal
    /// doesn't count, nor what a device gives.
    #[must_use]
    pub fn has_content(&self) -> bool {
        match &*self.0 {
            Kind::Terminal | Kind::Device | Kind::Nothing => false,
            Kind::File { start } => {
                fstat(stdin()).is_ok_and(|stat| u64::try_from(stat.st_size).is_ok_and(|end| end > *start))
            }
            Kind::Stream(spool) => {
                let spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
                spool.len() > 0 || spool.lost().is_some() || ioctl_fionread(stdin()).is_ok_and(|waiting| waiting > 0)
            }
        }
    }

    /// Why a further run would not read what the runs before it read, if it would not.
    #[must_use]
    pub fn spent(&self) -> Option<String> {
        self.spool().and_then(|spool| spool.lost().map(str::to_owned))
    }

    /// Makes ready for a run.
    pub(super) fn rewind(&self) -> Result<(), RunError> {
        if let Some(why) = self.spent() {
            return Err(RunError::InputSpent { why });
        }
        let Kind::File { start } = *self.0 else { return Ok(()) };
        let rewound = seek(stdin(), SeekFrom::Start(start)).map_err(io::Error::from);
        rewound.map(drop).map_err(RunError::io("rewind the standard input"))
    }

    /// What has been read, if the input is a stream; held as long as a run reads.
    pub(super) fn spool(&self) -> Option<MutexGuard<'_, Spool>> {
        match &*self.0 {
            Kind::Stream(spool) => Some(spool.lock().unwrap_or_else(PoisonError::into_inner)),
            _ => None,
        }
    }
}

/// What the child gets as its standard input.
pub(super) fn stdin_of(command: &Command) -> Stdio {
    let silent = command.passthrough == Passthrough::Silent;
    match command.input.as_ref().map(|input| &*input.0) {
        Some(Kind::Stream(_)) => Stdio::piped(),
        Some(Kind::File { .. } | Kind::Device) => Stdio::inherit(),
        Some(Kind::Nothing) => Stdio::null(),
        Some(Kind::Terminal) | None if silent => Stdio::null(),
        Some(Kind::Terminal) | None => Stdio::inherit(),
    }
}
