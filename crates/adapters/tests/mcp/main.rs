//! Tools of MCP servers: of one that this test is (rmcp's own server side), and of ones that mean ill.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test may panic, and says what it skips")]

mod acting;
mod hostile;
#[cfg(feature = "mcp-http")]
mod http;
mod reading;
mod scene;
