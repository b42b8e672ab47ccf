//! How much a server may write.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// Bytes that a server may still write before our next request.
#[derive(Debug)]
pub(super) struct Allowance {
    most: u64,
    left: AtomicU64,
}

impl Allowance {
    pub(super) fn of(most: u64) -> Arc<Self> {
        Arc::new(Self { most, left: AtomicU64::new(most) })
    }

    /// A new request: it may answer at length again.
    pub(super) fn renew(&self) {
        self.left.store(self.most, Ordering::Relaxed);
    }

    fn spend(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        // Renewing may come between; then a server may write a little more.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(bytes)));
    }

    fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}

/// A server's output, which ends when its allowance is used up: without that a line that never ends, or messages that nobody asked
/// for, keep the host busy for ever.
pub(super) struct Metered<R> {
    pub(super) output: R,
    pub(super) allowance: Arc<Allowance>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Metered<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.allowance.is_spent() {
            return Poll::Ready(Err(io::Error::other("the server wrote more than it may")));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.output).poll_read(cx, buf))?;
        self.allowance.spend(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}
