//! Cedar policies.
//!
//! Each step of a plan is a request: may `Healer::"selfheal"` do `Action::"KIND"` to `Resource::"SYSTEM/KIND/NAME"`? A `permit` says
//! yes, a `forbid` no, and what nothing permits is denied.
//!
//! ```cedar
//! @id("lockfiles-anywhere")
//! @because("nothing is changed but a lockfile, and it was rehearsed")
//! permit (principal, action == Action::"regenerate_lockfile", resource)
//! when { context.rehearsed };
//!
//! @id("production-by-two-eyes")
//! @because("somebody looks at what goes live")
//! @effect("require_approval")
//! permit (principal, action, resource)
//! when { context.environment == "production" && context.step.reversibility == "undoable" };
//!
//! @id("not-by-a-model")
//! @because("versions are selected among those that exist")
//! forbid (principal, action == Action::"patch_dependency_version", resource)
//! when { context.step.parameters.requirement.provenance == "model" };
//! ```
//!
//! Three annotations are read: `@id`, the rule's name; `@because`, its reason; and `@effect` of a `permit`: `allow`, which it is without
//! one, `require_approval` or `propose`. Of several that permit, the strictest effect holds.
//!
//! # What a policy sees
//! `context` is the [input](super::input) without the resource and the step's kind, which are the request itself. `resource` has
//! the attributes `system`, `kind`, `name` and, where they are known, `namespace` and `cluster`; what was observed of it are its
//! tags, as text: `resource.hasTag("oom_killed") && resource.getTag("oom_killed") == "true"`. [`schema`] writes all of it down, with every
//! kind's parameters, and policies are checked against it when they are loaded.
//!
//! It is asked about plans, not about the moment of each effect: a freeze written here keeps plans from being allowed, and holds no effect
//! of one that was. Put [guardrails](crate::guardrails) with a `freeze` beside it for that.
//!
//! # Errors
//! Cedar leaves out a policy that fails while it is evaluated, a `forbid` too. Here any such failure denies the step.

mod engine;
mod load;
mod request;
mod schema;

pub use engine::CedarEngine;
pub use schema::schema;
