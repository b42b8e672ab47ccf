//! Tools of MCP servers ([Model Context Protocol]): as context that the analyst may ask for, and as a host's own kinds of action.
//!
//! Nothing of a server is callable by default. A host names each tool, says what it is for in its own words, and maps each argument:
//!
//! - **Reading**: [`McpClient::read_tool`] makes a [`ReadTool`](selfheal_core::ports::ReadTool). The host vouches that the tool only
//!   reads; one whose server says otherwise is refused. Words of evidence pass a grammar first.
//! - **Acting**: [`McpClient::action`] makes a kind of action with the host's [`ActionSpec`](selfheal_core::action::ActionSpec), and
//!   [`McpExecutor`] performs it: the preview shows the exact call, which is made once. An answer that never came is an unknown
//!   outcome, and so is a tool's own "failed".
//! - **Suspicion**: what a server says of its tools reaches no model. A tool whose definition changes (a "rug pull") is not called
//!   any more; a host that wants to be told across restarts names the [hash](McpClient::definition_hash) that it
//!   [expects](McpClient::expect). Answers are untrusted text, bounded; a server that floods us is cut off.
//!
//! ```no_run
//! use selfheal_adapters::mcp::{ArgumentMap, McpBounds, McpClient, McpExecutor, StdioServer};
//! use selfheal_core::action::{ActionKind, ActionSpec, ParameterType, Reversibility, RiskTier};
//!
//! # async fn host() -> Result<(), Box<dyn std::error::Error>> {
//! let server = StdioServer::new(["deployments-mcp", "--cluster", "staging"]).passing("HOME");
//! let client = McpClient::start("deployments", &server, McpBounds::default()).await?;
//! let restart = ActionSpec::new(ActionKind::custom("restart_deployment"))
//!     .requires("namespace", ParameterType::Text)
//!     .rated(RiskTier::High, Reversibility::Irreversible);
//! let map = ArgumentMap::new().given("namespace", "namespace").resource_name("deployment");
//! let executor = McpExecutor::new("kubernetes", vec![client.action(restart, "rollout_restart", map)?]);
//! // Orchestrator::builder().executor(Arc::new(executor))
//! # let _ = executor;
//! # Ok(())
//! # }
//! ```
//!
//! [Model Context Protocol]: https://modelcontextprotocol.io/specification

mod action;
mod allowance;
mod answer;
mod arguments;
mod bounds;
mod client;
mod error;
mod executor;
mod failure;
#[cfg(feature = "mcp-http")]
mod http;
mod pin;
mod read_tool;
mod schema;
mod session;
mod stdio;

pub use action::McpAction;
pub use arguments::ArgumentMap;
pub use bounds::McpBounds;
pub use client::McpClient;
pub use error::McpError;
pub use executor::McpExecutor;
#[cfg(feature = "mcp-http")]
pub use http::HttpServer;
pub use read_tool::McpReadTool;
pub use stdio::StdioServer;
