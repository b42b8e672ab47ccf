//! How a call fails, and whether anything may have happened.

use rmcp::model::ErrorCode;
use rmcp::service::ServiceError;
use selfheal_core::error::{Error, ErrorKind, Retry};

use super::answer::quoted;

/// A call without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallFailure {
    /// The connection failed before the call was sent.
    NotSent,
    /// The tool is not defined as it was any more.
    Changed,
    /// It was refused as a request: it doesn't fit, or there is no such tool.
    Refused(String),
    /// It was sent, and nobody knows what became of it.
    Unanswered,
    /// The tool, or the server, says that it failed; at which point, it doesn't say.
    Failed(String),
}

impl CallFailure {
    /// What a failed request means for the call.
    pub(super) fn of(error: ServiceError) -> Self {
        match error {
            ServiceError::McpError(error) => match error.code {
                ErrorCode::METHOD_NOT_FOUND | ErrorCode::INVALID_PARAMS | ErrorCode::INVALID_REQUEST => {
                    Self::Refused(quoted(&error.message))
                }
                _ => Self::Failed(quoted(&error.message)),
            },
            // Whether bytes went out before a transport failed, it doesn't say.
            _ => Self::Unanswered,
        }
    }

    /// As the error of a call that only reads: whatever happened, it may be asked again.
    pub(super) fn of_look(self, tool: &str) -> Error {
        let error = self.described("tool.look").with_context("tool", tool);
        match error.retry() {
            Retry::UnknownOutcome => error.with_retry(Retry::Retryable),
            _ => error,
        }
    }

    /// As the error of a call that changes something.
    pub(super) fn of_apply(self, tool: &str) -> Error {
        self.described("executor.apply").with_context("tool", tool)
    }

    fn described(self, operation: &'static str) -> Error {
        let new = |kind, message: String| Error::new(kind, operation, message);
        match self {
            Self::NotSent => {
                new(ErrorKind::Unavailable, "the MCP server can't be reached; nothing was sent".to_owned())
                    .with_retry(Retry::Retryable)
            }
            Self::Changed => {
                new(ErrorKind::Conflict, "the tool's definition is not the one it had; nothing was sent".to_owned())
            }
            Self::Refused(words) => new(ErrorKind::Invalid, format!("the MCP server refused the call: {words}")),
            Self::Unanswered => {
                new(ErrorKind::Unavailable, "the call was sent, and the MCP server did not answer it".to_owned())
                    .with_retry(Retry::UnknownOutcome)
            }
            Self::Failed(words) => new(ErrorKind::Internal, format!("the tool says that it failed: {words}"))
                .with_retry(Retry::UnknownOutcome),
        }
    }
}
