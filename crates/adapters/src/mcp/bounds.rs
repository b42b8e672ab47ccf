//! The bounds of one server.

use std::time::Duration;

/// How much of a server is waited for, and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct McpBounds {
    /// To start it, say hello and list its tools.
    pub connect: Duration,
    /// For a tool that reads, its definition's check included.
    pub look: Duration,
    /// For an action, once it was sent. What takes longer has an unknown outcome.
    pub act: Duration,
    /// Longest message, in bytes.
    pub max_message_bytes: usize,
    /// Most bytes that a server on stdio may write from one request of ours to the next; one that writes more is cut off.
    pub max_exchange_bytes: u64,
    /// Most tools that a server may list; one with more is refused.
    pub max_tools: usize,
    /// Most bytes of an answer that are kept, from its beginning.
    pub max_answer_bytes: usize,
}

impl Default for McpBounds {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            look: Duration::from_secs(10),
            act: Duration::from_secs(60),
            max_message_bytes: 1 << 20,
            max_exchange_bytes: 8 << 20,
            max_tools: 256,
            max_answer_bytes: 32 << 10,
        }
    }
}
