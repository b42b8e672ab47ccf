//! Reference adapters; one feature each, none by default.

#[cfg(all(unix, feature = "local"))]
pub mod local;
#[cfg(feature = "webhook")]
pub mod webhook;
