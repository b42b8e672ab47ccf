//! Conformance of log sources.

use std::sync::Arc;

use super::{Suite, Verdict};
use crate::error::ErrorKind;
use crate::evidence::Evidence;
use crate::ports::LogSource;
use crate::resource::ResourceRef;

const SUITE: Suite = Suite("LogSource");

/// A log source with one log of known content.
pub struct LogFixture {
    /// The source.
    pub source: Arc<dyn LogSource>,
    /// The resource whose log has at least 20 lines, each `line N` with N from 1, then `secret <secret>` somewhere
    /// in its last 5 lines, coloured by ANSI codes.
    pub resource: ResourceRef,
    /// A value that the source was told to redact, and that stands in the last five lines.
    pub secret: String,
}

/// Runs the suite.
///
/// # Errors
/// The first [`Violation`](super::Violation).
pub async fn log_source(fixture: LogFixture) -> Verdict {
    let LogFixture { source, resource, secret } = fixture;
    let pieces = SUITE.call(2, "tail", source.tail(&resource, 10).await)?;
    let lines: Vec<(u64, &str)> = pieces.iter().flat_map(Evidence::lines).map(|(at, text)| (at.line, text)).collect();
    SUITE.check(2, !lines.is_empty(), "a log with lines came back empty")?;
    let clean = |text: &str| !text.contains(&secret) && !text.contains('\u{1b}');
    SUITE.check(1, lines.iter().all(|(_, text)| clean(text)), "a secret or an ANSI code came through")?;
    SUITE.check(2, lines.len() <= 10, "more lines than asked for, and none of them looks like a failure")?;
    SUITE.check(3, lines.windows(2).all(|pair| pair[0].0 < pair[1].0), "lines are out of order")?;
    let numbered = |line: &(u64, &str)| match line.1.strip_prefix("line ").and_then(|n| n.parse::<u64>().ok()) {
        Some(number) => number == line.0,
        None => true,
    };
    SUITE.check(3, lines.iter().all(numbered), "line numbers are not those of the log")?;
    let absent = ResourceRef::new(&resource.system, &resource.kind, "there-is-no-such-resource");
    let answer = source.tail(&absent, 10).await;
    let not_found = answer.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    SUITE.check(4, not_found, "a resource without a log is not `NotFound`")
}
