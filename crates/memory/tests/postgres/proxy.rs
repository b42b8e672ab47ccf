//! Stands between worker and server, and breaks connections at chosen moments.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

/// What becomes of the next thing that a worker sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server never hears it.
    Unheard,
    /// The server carries it out, and its answer is lost.
    Unanswered,
    /// The worker sees the connection break; the server hears it when [`Proxy::deliver`] is called.
    Late,
    /// Neither side hears of the other any more. Strikes a commit only.
    StuckCommit,
    /// The server carries it out, and its answer is lost. Strikes a commit only.
    UnansweredCommit,
    /// The server never hears it. Strikes a commit only.
    UnheardCommit,
}

impl Fault {
    fn strikes(self, said: &[u8]) -> bool {
        let any = matches!(self, Self::Unheard | Self::Unanswered | Self::Late);
        any || said.windows(6).any(|word| word == b"COMMIT")
    }
}

/// A socket that leads to the server's.
pub(crate) struct Proxy {
    dir: tempfile::TempDir,
    fault: Arc<Mutex<Option<Fault>>>,
    late: Arc<Notify>,
    delivered: Arc<Notify>,
}

impl Proxy {
    pub(crate) fn new(server: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (fault, late, delivered) = Default::default();
        let proxy = Self { dir, fault, late, delivered };
        let listener = UnixListener::bind(socket(proxy.dir.path())).unwrap();
        let (server, fault) = (socket(server), Arc::clone(&proxy.fault));
        let (late, delivered) = (Arc::clone(&proxy.late), Arc::clone(&proxy.delivered));
        tokio::spawn(async move {
            while let Ok((worker, _)) = listener.accept().await {
                let server = UnixStream::connect(&server).await.unwrap();
                let link = Link {
                    worker,
                    server,
                    fault: Arc::clone(&fault),
                    late: Arc::clone(&late),
                    delivered: Arc::clone(&delivered),
                };
                tokio::spawn(link.forward());
            }
        });
        proxy
    }

    /// `url`, by way of this proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        let (head, _) = url.split_once("?host=").unwrap();
        format!("{head}?host={}", self.dir.path().display())
    }

    /// Arms one fault.
    pub(crate) fn next(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    pub(crate) fn has_struck(&self) -> bool {
        self.fault.lock().unwrap().is_none()
    }

    /// Lets the server hear what was late, and waits for its answer.
    pub(crate) async fn deliver(&self) {
        self.late.notify_one();
        self.delivered.notified().await;
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join(".s.PGSQL.5432")
}

struct Link {
    worker: UnixStream,
    server: UnixStream,
    fault: Arc<Mutex<Option<Fault>>>,
    late: Arc<Notify>,
    delivered: Arc<Notify>,
}

impl Link {
    /// Forwards both ways until one side ends, or a fault strikes.
    async fn forward(mut self) {
        let (mut said, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        loop {
            tokio::select! {
                read = self.worker.read(&mut said) => {
                    let Ok(length @ 1..) = read else { return };
                    let fault = self.fault.lock().unwrap().take_if(|fault| fault.strikes(&said[..length]));
                    match fault {
                        None => self.server.write_all(&said[..length]).await.unwrap(),
                        Some(fault) => return self.strike(fault, &said[..length]).await,
                    }
                }
                read = self.server.read(&mut answered) => {
                    let Ok(length @ 1..) = read else { return };
                    self.worker.write_all(&answered[..length]).await.unwrap();
                }
            }
        }
    }

    async fn strike(self, fault: Fault, said: &[u8]) {
        let Self { worker, mut server, late, delivered, .. } = self;
        let mut answer = vec![0; 1 << 16];
        match fault {
            Fault::Unheard | Fault::UnheardCommit => {}
            Fault::StuckCommit => drop(server.read_to_end(&mut answer).await.map(|_| worker)),
            Fault::Unanswered | Fault::UnansweredCommit => {
                server.write_all(said).await.unwrap();
                assert!(server.read(&mut answer).await.unwrap() > 0);
            }
            Fault::Late => {
                drop(worker);
                late.notified().await;
                server.write_all(said).await.unwrap();
                assert!(server.read(&mut answer).await.unwrap() > 0);
                delivered.notify_one();
            }
        }
    }
}
