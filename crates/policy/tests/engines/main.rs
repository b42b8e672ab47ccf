//! Policies in Cedar and Rego: what they are asked, what they can say, and that whatever goes wrong denies.
#![cfg(any(feature = "cedar", feature = "rego"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "cedar")]
mod cedar;
mod common;
#[cfg(feature = "rego")]
mod rego;
mod scene;
