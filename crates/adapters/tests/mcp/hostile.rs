//! Servers that mean ill, over real pipes.

use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use selfheal_adapters::mcp::{ArgumentMap, McpBounds, McpClient, McpError, McpReadTool, StdioServer};
use selfheal_core::error::{ErrorKind, Retry};
use selfheal_core::ports::ReadToolSpec;

use crate::scene::look;

/// A server whose manners are its first argument.
const SERVER: &str = r#"
import json, os, socket, subprocess, sys, time
manner, argument = sys.argv[1], sys.argv[2]
def write(message):
    sys.stdout.write(json.dumps(message) + "\n"); sys.stdout.flush()
def answer(request, result):
    write({"jsonrpc": "2.0", "id": request["id"], "result": result})
def text(words):
    return {"content": [{"type": "text", "text": words}]}
def called(request):
    if manner == "endless line":
        while True: sys.stdout.write("x" * 65536)
    if manner == "endless notices":
        while True: write({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 1000}})
    if manner == "wrong ids":
        for id in (request["id"] + 1, None, -1, "x"): write({"jsonrpc": "2.0", "id": id, "result": text("mine")})
        return
    if manner == "giant message": return answer(request, text("x" * (4 << 20)))
    if manner == "long answer": return answer(request, text("y" * 200000))
    if manner == "no json": sys.stdout.write("{]\n\n\x00\n" * 100); return answer(request, text("still here"))
    if manner == "nonsense": return answer(request, [1, 2, 3])
    if manner == "asks back": write({"jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}})
    if manner == "dies": sys.exit(1)
    if manner == "environment": return answer(request, text(",".join(sorted(os.environ))))
    answer(request, text("fine"))
if manner == "silent": time.sleep(3600)
if manner == "children":
    line = socket.create_connection(("127.0.0.1", int(argument)))
    os.set_inheritable(line.fileno(), True)
    subprocess.Popen(["sleep", "3600"], close_fds=False)
for line in sys.stdin:
    request = json.loads(line)
    method = request.get("method")
    if method == "initialize":
        answer(request, {"protocolVersion": request["params"]["protocolVersion"], "capabilities": {"tools": {}},
                         "serverInfo": {"name": "ill", "version": "1"}})
    elif method == "tools/list" and manner == "endless pages":
        answer(request, {"tools": [], "nextCursor": "more"})
    elif method == "tools/list":
        answer(request, {"tools": [{"name": "look", "inputSchema": {"type": "object", "properties": {}}}]})
    elif method == "tools/call":
        called(request)
"#;

fn bounds() -> McpBounds {
    McpBounds {
        connect: Duration::from_secs(20),
        max_message_bytes: 1 << 20,
        max_exchange_bytes: 6 << 20,
        max_answer_bytes: 1_000,
        ..McpBounds::default()
    }
}

fn server(manner: &str, argument: &str) -> Option<StdioServer> {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no python3 here, so no hostile server");
        return None;
    }
    Some(StdioServer::new(["python3", "-c", SERVER, manner, argument]).passing("HOME").passing("PYENV_ROOT"))
}

fn tool(client: &McpClient) -> McpReadTool {
    let spec = ReadToolSpec {
        name: "look".to_owned(),
        description: "what there is".to_owned(),
        categories: Vec::new(),
        arguments: Vec::new(),
    };
    client.read_tool("look", spec, ArgumentMap::new()).unwrap()
}

async fn client(manner: &str, look: Duration) -> Option<McpClient> {
    let bounds = McpBounds { look, ..bounds() };
    Some(McpClient::start("ill", &server(manner, "")?, bounds).await.unwrap())
}

/// How long is waited for what never comes.
const SHORT: Duration = Duration::from_millis(500);

/// How long is waited for what comes, however busy the machine is.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn no_answer_that_can_be_used_is_an_error_in_time() {
    for manner in ["endless line", "endless notices", "giant message", "wrong ids", "nonsense", "dies"] {
        let Some(client) = client(manner, SHORT).await else { return };
        let failed = look(&tool(&client), &[]).await.unwrap_err();
        assert_eq!((failed.kind(), failed.retry()), (ErrorKind::Unavailable, Retry::Retryable), "{manner}: {failed}");
    }
}

#[tokio::test]
async fn noise_around_an_answer_does_not_matter_and_a_long_one_is_cut() {
    for (manner, answer) in [("no json", "still here"), ("asks back", "fine")] {
        let Some(client) = client(manner, LONG).await else { return };
        assert_eq!(look(&tool(&client), &[]).await.unwrap(), answer, "{manner}");
    }
    let Some(client) = client("long answer", LONG).await else { return };
    let answer = look(&tool(&client), &[]).await.unwrap();
    assert!(answer.len() < 1_100 && answer.ends_with("(the rest was cut off)"), "{}", answer.len());
}

#[tokio::test]
async fn a_server_that_never_comes_to_the_point_is_refused() {
    let hurry = McpBounds { connect: Duration::from_millis(700), ..bounds() };
    for manner in ["silent", "endless pages"] {
        let Some(server) = server(manner, "") else { return };
        let refused = McpClient::start("ill", &server, hurry).await.unwrap_err();
        assert!(matches!(refused, McpError::Unresponsive { .. } | McpError::ToolList { .. }), "{manner}: {refused}");
    }
    let missing = McpClient::start("ill", &StdioServer::new(["no-such-program-anywhere"]), hurry).await;
    assert!(matches!(missing, Err(McpError::NotStarted { .. })));
    let nothing = McpClient::start("ill", &StdioServer::new(Vec::<String>::new()), hurry).await;
    assert!(matches!(nothing, Err(McpError::NoCommand)));
}

#[tokio::test]
async fn a_server_gets_no_variable_that_was_not_named() {
    let Some(client) = client("environment", LONG).await else { return };
    let names = look(&tool(&client), &[]).await.unwrap();
    let ours: Vec<String> = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("CARGO")).collect();
    assert!(!ours.is_empty(), "the test has variables of cargo's");
    assert!(names.split(',').any(|name| name == "PATH"), "{names}");
    assert!(!ours.iter().any(|ours| names.split(',').any(|name| name == ours)), "{names}");
}

#[tokio::test]
async fn a_server_is_gone_with_all_that_it_started() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let Some(server) = server("children", &port) else { return };
    let client = McpClient::start("ill", &server, bounds()).await.unwrap();
    let (mut line, _) = listener.accept().unwrap();
    drop(client);
    // It ends when nobody holds its other end any more: neither the server nor its child.
    assert_eq!(line.read(&mut [0]).unwrap(), 0);
}
