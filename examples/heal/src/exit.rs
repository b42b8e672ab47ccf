//! The exit statuses of `heal`.

use std::process::ExitCode;

/// The command passed, or was healed.
pub(crate) const HEALED: i32 = 0;
/// A person's answer, or what they asked for, was refused.
pub(crate) const REFUSED: i32 = 1;
/// Something is wrong with what was looked at.
pub(crate) const FOUND: i32 = 1;
/// Wrong usage, bad input, or a directory that another `heal` works on.
pub(crate) const USAGE: i32 = 2;
/// A person was told.
pub(crate) const ESCALATED: i32 = 20;
/// A person is waited for: to approve, or to let the healers of the store go on.
pub(crate) const WAITING: i32 = 21;
/// A rehearsed fix waits to be applied.
pub(crate) const PROPOSED: i32 = 22;
/// The healer itself failed.
pub(crate) const FAILED: i32 = 125;

/// The process's status; what doesn't fit into a byte is a failure of the healer.
pub(crate) fn status(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(125))
}
