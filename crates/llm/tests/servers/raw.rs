//! A server that says exactly what it is told to, byte by byte.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What it does with every connection.
#[derive(Clone)]
pub(crate) enum Say {
    /// Sends this.
    Bytes(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Sends this until the other side has enough.
    Endless(Vec<u8>),
    /// Says nothing more, and keeps the connection.
    Hang,
}

pub(crate) fn text(text: &str) -> Say {
    Say::Bytes(text.as_bytes().to_vec())
}

/// Headers of a stream of events that ends with the connection.
pub(crate) fn stream_head() -> Say {
    text("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
}

/// Starts it; returns its origin. It ends with the test's runtime.
pub(crate) async fn serve(script: Vec<Say>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, script.clone()));
        }
    });
    origin
}

/// Hears a request, and says what it is told to.
pub(crate) async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: Vec<Say>) {
    read_request(&mut stream).await;
    for say in script {
        match say {
            Say::Bytes(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
                let _ = stream.flush().await;
                // So that pieces arrive as pieces.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Say::Pause(time) => tokio::time::sleep(time).await,
            Say::Endless(bytes) => while stream.write_all(&bytes).await.is_ok() {},
            Say::Hang => std::future::pending().await,
        }
    }
    let _ = stream.shutdown().await;
}

/// Reads headers and as much of a body as they announce.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let announced = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            if body.len() >= announced.unwrap_or(0) {
                return;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
            _ => return,
        }
    }
}
