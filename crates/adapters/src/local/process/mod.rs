//! Runs a pipeline command: its output passes through untouched, and what a diagnosis needs is kept.
//!
//! - Both streams are delivered byte for byte as they arrive, and captured in bounded memory ([`Captured`]).
//! - The exit status, the peak memory and the kernel's OOM kills are observed rather than guessed ([`Finished`]).
//! - A memory limit is enforced by a control group, or refused ([`MemoryLimit`]).
//! - Nothing waits without an end: for background children that hold the output open, for a reader of ours that
//!   does not read, or for a command that ignores a request to stop ([`Cancel`]).
//!
//! ```
//! use selfheal_adapters::local::process::{Cancel, Command, run};
//!
//! # fn main() -> Result<(), selfheal_adapters::local::process::RunError> {
//! let command = Command {
//!     args: vec!["-c".into(), "echo compiling; echo 'error: no space' >&2; exit 3".into()],
//!     ..Command::new("sh", "/")
//! };
//! let finished = run(&command, &Cancel::new())?;
//! assert_eq!(finished.exit.shell_status(), 3);
//! assert_eq!(finished.output.tail_lines(500).len(), 2);
//! # Ok(())
//! # }
//! ```

mod attend;
mod cancel;
mod capture;
mod command;
#[cfg(target_os = "linux")]
mod descendants;
#[cfg(not(target_os = "linux"))]
#[path = "no_descendants.rs"]
mod descendants;
mod error;
mod feed;
mod finished;
mod input;
mod launch;
mod launcher;
mod memory;
mod pump;
mod run;
mod sink;
mod spawn;
mod spool;
mod supervise;

pub use self::cancel::{Cancel, StopSignal};
pub use self::capture::{Captured, Gap, Line, Region, Spilled, Stream};
pub use self::command::{CaptureLimits, Command, DEFAULT_STOP_GRACE, MemoryLimit, Passthrough};
pub use self::error::RunError;
pub use self::finished::{Exit, Finished};
pub use self::input::Input;
pub use self::launcher::Launcher;
pub use self::memory::{OomEvidence, OomSource};
pub use self::run::run;
pub use self::supervise::Stopped;
