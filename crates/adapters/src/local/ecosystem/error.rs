use std::io;
use std::path::{Path, PathBuf};

use super::scrub::scrub;
use super::tools::ToolError;

/// Why an ecosystem could not answer or change something.
///
/// Messages carry no credentials: what a tool said is shortened and scrubbed first.
#[derive(Debug, thiserror::Error)]
pub enum EcosystemError {
    /// The set isn't offered.
    #[error("{ecosystem} has no set {set:?}")]
    UnknownSet {
        /// The ecosystem that was asked.
        ecosystem: &'static str,
        /// The set asked for.
        set: String,
    },
    /// A manifest isn't what it should be.
    #[error("{}: expected {expected}", manifest.display())]
    Manifest {
        /// The manifest, relative to the project.
        manifest: PathBuf,
        /// What was expected there.
        expected: String,
    },
    /// The change would be unsafe or can't be made honestly.
    #[error("refused: {reason}")]
    Refused {
        /// Why, for a person.
        reason: String,
    },
    /// The tool ran and said no.
    #[error("{operation} failed: {summary}")]
    Failed {
        /// What was run.
        operation: String,
        /// What it said, scrubbed and short.
        summary: String,
    },
    /// The tool could not reach its registry, or was told to come back later.
    #[error("{operation} could not reach its registry: {summary}")]
    Unreachable {
        /// What was run.
        operation: String,
        /// What it said, scrubbed and short.
        summary: String,
    },
    /// The tool could not be run.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A file of the project could not be read or written.
    #[error("{}: could not {operation}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `read`, `write`…
        operation: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

/// Marks of a registry that can't be reached, over npm, pip and cargo.
const UNREACHABLE: &[&str] = &[
    "econnreset",
    "econnrefused",
    "etimedout",
    "enotfound",
    "eai_again",
    "enotcached",
    "network timeout",
    "newconnectionerror",
    "read timed out",
    "connecttimeout",
    "max retries exceeded",
    "spurious network error",
    "could not resolve host",
    "couldn't connect",
    "timed out",
    "503 service unavailable",
    "502 bad gateway",
    "too many requests",
];

impl EcosystemError {
    /// Whether trying later may help: the registry could not be reached, or the tool took too long.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Tool(ToolError::TimedOut { .. }))
    }

    /// What a tool's failure was, from what it said.
    pub(super) fn failed(operation: impl Into<String>, said: &str) -> Self {
        let (operation, summary) = (operation.into(), scrub(said));
        let lower = said.to_ascii_lowercase();
        if UNREACHABLE.iter().any(|mark| lower.contains(mark)) {
            return Self::Unreachable { operation, summary };
        }
        Self::Failed { operation, summary }
    }

    pub(super) fn manifest(manifest: &Path, expected: impl Into<String>) -> Self {
        Self::Manifest { manifest: manifest.to_path_buf(), expected: expected.into() }
    }

    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }

    pub(super) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io { path, operation, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_failures_are_transient_and_others_are_not() {
        let network = EcosystemError::failed("npm view", "request failed, reason: ECONNRESET");
        assert!(network.is_transient());
        let refusal = EcosystemError::failed("npm view", "E404 Not Found");
        assert!(!refusal.is_transient());
    }
}
