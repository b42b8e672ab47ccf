//! The options of `heal mcp`.

use clap::Args;

use crate::cli::StoreOptions;
use crate::people::EnrolledOptions;

/// An MCP client starts it and speaks to it on stdin and stdout. Exit status: 0 when the client is gone, 2 wrong usage.
#[derive(Debug, Args, Clone)]
pub(crate) struct McpOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    #[command(flatten)]
    pub(crate) enrolled: EnrolledOptions,
    /// Let the client approve, reject and respond by your key: what it answers, you answered.
    #[arg(long)]
    pub(crate) may_answer: bool,
}
