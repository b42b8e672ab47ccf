//! A server of language models on this machine that answers as a test says, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::common::World;

/// The key that it is asked with.
pub(super) const KEY: &str = "sk-test-5f2c9e71b3d84a06";

/// The models of both tiers.
pub(super) const SMALL: &str = "tiny";
pub(super) const LARGE: &str = "huge";

/// How it answers.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// A completion with this object as its text.
    Says(Value),
    /// A completion with this message.
    Message(Value),
    /// This status and body, as this type.
    Page(u16, &'static str, Vec<u8>),
    /// Success, and then this piece again and again, as this type.
    Endless(&'static str, &'static str),
    /// Nothing, on an open connection.
    Silence,
    /// The connection is closed before an answer.
    Closed,
}

/// One question: which agent asks what.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The name of the schema, which is the agent's.
    pub(super) agent: String,
    /// The request's body.
    pub(super) body: Value,
}

impl Asked {
    /// All that the model reads.
    pub(super) fn text(&self) -> String {
        let messages = self.body["messages"].as_array().cloned().unwrap_or_default();
        messages.iter().filter_map(|message| message["content"].as_str()).collect::<Vec<_>>().join("\n")
    }

    /// `answer` without the properties that the schema has not.
    pub(super) fn fitting(&self, mut answer: Value) -> Value {
        let properties = &self.body["response_format"]["json_schema"]["schema"]["properties"];
        if let Some(answer) = answer.as_object_mut() {
            answer.retain(|name, _| properties.get(name).is_some());
        }
        answer
    }

    /// The citation of the first line that it shows with `part` in it.
    pub(super) fn citation(&self, part: &str) -> String {
        let text = self.text();
        let line = text.lines().find(|line| line.contains(part) && line.starts_with('e') && line.contains("| "));
        line.and_then(|line| line.split_once('|')).map(|(citation, _)| citation.to_owned()).unwrap_or_default()
    }
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// Ends with the test's process.
pub(super) struct ModelServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl ModelServer {
    pub(super) fn new(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, script): (Arc<Mutex<Vec<Asked>>>, Arc<Script>) = (Arc::default(), Arc::new(script));
        thread::spawn({
            let asked = Arc::clone(&asked);
            move || {
                for stream in listener.incoming().flatten() {
                    let (asked, script) = (Arc::clone(&asked), Arc::clone(&script));
                    thread::spawn(move || serve(stream, &asked, &*script));
                }
            }
        });
        Self { address, asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Which agents asked, in order of their names: two ask at the same time.
    pub(super) fn agents(&self) -> Vec<String> {
        let mut agents: Vec<String> = self.asked().into_iter().map(|asked| asked.agent).collect();
        agents.sort();
        agents
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A document of models that names it, whose questions may take `seconds`.
    pub(super) fn document(&self, world: &World, seconds: u32, more: &str) -> String {
        let text = format!(
            "version: 1\nproviders:\n  here: {{protocol: openai, url: \"{}\"{more}}}\nsmall: [{{provider: here, model: {SMALL}}}]\n\
             large: [{{provider: here, model: {LARGE}}}]\ndeadlines: {{small_seconds: {seconds}, large_seconds: {seconds}}}\n",
            self.url()
        );
        world.aside("models.yaml", &text)
    }
}

/// The same command, with the server at `url` in its variables.
pub(super) fn with_models(mut command: Command, url: &str) -> Command {
    command.env("SELFHEAL_LLM_URL", url).env("SELFHEAL_LLM_KEY", KEY);
    command.env("SELFHEAL_LLM_MODEL_SMALL", SMALL).env("SELFHEAL_LLM_MODEL_LARGE", LARGE);
    command
}

fn serve(stream: TcpStream, asked: &Mutex<Vec<Asked>>, script: &Script) {
    let Some(body) = read(&stream) else { return };
    let agent = body["response_format"]["json_schema"]["name"].as_str().unwrap_or_default().to_owned();
    let question = Asked { agent, body };
    let reply = script(&question);
    asked.lock().unwrap().push(question);
    // Whoever asked may have gone.
    let _ = answer(stream, &reply);
}

/// The body, which is JSON.
fn read(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':').filter(|_| !line.trim().is_empty()) else {
            if line.trim().is_empty() { break } else { continue }
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn answer(mut stream: TcpStream, reply: &Reply) -> std::io::Result<()> {
    match reply {
        Reply::Says(object) => whole(&mut stream, 200, "application/json", &completion(&said(object))),
        Reply::Message(message) => whole(&mut stream, 200, "application/json", &completion(message)),
        Reply::Page(status, kind, body) => whole(&mut stream, *status, kind, body),
        Reply::Endless(kind, piece) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n")?;
            let pieces = piece.repeat(1 + 4096 / piece.len());
            loop {
                stream.write_all(pieces.as_bytes())?;
            }
        }
        Reply::Silence => stream.read(&mut [0]).map(drop),
        Reply::Closed => Ok(()),
    }
}

fn said(object: &Value) -> Value {
    json!({ "role": "assistant", "content": object.to_string() })
}

/// A completion with this message.
pub(super) fn completion(message: &Value) -> Vec<u8> {
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    let usage = json!({ "prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000 });
    json!({ "id": "c", "object": "chat.completion", "model": "scripted", "choices": [choice], "usage": usage })
        .to_string()
        .into_bytes()
}

fn whole(stream: &mut TcpStream, status: u16, kind: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Answer\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}
