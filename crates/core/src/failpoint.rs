//! Fail points: named places at durable boundaries, where a kill test may end the process.
//!
//! Without the feature `failpoints` a [`hit`] compiles to nothing. With it the host installs what happens at a hit; a test
//! first lets the hits be listed, and then dies at each of them in turn, so that no boundary is forgotten.

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
