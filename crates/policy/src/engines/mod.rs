//! Policies in other languages, as core's [`PolicyEngine`](selfheal_core::ports::PolicyEngine) port: Cedar (feature `cedar`) and
//! Rego (feature `rego`).
//!
//! Both are asked about one step at a time, as [`input`] describes it, and the strictest answer over all steps is the plan's: a rule
//! can't allow a step by speaking of another. What can't be evaluated, in whole or in part, is denied.
//!
//! Whether more is known of a rehearsal never makes an answer stricter, whatever a policy says: a step that isn't rehearsed is also
//! asked about as if it were, and the stricter of both answers holds. Before the rehearsal the later answer holds, on condition that it succeeds.

#[cfg(any(feature = "cedar", feature = "rego"))]
mod asking;
pub mod input;

#[cfg(feature = "cedar")]
pub mod cedar;
#[cfg(feature = "rego")]
pub mod rego;
