//! One connection to a server, and the definitions of its tools as they were when it began.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig, ClientRequest,
    Implementation, JsonObject, ListToolsRequest, PaginatedRequestParams, ServerResult, Tool,
};
use rmcp::service::{Peer, RoleClient, RunningService, ServiceError};
use rmcp::transport::IntoTransport;

use super::allowance::Allowance;
use super::bounds::McpBounds;
use super::error::McpError;
use super::failure::CallFailure;
use super::pin::pin;
use super::stdio::Group;

/// What is kept alive as long as the connection is.
#[derive(Default)]
pub(super) struct Behind {
    pub(super) process: Option<Group>,
    pub(super) allowance: Option<Arc<Allowance>>,
}

/// A connection. Dropped, it ends, and a server that we started is gone.
pub(super) struct Session {
    name: String,
    bounds: McpBounds,
    tools: BTreeMap<String, Arc<Pinned>>,
    running: RunningService<RoleClient, ClientConfig>,
    behind: Behind,
}

/// A tool as it was when the connection began.
pub(super) struct Pinned {
    pub(super) tool: Tool,
    pub(super) pin: String,
}

impl Session {
    /// Says hello over `transport`, and lists the tools.
    pub(super) async fn open<T, E, A>(
        name: &str,
        transport: T,
        behind: Behind,
        bounds: McpBounds,
    ) -> Result<Self, McpError>
    where
        T: IntoTransport<RoleClient, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let unresponsive = |during, problem: &str| McpError::Unresponsive {
            server: name.to_owned(),
            during,
            problem: problem.to_owned(),
        };
        let hello = tokio::time::timeout(bounds.connect, rmcp::serve_client(about_us(), transport));
        let running = hello.await.map_err(|_| unresponsive("handshake", "it took too long"))?;
        // What a server says at this point is nobody's business yet.
        let running = running.map_err(|_| unresponsive("handshake", "it broke off, or spoke otherwise"))?;
        let listed = tokio::time::timeout(bounds.connect, list(running.peer(), bounds.max_tools)).await;
        let listed = listed.map_err(|_| unresponsive("list of tools", "it took too long"))?;
        let listed =
            listed.map_err(|problem| McpError::ToolList { server: name.to_owned(), problem: problem.to_string() })?;
        let tools = by_name(name, listed)?;
        Ok(Self { name: name.to_owned(), bounds, tools, running, behind })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn bounds(&self) -> &McpBounds {
        &self.bounds
    }

    pub(super) fn tool(&self, name: &str) -> Result<Arc<Pinned>, McpError> {
        let missing = || McpError::NoTool { server: self.name.clone(), tool: name.to_owned() };
        self.tools.get(name).cloned().ok_or_else(missing)
    }

    /// Calls a tool once, if it is still defined as it was. Within `time` each, for the check and for the call.
    pub(super) async fn call(
        &self,
        pinned: &Pinned,
        arguments: JsonObject,
        time: Duration,
    ) -> Result<CallToolResult, CallFailure> {
        self.renew();
        tokio::time::timeout(time, self.unchanged(pinned)).await.map_err(|_| CallFailure::NotSent)??;
        self.renew();
        let request = CallToolRequestParams::new(pinned.tool.name.clone()).with_arguments(arguments);
        let answered = tokio::time::timeout(time, self.running.peer().call_tool_once(request)).await;
        match answered.map_err(|_| CallFailure::Unanswered)?.map_err(CallFailure::of)? {
            CallToolResponse::Complete(result) => Ok(result),
            // It asks for somebody's input, or goes on without us: nobody is there, and it may have begun.
            _ => Err(CallFailure::Unanswered),
        }
    }

    fn renew(&self) {
        if let Some(allowance) = &self.behind.allowance {
            allowance.renew();
        }
    }

    async fn unchanged(&self, pinned: &Pinned) -> Result<(), CallFailure> {
        let listed = list(self.running.peer(), self.bounds.max_tools).await.map_err(|_| CallFailure::NotSent)?;
        let mut same_name = listed.iter().filter(|tool| tool.name == pinned.tool.name);
        match (same_name.next(), same_name.next()) {
            (Some(tool), None) if pin(tool) == pinned.pin => Ok(()),
            _ => Err(CallFailure::Changed),
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.name)
            .field("process", &self.behind.process)
            .finish_non_exhaustive()
    }
}

/// We offer a server nothing: no sampling, no roots, no questions to a person.
fn about_us() -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("selfheal", env!("CARGO_PKG_VERSION")))
}

/// Why a list of tools is not there.
#[derive(Debug, thiserror::Error)]
enum NotListed {
    #[error("no tools: the connection failed, or it answered otherwise")]
    Failed,
    #[error("more than {0} tools")]
    TooMany(usize),
}

/// All tools, asked for anew: a server may not say how long a list holds.
async fn list(peer: &Peer<RoleClient>, most: usize) -> Result<Vec<Tool>, NotListed> {
    let mut tools = Vec::new();
    let mut cursor = None;
    // A page without tools, again and again, must end as well.
    for _ in 0..=most {
        let page = page(peer, cursor).await.map_err(|_| NotListed::Failed)?;
        tools.extend(page.0);
        cursor = page.1;
        if tools.len() > most {
            return Err(NotListed::TooMany(most));
        }
        if cursor.is_none() {
            return Ok(tools);
        }
    }
    Err(NotListed::TooMany(most))
}

fn page(
    peer: &Peer<RoleClient>,
    cursor: Option<String>,
) -> impl Future<Output = Result<(Vec<Tool>, Option<String>), ServiceError>> {
    let request = ListToolsRequest::with_param(PaginatedRequestParams::default().with_cursor(cursor));
    async move {
        match peer.send_request(ClientRequest::ListToolsRequest(request)).await? {
            ServerResult::ListToolsResult(result) => Ok((result.tools, result.next_cursor)),
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }
}

fn by_name(server: &str, listed: Vec<Tool>) -> Result<BTreeMap<String, Arc<Pinned>>, McpError> {
    let mut tools = BTreeMap::new();
    for tool in listed {
        let name = tool.name.to_string();
        let pinned = Arc::new(Pinned { pin: pin(&tool), tool });
        if tools.insert(name, pinned).is_some() {
            let problem = "two tools of one name".to_owned();
            return Err(McpError::ToolList { server: server.to_owned(), problem });
        }
    }
    Ok(tools)
}
