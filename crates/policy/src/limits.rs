//! Every bound of this crate. Documents come from a host's disk and lines from a failed command:
//! neither is trusted to be small.

/// Largest document accepted, in bytes.
pub const DOCUMENT_BYTES: usize = 256 * 1024;
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
/// Most sample logs read for one runbook.
pub const SAMPLES: usize = 64;
/// Largest sample log, in bytes.
pub const SAMPLE_BYTES: u64 = 256 * 1024;
/// Most rules in one guardrails document.
pub const RULES: usize = 1_000;
