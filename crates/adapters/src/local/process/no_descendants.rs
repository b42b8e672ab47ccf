//! Where the system has no handle for a process but its pid, descendants are not followed: a signal could reach a stranger.

use rustix::process::{Pid, Signal};

/// None.
#[derive(Debug, Default)]
pub(super) struct Descendants;

impl Descendants {
    pub(super) fn of(_: Pid) -> Self {
        Self
    }

    pub(super) fn grow(&mut self, _: Pid) -> bool {
        false
    }

    pub(super) fn send(&self, _: Signal) {}

    pub(super) fn any_lives(&self) -> bool {
        false
    }
}
