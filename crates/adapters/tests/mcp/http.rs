//! A server that is reached by HTTP.

use std::time::Duration;

use selfheal_adapters::mcp::{HttpServer, McpBounds, McpClient, McpError};
use selfheal_core::error::ErrorKind;
use serde_json::{Value, json};
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::scene::{look, replicas_map, replicas_spec};

/// A variable that tests have; its value is the token.
const VARIABLE: &str = "CARGO_PKG_NAME";

/// Answers each request of the protocol with one JSON object.
fn answer(request: &Request, told: &str) -> ResponseTemplate {
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    let result = match asked["method"].as_str().unwrap() {
        "initialize" => json!({"protocolVersion": asked["params"]["protocolVersion"], "capabilities": {"tools": {}},
            "serverInfo": {"name": "services", "version": "1"}}),
        "tools/list" => json!({"tools": [{"name": "replicas", "inputSchema": {"type": "object",
            "properties": {"service": {"type": "string"}, "version": {"type": "string"}}}}]}),
        "tools/call" => json!({"content": [{"type": "text", "text": told}]}),
        _ => return ResponseTemplate::new(202),
    };
    ResponseTemplate::new(200).set_body_json(json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}))
}

async fn serving(told: String) -> MockServer {
    let server = MockServer::start().await;
    let authorised = header("authorization", format!("Bearer {}", env!("CARGO_PKG_NAME")).as_str());
    let answering = move |request: &Request| answer(request, &told);
    Mock::given(method("POST")).and(authorised).respond_with(answering).mount(&server).await;
    server
}

fn bounds() -> McpBounds {
    McpBounds { max_message_bytes: 64 << 10, look: Duration::from_secs(5), ..McpBounds::default() }
}

#[tokio::test]
async fn a_tool_is_asked_with_the_token_that_a_variable_holds() {
    let server = serving("2 of them".to_owned()).await;
    let address = HttpServer::parse(&format!("{}/mcp", server.uri())).unwrap();
    let client = McpClient::connect("services", &address.clone().bearer_from(VARIABLE), bounds()).await.unwrap();
    let tool = client.read_tool("replicas", replicas_spec(), replicas_map()).unwrap();
    assert_eq!(look(&tool, &[]).await.unwrap(), "2 of them");
    let unset = McpClient::connect("services", &address.clone().bearer_from("NO_SUCH_VARIABLE_HERE"), bounds()).await;
    assert!(matches!(unset, Err(McpError::NoToken(_))));
    let without = McpClient::connect("services", &address, bounds()).await;
    assert!(matches!(without, Err(McpError::Unresponsive { .. })));
}

#[tokio::test]
async fn a_giant_answer_is_not_read() {
    let server = serving("x".repeat(1 << 20)).await;
    let address = HttpServer::parse(&server.uri()).unwrap().bearer_from(VARIABLE);
    let client = McpClient::connect("services", &address, bounds()).await.unwrap();
    let tool = client.read_tool("replicas", replicas_spec(), replicas_map()).unwrap();
    assert_eq!(look(&tool, &[]).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, elsewhere) = (MockServer::start().await, serving("mine".to_owned()).await);
    let away = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    Mock::given(method("POST")).respond_with(away).mount(&server).await;
    let address = HttpServer::parse(&server.uri()).unwrap().bearer_from(VARIABLE);
    assert!(McpClient::connect("services", &address, bounds()).await.is_err());
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}
