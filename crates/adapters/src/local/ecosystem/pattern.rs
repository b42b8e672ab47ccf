use regex::Regex;

/// Compiles one of this module's own literal patterns; each is reached by a test.
#[allow(clippy::expect_used, reason = "a literal of this crate: wrong at build time or never")]
pub(super) fn pattern(literal: &'static str) -> Regex {
    Regex::new(literal).expect("literal pattern compiles")
}
