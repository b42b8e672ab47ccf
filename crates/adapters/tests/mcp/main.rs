//! MCP servers, honest and hostile.
