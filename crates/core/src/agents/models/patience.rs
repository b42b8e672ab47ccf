//! Waits for what others answer, but not for ever.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use crate::error::{Error, ErrorKind, Result, Retry};
use crate::ports::Clock;

/// The answer, or an error if it isn't there within `deadline`, or whoever is asked panics.
pub(super) async fn within<T>(
    clock: &dyn Clock,
    deadline: Duration,
    operation: &'static str,
    answer: impl Future<Output = Result<T>>,
) -> Result<T> {
    // Lazy: an answer that is there at once costs no timer.
    let silence = async { clock.sleep_until(clock.now().after(deadline)).await };
    let answer = AssertUnwindSafe(answer).catch_unwind();
    futures_util::pin_mut!(answer);
    tokio::select! {
        biased;
        answered = &mut answer => answered.unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, operation, "it panicked"))),
        () = silence => Err(silent(operation, deadline)),
    }
}

fn silent(operation: &'static str, deadline: Duration) -> Error {
    let message = format!("no answer within {} ms", deadline.as_millis());
    Error::new(ErrorKind::Unavailable, operation, message).with_retry(Retry::Retryable)
}
