//! Guardrails: which actions may be taken where, and which never.
//!
//! A document is YAML or JSON. It holds **rules**; **sections**, which say in short what many documents say; and **examples**, which must
//! come out as they say or the document doesn't load. Several documents combine. Beside them the shipped hard blocks hold. A document
//! to start from is `guardrails/team.example.yaml` of this crate.
//!
//! Whatever no rule permits is denied. One denying rule is enough, in whichever document it stands. Of the rules that speak the
//! strictest decides: `allow` < `require_approval` < `propose` (a person applies it) < `deny`.
//!
//! # Rules
//! ```yaml
//! - id: production-fixes                     # unique in the document
//!   effect: {require_approval: {k: 2, roles: [sre], ttl: 15m}}   # or a plain word; or {stages: [{k, roles}, …], ttl}
//!   kinds: [increase_memory, 'patch_*']      # globs, as in all lists of names; `*` matches `/` too
//!   environments: [production]
//!   targets: ['package*.json']               # paths that the preview changes; without one, the resource's name
//!   resources: ['kubernetes/deployment/*']   # system/kind/name
//!   namespaces: [shop]                       # of the facts `namespace` and `cluster`
//!   clusters: [eu-*]
//!   when:
//!     severity: [error, critical]
//!     risk: [low, medium]
//!     reversibility: [undoable, nothing_to_undo]
//!     parameters:                            # equals, any_of, matches (regular expression), at_least, at_most, absent
//!       limit_bytes: {at_most: 8589934592}
//!     text_matches: ['--force\b']            # of text parameters and added lines; what is no text falls under what restricts
//!     fields: [/spec/replicas]               # that the diff changes
//!     blast_radius: {changes: {at_most: 3}, lines_added: {at_most: 200}}   # of the whole plan; also resources, lines_removed
//!     time: {within: {zone: Europe/Berlin, weekly: [{days: [mon, tue], from: '09:00', until: '17:00'}]}}   # or outside
//!     rehearsed: true
//!     confidence: {at_least: 0.9}            # of the lower bound; or below
//!     provenance: {package: observed}        # at least; or provenance_below
//!   because: 'somebody on call looks at what customers will run'
//! ```
//! All conditions of a rule must hold. A rule restricts if it touches any part of a step, and permits only if it covers all of it. Evidence
//! (`rehearsed`, `confidence`, `provenance`) is asked for where a rule permits and can only be missed where it restricts, so that less
//! evidence never allows more: what says otherwise is refused. An asking rule with `confidence: {at_least: 0.8, below: 0.95}` is a step of
//! a ladder: from 0.8 on it permits, up to 0.95 it asks.
//!
//! # Sections
//! | section | what it says |
//! |---|---|
//! | `protected` | `[{id, resources, paths, because}]`: nothing touches these. Paths begin at the project's root: `db`, `/db/` and `./db/*` are all of that directory, `*/db` those further down |
//! | `forbidden_fields` | `[{id, fields, kinds, because}]`: no previewed change contains these, by their name or their way (`/spec/x`, `spec.x`) |
//! | `diff_limits` | `{files, lines_added, lines_removed}` of a whole plan, counted on the preview |
//! | `provenance` | least class by `kind.parameter`, `parameter`, `kind.*` or `*`: `configured` > `observed` > `extracted` > `model`. A parameter that no document names must not be a model's choice |
//! | `freeze` | `[{id, zone, weekly, from, until, environments, kinds, resources, exempt, effect, because}]`: effects wait, retries and rollbacks too unless exempt; with `effect: deny` plans are denied meanwhile |
//! | `maintenance` | the same without `effect`: effects wait for one of these windows |
//! | `rate_limits`, `budgets` | `[{id, scope, per, at_most, environments, kinds, resources, exempt, because}]`: at most so many `effects`, `resources`, `changes`, `lines_added`, `lines_removed` per `resource`, `namespace`, `cluster` or `fleet`. A plan that alone is more is denied; for one that is too much now its effects wait. `rehearse` and `undo` are exempt unless `exempt` is given |
//! | `capacity_floor` | `[{id, kinds, ready_fact or unhealthy_fact, total_fact, at_least, at_least_percent, environments, resources, because}]`: denied unless so much is known to be in service |
//! | `environments` | `{production: {…}}`: any of these sections but `provenance`, for one environment, beside what holds everywhere |
//! | `autonomy` | [`Autonomy`](selfheal_core::confidence::Autonomy): how sure a healer has to be to act by itself; of several documents the strictest |
//!
//! Windows are weekly (`{days: [mon], from: '09:00', until: '17:00'}`, or `{from: 'fri 18:00', until: 'mon 06:00'}`), between dates
//! (`from: 2026-12-19`, `until: 2027-01-03`, whose day belongs to it; or `2026-12-24T18:00`), or both, on the clocks of an IANA time
//! zone, whose data comes with the library.
//!
//! # Examples
//! ```yaml
//! - name: an unsure rerun in production
//!   given: {kind: retry_stage, environment: production, rehearsed: true, confidence: 0.6, parameters: {attempts: 2}}
//!   expect: deny      # allow, require_approval, propose, deny; of the moment: clear, hold, stop
//! ```
//! `given` also takes `resource`, `target` and `text` or `changes: [{what, diff}]`, `blast_radius`, `reversibility`, `risk`, `severity`,
//! `facts`, `at`, `effect` (`rehearse`, `apply`, `retry`, `undo`), `activity: [{ago, kind, resource, blast_radius}]`, and for a parameter
//! `{value, provenance}`. What is left out is as little as can be: not rehearsed, nobody sure of it, nothing done lately.

mod autonomy;
mod bits;
mod budget;
mod calendar;
mod case;
mod check;
mod document;
pub(crate) mod duration;
mod engine;
mod examples;
mod explain;
mod index;
mod lint;
mod load;
mod measure;
mod names;
mod parameter_names;
mod paths;
mod place;
mod reloading;
mod sections;
mod standing;
mod verdicts;
mod words;

pub use document::SCHEMA;
pub use engine::{Guardrails, RuleInForce};
pub use lint::{Beside, Lint, lint};
pub use reloading::Reloading;
pub use verdicts::{Spoke, Verdicts};

pub use crate::warning::Warning;
