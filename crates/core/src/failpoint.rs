//! Fail points: named places at durable boundaries, where a kill test may end the process.
//!
//! Without the feature `failpoints` a [`hit`] compiles to nothing. With it the host installs what happens at a hit; a test
//! first lets the hits be listed, and then dies at each of them in turn, so that no boundary is forgotten. With it, too, the
//! system's clocks of a process can be set ahead, so that a test meets a deadline without waiting for it.

use std::time::Duration;

#[cfg(feature = "failpoints")]
static AHEAD: std::sync::OnceLock<Duration> = std::sync::OnceLock::new();

#[cfg(feature = "failpoints")]
static HOOK: std::sync::OnceLock<fn(&'static str)> = std::sync::OnceLock::new();

/// Passes the place `name`.
#[inline]
pub fn hit(name: &'static str) {
    #[cfg(feature = "failpoints")]
    if let Some(hook) = HOOK.get() {
        hook(name);
    }
    #[cfg(not(feature = "failpoints"))]
    let _ = name;
}

/// Sets what happens at every hit of this process; the first one that is set stays.
#[cfg(feature = "failpoints")]
pub fn install(hook: fn(&'static str)) {
    // Set twice by tests of one process: they install the same.
    let _ = HOOK.set(hook);
}

/// Sets the system's clocks of this process ahead of the system's time; the first call counts.
#[cfg(feature = "failpoints")]
pub fn set_clocks_ahead(by: Duration) {
    let _ = AHEAD.set(by);
}

/// How far they are.
pub(crate) fn clocks_ahead() -> Duration {
    #[cfg(feature = "failpoints")]
    return AHEAD.get().copied().unwrap_or_default();
    #[cfg(not(feature = "failpoints"))]
    Duration::ZERO
}
