//! A webhook's receiver on this machine, which checks the signature.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use selfheal_adapters::webhook::{SignedHeaders, SigningSecret, Verifier};
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;

/// The secret that sender and receiver share.
pub(super) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

const OK: u16 = 204;

/// Asked again at once it would say the same: so the sender doesn't wait within one call.
const FORBIDDEN: u16 = 403;

/// What a receiver was told, and acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) is_signed: bool,
    pub(super) text: String,
}

pub(super) struct Receiver {
    address: String,
    state: Arc<State>,
}

struct State {
    answer: AtomicU16,
    asked: Mutex<Vec<(u16, Message)>>,
}

impl Receiver {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(State { answer: AtomicU16::new(OK), asked: Mutex::default() });
        // It ends with the test's process.
        thread::spawn({
            let state = Arc::clone(&state);
            move || listener.incoming().flatten().for_each(|stream| state.serve(stream))
        });
        Self { address, state }
    }

    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    /// From now on it acknowledges nothing.
    pub(super) fn refuse(&self) {
        self.state.answer.store(FORBIDDEN, Ordering::SeqCst);
    }

    pub(super) fn accept(&self) {
        self.state.answer.store(OK, Ordering::SeqCst);
    }

    /// How often it was called.
    pub(super) fn asked(&self) -> usize {
        self.state.asked.lock().unwrap().len()
    }

    /// What it acknowledged.
    pub(super) fn told(&self) -> Vec<Message> {
        let asked = self.state.asked.lock().unwrap();
        asked.iter().filter(|(answer, _)| *answer == OK).map(|(_, message)| message.clone()).collect()
    }
}

impl State {
    fn serve(&self, mut stream: TcpStream) {
        let Some((headers, body)) = read(&stream) else { return };
        let answer = self.answer.load(Ordering::SeqCst);
        let message = Message { is_signed: is_signed(&headers, &body), text: String::from_utf8(body).unwrap() };
        self.asked.lock().unwrap().push((answer, message));
        let _ = write!(stream, "HTTP/1.1 {answer} Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
}

/// Headers, by their names in lower case, and body.
fn read(stream: &TcpStream) -> Option<(BTreeMap<String, String>, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    reader.read_line(&mut String::new()).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some((headers, body))
}

fn is_signed(headers: &BTreeMap<String, String>, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
    let signed = SignedHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let verifier = Verifier::new(SigningSecret::parse(SECRET).unwrap());
    verifier.verify(&signed, body, SystemClock::default().now()).is_ok()
}
