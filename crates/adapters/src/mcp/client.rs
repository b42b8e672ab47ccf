//! A server that a host connects to, and the tools that it lets selfheal use.

use std::sync::Arc;

use rmcp::service::RoleClient;
use rmcp::transport::IntoTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use selfheal_core::action::ActionSpec;
use selfheal_core::ports::ReadToolSpec;

use super::action::McpAction;
use super::allowance::{Allowance, Metered};
use super::arguments::ArgumentMap;
use super::bounds::McpBounds;
use super::error::McpError;
use super::read_tool::McpReadTool;
use super::session::{Behind, Session};
use super::stdio::StdioServer;

/// A connection to an MCP server. Nothing of it is callable until the host names it, tool by tool; what the server says about its
/// tools reaches no model and no plan.
///
/// The connection lasts as long as the client, or anything that was made with it. A server that ended is not started again: calls
/// then fail as unavailable.
#[derive(Debug, Clone)]
pub struct McpClient(Arc<Session>);

impl McpClient {
    /// Starts a server, which the host calls `name`.
    ///
    /// # Errors
    /// If it can't be started, doesn't complete the handshake in time, or lists too many tools or two of one name.
    pub async fn start(name: &str, server: &StdioServer, bounds: McpBounds) -> Result<Self, McpError> {
        let (process, output, input) = server.start()?;
        let allowance = Allowance::of(bounds.max_exchange_bytes);
        let output = Metered { output, allowance: Arc::clone(&allowance) };
        let transport = AsyncRwTransport::new_client(output, input).with_max_line_length(bounds.max_message_bytes);
        let behind = Behind { process: Some(process), allowance: Some(allowance) };
        Session::open(name, transport, behind, bounds).await.map(Arc::new).map(Self)
    }

    /// Connects to a server that is reached by HTTP, which the host calls `name`.
    ///
    /// # Errors
    /// As [`start`](Self::start), or if the variable of its bearer token is not set.
    #[cfg(feature = "mcp-http")]
    pub async fn connect(name: &str, server: &super::http::HttpServer, bounds: McpBounds) -> Result<Self, McpError> {
        let transport = server.transport(&bounds)?;
        Session::open(name, transport, Behind::default(), bounds).await.map(Arc::new).map(Self)
    }

    /// Speaks to a server, which the host calls `name`, over a transport of the host's own. Bounding what can be read is then the
    /// transport's part.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn over<T, E, A>(name: &str, transport: T, bounds: McpBounds) -> Result<Self, McpError>
    where
        T: IntoTransport<RoleClient, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        Session::open(name, transport, Behind::default(), bounds).await.map(Arc::new).map(Self)
    }

    /// The hash of a tool's definition, for [`expect`](Self::expect).
    ///
    /// # Errors
    /// If there is no such tool.
    pub fn definition_hash(&self, tool: &str) -> Result<String, McpError> {
        self.0.tool(tool).map(|pinned| pinned.pin.clone())
    }

    /// Insists that a tool is defined as it was when somebody looked at it. Without this, the definition that it had when the
    /// connection began is the one that must stay.
    ///
    /// # Errors
    /// [`McpError::Changed`], or if there is no such tool.
    pub fn expect(&self, tool: &str, hash: &str) -> Result<(), McpError> {
        let found = self.definition_hash(tool)?;
        let changed = || McpError::Changed { tool: tool.to_owned(), expected: hash.to_owned(), found: found.clone() };
        (found == hash).then_some(()).ok_or_else(changed)
    }

    /// Lets the analyst ask `tool` what `spec` says, by arguments that `map` checks. The host vouches that it only reads.
    ///
    /// # Errors
    /// If there is no such tool, its server says that it changes things, or its schema doesn't accept the arguments.
    pub fn read_tool(&self, tool: &str, spec: ReadToolSpec, map: ArgumentMap) -> Result<McpReadTool, McpError> {
        McpReadTool::new(Arc::clone(&self.0), self.0.tool(tool)?, spec, map)
    }

    /// Makes `tool` an action: the kind, parameters and risk are those of `spec`, whatever the server says of it.
    ///
    /// # Errors
    /// If there is no such tool, the spec says that it can be undone, or its schema doesn't accept the arguments.
    pub fn action(&self, spec: ActionSpec, tool: &str, map: ArgumentMap) -> Result<McpAction, McpError> {
        McpAction::new(Arc::clone(&self.0), self.0.tool(tool)?, spec, map)
    }
}
