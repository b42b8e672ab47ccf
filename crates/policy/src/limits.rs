//! Every bound of this crate. Documents come from a host's disk and lines from a failed command:
//! neither is trusted to be small.

/// Largest document accepted, in bytes.
pub const DOCUMENT_BYTES: usize = 256 * 1024;
/// Most documents in one YAML stream.
pub const DOCUMENTS: usize = 256;
/// Deepest nesting of a document.
pub const DOCUMENT_DEPTH: usize = 16;
/// Most YAML nodes in one document.
pub const DOCUMENT_NODES: usize = 20_000;
/// Most runbooks in one catalogue.
pub const RUNBOOKS: usize = 2_000;
/// Most patterns in one runbook, extractors included.
pub const PATTERNS: usize = 128;
/// Longest pattern, in bytes.
pub const PATTERN_BYTES: usize = 1_000;
/// Largest compiled pattern, in bytes of automaton.
pub const PATTERN_PROGRAM_BYTES: usize = 1 << 20;
/// Most evidence lines looked at; the earliest beyond it are not read.
pub const LINES: usize = 4_000;
/// Longest part of a line looked at, in bytes: a minified bundle on one line says nothing more.
pub const LINE_BYTES: usize = 4_096;
/// Most values one `many: true` extractor keeps.
pub const VALUES: usize = 32;
/// Longest sentence that says what a plan does, in bytes.
pub const WHAT_BYTES: usize = 300;
/// About how many bytes of an offer say when it helps.
pub const WHEN_BYTES: usize = 300;
/// Most sample logs read for one runbook.
pub const SAMPLES: usize = 64;
/// Largest sample log, in bytes.
pub const SAMPLE_BYTES: u64 = 256 * 1024;
/// Most rules in one guardrails document.
pub const RULES: usize = 1_000;
/// Most recovery policies and healing policies in force, each.
pub const RECOVERY_POLICIES: usize = 1_000;
/// Most strategies in one recovery policy.
pub const STRATEGIES: usize = 64;
/// Largest `maxRetries` or `max_retries`.
pub const RETRIES: u32 = 1_000;
/// Most people in one approvers document.
pub const PEOPLE: usize = 1_000;
/// Most roles of one person.
pub const ROLES: usize = 64;
/// Longest name of a person or role, in bytes.
pub const NAME_BYTES: usize = 128;
/// Most globs or regular expressions in one index of rules.
pub const RULE_PATTERNS: usize = 4_000;
/// Most rules of all documents in force together, sections included.
pub const RULES_IN_FORCE: usize = 8_000;
/// Most rounds of asking in one approval.
pub const STAGES: usize = 8;
/// Most people whom one round may ask for.
pub const APPROVERS: u32 = 16;
/// Most steps of a plan that is written down for policy.
pub const PLAN_STEPS: usize = 64;
/// Most declared cases in one file of them.
pub const CASES: usize = 1_000;
/// Most policy documents that one file of declared cases names.
pub const CASE_POLICIES: usize = 64;
/// Most windows of one document.
pub const WINDOWS: usize = 256;
/// Most text of one step that a policy in another language is shown, in bytes.
pub const INPUT_BYTES: usize = 256 * 1024;
/// Longest window of a budget: what healers did longer ago is not kept for policy.
pub const BUDGET_WINDOW: std::time::Duration = std::time::Duration::from_secs(31 * 24 * 60 * 60);
