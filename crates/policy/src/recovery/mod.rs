//! Recovery policies and healing policies: what a pipeline's owner, or a kind of failure, allows of what guardrails permit.
//!
//! Both only tighten. What they don't speak about stays as the engine says that they are laid [over](RecoveryPolicies::over), and
//! nothing that it denies is allowed. Several that match all hold: fewest strategies, fewest retries, highest threshold.
//!
//! # Recovery policies
//! YAML or JSON, one or several documents in a file, shaped like the custom resource of the same name. The `apiVersion`s
//! `rodytech.ai/v1alpha1` and `selfheal.dev/v1alpha1` mean the same.
//!
//! ```yaml
//! apiVersion: selfheal.dev/v1alpha1
//! kind: PipelineRecoveryPolicy
//! metadata:
//!   name: shop
//! spec:
//!   targetPipeline: "shop-*"        # a name or a glob; whatever kind of resource has that name
//!   failureThreshold: 3             # failures in a row before the healer steps in; 1 if left out
//!   allowedStrategies:              # see `strategy`
//!     - retry
//!     - dependency-fix
//!   safetyChecks:
//!     dryRun: true                  # nothing is applied but what a rehearsal showed to help
//!     maxRetries: 2                 # starts after the first one
//! ```
//!
//! `dryRun: true` doesn't switch applying off. A step that changes something is applied only after a verified rehearsal of
//! exactly that change; a step of which a copy could show nothing (a variable, a memory limit) after its preview, if the
//! rehearsal says so; a rerun needs none.
//!
//! # Healing policies
//! JSON: one object, an array, or an object on each line. `resource_kind` is the kind of the incident's resource, in any
//! case, or `*`; `issue_type` is a category of failure, or `*`. Of those that match the most specific one speaks; two that are equally
//! specific and say different things are refused.
//!
//! ```json
//! {"resource_kind": "pipeline", "issue_type": "oom_killed", "auto_heal": false, "max_retries": 1}
//! {"resource_kind": "*", "issue_type": "*", "auto_heal": true, "max_retries": 2}
//! ```
//!
//! With `auto_heal: false` a fix is planned and waits for a person. Where the category isn't known, the strictest of all that
//! could be meant speaks: what nobody diagnosed escapes nobody.

mod document;
mod dry_run;
mod engine;
mod healing;
mod lint;
mod load;
mod names;
mod pipeline;
mod policies;
mod saying;
pub mod strategy;

pub use document::{API_VERSIONS, KIND};
pub use engine::Tightened;
pub use lint::lint;
pub use names::Names;
pub use policies::{RecoveryPolicies, Waiting};
