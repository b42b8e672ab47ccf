//! Reference adapters; one feature each, none by default.

#[cfg(all(unix, feature = "local"))]
pub mod local;
#[cfg(all(unix, feature = "mcp"))]
pub mod mcp;
#[cfg(feature = "webhook")]
pub mod webhook;
