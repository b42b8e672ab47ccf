//! Every bound of the classifier. A script past one of them is unknown, and so refused.

/// Longest script looked at, in bytes.
pub const SCRIPT_BYTES: usize = 16 * 1024;
/// Deepest nesting of brackets, substitutions and compound commands in one script; the parser's time doubles with each level.
pub const NESTING: usize = 10;
/// Deepest nesting of scripts in scripts (`sh -c`, substitutions, functions).
pub const DEPTH: usize = 12;
/// Most commands and expansions followed.
pub const STEPS: usize = 4_000;
/// Most words one brace expansion or one variable makes.
pub const WORDS: usize = 256;
/// Longest text that a value is computed to, in bytes.
pub const TEXT_BYTES: usize = 64 * 1024;
/// Most rounds of a loop over known words that are followed one by one.
pub const ROUNDS: usize = 16;
/// Most lines followed of a script that doesn't parse as a whole.
pub const LINES: usize = 64;
/// Most effects reported.
pub const EFFECTS: usize = 64;
/// Longest quotation of a command in a reason, in characters.
pub const QUOTED_CHARS: usize = 160;
