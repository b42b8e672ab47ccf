//! A real collector, `rotel`, on private loopback ports; it prints the spans that it gets.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::common::{World, have, skip};

/// How long it may take to start, and to print what it got.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was received: the resource, and the spans in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) spans: Vec<Span>,
}

/// A span as the collector prints it.
#[derive(Debug, Default)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) parent: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// Stops with it.
pub(crate) struct Collector {
    process: Child,
    address: SocketAddr,
    lines: Receiver<String>,
}

impl Collector {
    /// Starts it; if it isn't installed, says so.
    pub(crate) fn start(world: &World) -> Option<Self> {
        let Some(program) = program() else {
            skip("no collector gets spans: `rotel` is not installed; SELFHEAL_ROTEL may name it");
            return None;
        };
        let (grpc, http) = (free_address(), free_address());
        let mut command = Command::new(program);
        command.args([
            "start",
            "--exporter",
            "blackhole",
            "--debug-log",
            "traces",
            "--debug-log-verbosity",
            "detailed",
        ]);
        command.args(["--otlp-grpc-endpoint", &grpc.to_string(), "--otlp-http-endpoint", &http.to_string()]);
        command.current_dir(world.path("tmp")).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the collector can be started");
        let lines = lines_of(process.stdout.take().unwrap());
        let collector = Self { process, address: http, lines };
        collector.wait_until_it_listens();
        Some(collector)
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    // It says nowhere when it is ready.
    fn wait_until_it_listens(&self) {
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(started.elapsed() < PATIENCE, "the collector does not listen at {}", self.address);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it prints until a span called `last` is complete. A span ends with its attributes, of which there are some.
    pub(crate) fn until(&mut self, last: &str) -> Received {
        let mut received = Received::default();
        let started = Instant::now();
        loop {
            let ended = received.spans.last().is_some_and(|span| span.name == last && !span.attributes.is_empty());
            let patience = if ended { Duration::from_millis(200) } else { PATIENCE.saturating_sub(started.elapsed()) };
            match self.lines.recv_timeout(patience) {
                Ok(line) => received.read(&line),
                Err(_) if ended => return received,
                Err(error) => panic!("{error}: no span `{last}` in {received:?}"),
            }
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Received {
    fn read(&mut self, line: &str) {
        if line.starts_with("Span #") {
            return self.spans.push(Span::default());
        }
        if let Some((key, value)) = line.strip_prefix("-> ").and_then(attribute) {
            let attributes = self.spans.last_mut().map_or(&mut self.resource, |span| &mut span.attributes);
            attributes.insert(key, value);
            return;
        }
        let (Some((label, value)), Some(span)) = (line.split_once(':'), self.spans.last_mut()) else { return };
        let value = value.trim().to_owned();
        match label.trim() {
            "Trace ID" => span.trace = value,
            "Parent ID" => span.parent = value,
            "ID" => span.id = value,
            "Name" => span.name = value,
            _ => {}
        }
    }
}

/// `key: Type(value)`.
fn attribute(text: &str) -> Option<(String, String)> {
    let (key, typed) = text.split_once(": ")?;
    let (_, value) = typed.strip_suffix(')')?.split_once('(')?;
    Some((key.to_owned(), value.to_owned()))
}

fn program() -> Option<OsString> {
    if let Some(named) = std::env::var_os("SELFHEAL_ROTEL") {
        return Some(named);
    }
    ["rotel", "rotel-agent"].into_iter().find(|name| have(name)).map(OsString::from)
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn lines_of(stdout: ChildStdout) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        lines.map(|line| line.trim().to_owned()).take_while(|line| send.send(line.clone()).is_ok()).count()
    });
    lines
}
