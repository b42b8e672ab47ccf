//! Rego policies.
//!
//! Each step of a plan is the `input`, as [`input`](super::input) describes it, and `data.selfheal.decision` the answer:
//!
//! ```rego
//! package selfheal
//!
//! decision := {"verdict": verdict, "rules": denials | permissions}
//!
//! default verdict := "deny"
//! verdict := "allow" if { count(denials) == 0; count(permissions) > 0 }
//!
//! permissions contains {"id": "lockfiles", "verdict": "allow", "because": "it was rehearsed"} if {
//!     input.step.kind == "regenerate_lockfile"
//!     input.rehearsed
//! }
//!
//! denials contains {"id": "frozen", "verdict": "deny", "because": "nothing is changed at the end of a year"} if {
//!     input.resource.facts.frozen == true
//! }
//! ```
//!
//! `verdict` is `allow`, `require_approval`, `propose` or `deny`; `rules` those that spoke, each with `id`, `verdict` and `because`. Of the
//! verdict and those of its rules the strictest holds. Beside them an answer may have `to_be_allowed` (what would have to change, as
//! a list of texts), `approval` (who has to agree: `{"stages": [{"k": 1, "roles": ["sre"]}], "ttl_ms": 900000}`) and `max_attempts`.
//!
//! An answer that is undefined, or of another shape, denies the step; so does an error, of a built-in function too, and an
//! evaluation that takes longer than its limit. What a rule looks at and isn't there leaves that rule out, as always in Rego: so let
//! `verdict` be `deny` by default.
//!
//! It is asked about plans, not about the moment of each effect: a freeze written here keeps plans from being allowed, and holds no effect
//! of one that was. Put [guardrails](crate::guardrails) with a `freeze` beside it for that.
//!
//! Policies see nothing but their input and the data they are given: there is no function here that reads a clock, the network or the
//! environment.

mod answer;
mod engine;

pub use engine::{DEFAULT_TIME_LIMIT, RegoEngine};
