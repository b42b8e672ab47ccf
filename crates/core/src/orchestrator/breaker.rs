//! A circuit breaker per port (Nygard, *Release It!*): after failures in a row calls are refused for a while,
//! then one is let through.

use std::future::Future;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::error::{Error, ErrorKind, Result, Retry};
use crate::limits::Limits;
use crate::time::Timestamp;

/// The ports that have a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarded {
    Memory,
    Runbooks,
    Candidates,
    Executor,
    Probe,
    Approver,
}

#[derive(Debug, Default)]
pub(super) struct Breakers([Breaker; 6]);

#[derive(Debug, Default)]
struct Breaker(Mutex<Circuit>);

#[derive(Debug, Default, Clone, Copy)]
struct Circuit {
    failures: u32,
    open_until: Option<Timestamp>,
}

impl Breakers {
    /// Makes the call unless the port's breaker is open.
    ///
    /// Only errors that say the port is out of reach count; a refusal (invalid, conflict, denied) is an answer.
    /// `now` is read only where the breaker is open or opens.
    pub(super) async fn guard<T>(
        &self,
        port: Guarded,
        now: impl Fn() -> Timestamp,
        limits: &Limits,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let breaker = &self.0[port as usize];
        breaker.admit(port, &now, limits)?;
        let answer = call.await;
        breaker.note(&answer, &now, limits);
        answer
    }
}

impl Breaker {
    fn admit(&self, port: Guarded, now: &impl Fn() -> Timestamp, limits: &Limits) -> Result<()> {
        let mut circuit = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match circuit.open_until {
            Some(until) if now() < until => {
                let message = format!(
                    "{port:?} failed {} times in a row; not called before its cool-down ends",
                    circuit.failures
                );
                Err(Error::new(ErrorKind::Unavailable, "breaker", message))
            }
            Some(_) => {
                // Half open: this one call is let through, others keep waiting for its answer.
                circuit.open_until = Some(now().after(limits.breaker_cooldown));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn note<T>(&self, answer: &Result<T>, now: &impl Fn() -> Timestamp, limits: &Limits) {
        let mut circuit = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let out_of_reach = matches!(answer, Err(error)
            if error.kind() == ErrorKind::Unavailable || error.retry() == Retry::Retryable);
        if !out_of_reach {
            *circuit = Circuit::default();
            return;
        }
        circuit.failures = circuit.failures.saturating_add(1);
        if circuit.failures >= limits.breaker_failures {
            circuit.open_until = Some(now().after(limits.breaker_cooldown));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn call(breakers: &Breakers, at: u64, answer: Result<()>) -> Result<()> {
        let limits = Limits { breaker_failures: 2, breaker_cooldown: Duration::from_millis(100), ..Limits::default() };
        breakers.guard(Guarded::Memory, || Timestamp::from_millis(at), &limits, async { answer }).await
    }

    fn down() -> Result<()> {
        Err(Error::new(ErrorKind::Unavailable, "memory.recall", "down").with_retry(Retry::Retryable))
    }

    fn operation(result: Result<()>) -> Option<&'static str> {
        result.err().map(|error| error.operation())
    }

    #[tokio::test]
    async fn opens_after_failures_in_a_row_and_lets_one_call_through_after_the_cool_down() {
        let breakers = Breakers::default();
        for at in [0, 1] {
            assert_eq!(operation(call(&breakers, at, down()).await), Some("memory.recall"));
        }
        assert_eq!(operation(call(&breakers, 50, Ok(())).await), Some("breaker"), "open: not even called");
        assert_eq!(operation(call(&breakers, 102, down()).await), Some("memory.recall"), "half open: called");
        assert_eq!(operation(call(&breakers, 103, Ok(())).await), Some("breaker"), "its failure opened it again");
        assert!(call(&breakers, 203, Ok(())).await.is_ok());
        assert!(call(&breakers, 204, Ok(())).await.is_ok(), "closed after a success");
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer_and_does_not_open_it() {
        let breakers = Breakers::default();
        for at in 0..5 {
            let refusal = Err(Error::new(ErrorKind::Invalid, "memory.recall", "no"));
            assert_eq!(operation(call(&breakers, at, refusal).await), Some("memory.recall"));
        }
    }
}
