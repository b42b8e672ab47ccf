//! The server on stdin and stdout.

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use rmcp::transport::async_rw::AsyncRwTransport;

use super::McpOptions;
use super::server::Server;
use crate::exit;
use crate::people;
use crate::run::{Refusal, block_on};
use crate::say::Voice;

/// Longest message that a client may send, in bytes; a longer one is dropped.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Runs `heal mcp`; the exit status.
pub(crate) fn main(options: &McpOptions) -> i32 {
    let voice = Voice::default();
    block_on(serve(options, &voice)).unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

async fn serve(options: &McpOptions, voice: &Voice) -> Result<i32, Refusal> {
    if options.may_answer {
        let name = people::answers_as(&options.store, &options.enrolled)?;
        voice.note(&format!("the client may answer plans as {name}"));
    }
    let (input, output) = rmcp::transport::stdio();
    let transport = AsyncRwTransport::new_server(input, output).with_max_line_length(MAX_MESSAGE_BYTES);
    let running = Server::new(options.clone()).serve(transport).await.map_err(not_begun)?;
    running.waiting().await.map_err(Refusal::failed)?;
    Ok(exit::HEALED)
}

fn not_begun(error: ServerInitializeError) -> Refusal {
    match error {
        ServerInitializeError::ConnectionClosed(_) => {
            Refusal::usage("expected an MCP client on stdin; it is started by one, as the command of a stdio server")
        }
        other => Refusal::usage(format!("expected an MCP client on stdin: {other}")),
    }
}
