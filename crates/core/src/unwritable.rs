//! What can't be written. Each block that must not compile stands beside one that does and differs from it only in that, so that it
//! fails for the reason it gives.
//!
//! # Untrusted text is no parameter
//! What an operator wrote is:
//!
//! ```
//! # use selfheal_core::action::{Parameter, Value};
//! fn parameter(text: String) -> Parameter {
//!     Parameter::configured("runbook", Value::Text(text))
//! }
//! ```
//!
//! What somebody else wrote is not, neither directly
//!
//! ```compile_fail,E0308
//! # use selfheal_core::action::{Parameter, Value};
//! # use selfheal_core::evidence::Untrusted;
//! fn parameter(text: Untrusted<String>) -> Parameter {
//!     Parameter::configured("runbook", Value::Text(text))
//! }
//! ```
//!
//! nor by formatting it, nor by looking through it
//!
//! ```compile_fail,E0277
//! # use selfheal_core::action::{Parameter, Value};
//! # use selfheal_core::evidence::Untrusted;
//! fn parameter(text: Untrusted<String>) -> Parameter {
//!     Parameter::configured("runbook", Value::Text(format!("{text}")))
//! }
//! ```
//!
//! ```compile_fail,E0614
//! # use selfheal_core::action::{Parameter, Value};
//! # use selfheal_core::evidence::Untrusted;
//! fn parameter(text: Untrusted<String>) -> Parameter {
//!     Parameter::configured("runbook", Value::Text((*text).clone()))
//! }
//! ```
//!
//! nor can a parameter be put together by hand, with a provenance that nobody vouched for.
//!
//! ```compile_fail,E0639
//! # use selfheal_core::action::{Parameter, Provenance, Value};
//! fn parameter(value: Value) -> Parameter {
//!     Parameter { value, provenance: Provenance::Configured { by: "runbook".to_owned() } }
//! }
//! ```
//!
//! # Untrusted text is no part of a command
//! ```
//! # use std::process::Command;
//! fn command(argument: &String) -> Command {
//!     let mut command = Command::new("npm");
//!     command.arg(argument);
//!     command
//! }
//! ```
//!
//! ```compile_fail,E0277
//! # use std::process::Command;
//! # use selfheal_core::evidence::Untrusted;
//! fn command(argument: &Untrusted<String>) -> Command {
//!     let mut command = Command::new("npm");
//!     command.arg(argument);
//!     command
//! }
//! ```
//!
//! # An action needs a permit
//! ```
//! # use selfheal_core::action::{Action, InvalidAction, Parameters};
//! # use selfheal_core::allowed::Permit;
//! fn action(permit: &Permit<'_>) -> Result<Action, InvalidAction> {
//!     permit.action(Parameters::new())
//! }
//! ```
//!
//! Without one there is no way, and a permit for another kind or target is not to be had.
//!
//! ```compile_fail,E0624
//! # use selfheal_core::action::{Action, ActionSpec, InvalidAction, Parameters};
//! # use selfheal_core::resource::ResourceRef;
//! fn action(spec: &ActionSpec, target: ResourceRef) -> Result<Action, InvalidAction> {
//!     Action::new(spec, target, Parameters::new())
//! }
//! ```
//!
//! ```compile_fail,E0451
//! # use selfheal_core::action::{Action, ActionKind, Parameters};
//! # use selfheal_core::resource::ResourceRef;
//! fn action(target: ResourceRef) -> Action {
//!     Action { kind: ActionKind::EDIT_FILE, target, parameters: Parameters::new() }
//! }
//! ```
//!
//! ```compile_fail,E0451
//! # use selfheal_core::action::ActionSpec;
//! # use selfheal_core::allowed::Permit;
//! # use selfheal_core::resource::ResourceRef;
//! fn permit<'a>(spec: &'a ActionSpec, target: &'a ResourceRef) -> Permit<'a> {
//!     Permit { spec, target }
//! }
//! ```
//!
//! ```compile_fail,E0624
//! # use selfheal_core::action::ActionKind;
//! # use selfheal_core::allowed::Allowed;
//! # use selfheal_core::resource::ResourceRef;
//! fn allowed(target: ResourceRef) -> Allowed {
//!     Allowed::of(target, [ActionKind::EDIT_FILE].into())
//! }
//! ```
//!
//! # A selector selects something
//! It is made by asking whether the labels are any, and there is no other way.
//!
//! ```
//! # use std::collections::BTreeMap;
//! # use selfheal_core::resource::{EmptySelector, Selector};
//! fn selector(labels: BTreeMap<String, String>) -> Result<Selector, EmptySelector> {
//!     Selector::try_from(labels)
//! }
//! ```
//!
//! ```compile_fail,E0308
//! # use std::collections::BTreeMap;
//! # use selfheal_core::resource::Selector;
//! fn selector(labels: BTreeMap<String, String>) -> Selector {
//!     Selector::from(labels)
//! }
//! ```
//!
//! ```compile_fail,E0423
//! # use std::collections::BTreeMap;
//! # use selfheal_core::resource::Selector;
//! fn selector() -> Selector {
//!     Selector(BTreeMap::new())
//! }
//! ```
//!
//! ```compile_fail,E0599
//! # use selfheal_core::resource::Selector;
//! fn selector() -> Selector {
//!     Selector::default()
//! }
//! ```
//!
//! # Only what passed the gate is applied
//! ```
//! # use selfheal_core::error::Result;
//! # use selfheal_core::ports::{Approved, Executor};
//! async fn apply(executor: &dyn Executor, work: &Approved<'_>) -> Result<()> {
//!     executor.apply(work, 0, 1).await
//! }
//! ```
//!
//! Other work is not, and can't be declared to have passed.
//!
//! ```compile_fail,E0308
//! # use selfheal_core::error::Result;
//! # use selfheal_core::ports::{Executor, Work};
//! async fn apply(executor: &dyn Executor, work: &Work<'_>) -> Result<()> {
//!     executor.apply(work, 0, 1).await
//! }
//! ```
//!
//! ```compile_fail,E0423
//! # use selfheal_core::ports::{Approved, Work};
//! fn approve(work: Work<'_>) -> Approved<'_> {
//!     Approved(work)
//! }
//! ```
//!
//! ```compile_fail,E0624
//! # use selfheal_core::ports::{Approved, Work};
//! fn approve(work: Work<'_>) -> Approved<'_> {
//!     Approved::by_the_gate(work)
//! }
//! ```
