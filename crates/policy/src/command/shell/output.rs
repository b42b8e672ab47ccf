//! What a command leaves behind.

use super::super::text::Text;

/// A command's exit status, as far as it's known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Status {
    True,
    False,
    Unknown,
}

/// What a command prints and how it ends.
#[derive(Clone, Debug)]
pub(in crate::command) struct Output {
    pub(in crate::command) stdout: Text,
    pub(in crate::command) status: Status,
}

impl Output {
    /// Prints something unknown.
    pub(in crate::command) fn unknown() -> Self {
        Self { stdout: Text::unknown("…"), status: Status::Unknown }
    }

    /// Prints nothing.
    pub(in crate::command) fn silent() -> Self {
        Self::status(Status::Unknown)
    }

    /// Prints nothing and ends so.
    pub(in crate::command) fn status(status: Status) -> Self {
        Self { stdout: Text::exact(""), status }
    }

    /// Prints `stdout`.
    pub(in crate::command) fn prints(stdout: Text) -> Self {
        Self { stdout, status: Status::Unknown }
    }

    /// `next` ran after this.
    pub(in crate::command) fn then(mut self, next: Self) -> Self {
        self.stdout.push(&next.stdout);
        self.status = next.status;
        self
    }
}
