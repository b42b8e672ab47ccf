//! One provider, and what is asked of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use selfheal_core::engine::backoff;
use selfheal_core::error::{Error, Result};
use selfheal_core::ports::{Entropy, LlmProvider, LlmRequest, LlmResponse};
use selfheal_core::spending::{Meter, is_ceiling};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::breaker::{Admitted, Breaker};
use super::limits::BackendLimits;
use super::pace::Pace;
use super::reaction::{Reaction, is_down};
use super::time::Time;
use crate::failure::{Failure, FailureClass};

/// The longest time that a server is left alone because it asked for that.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

pub(super) struct Backend {
    pub(super) name: Arc<str>,
    pub(super) limits: BackendLimits,
    provider: Arc<dyn LlmProvider>,
    breaker: Breaker,
    pace: Option<Pace>,
    slots: Semaphore,
    /// Until when the server asked to be left alone, in milliseconds of the clock.
    paused_until_ms: AtomicU64,
}

/// How long a backend may take, and how long one waits for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) until: Duration,
    pub(super) others_follow: bool,
}

/// Why a backend gave no answer.
pub(super) struct Unanswered {
    pub(super) calls: u32,
    /// What the last call said.
    pub(super) error: Option<Error>,
    /// Why there was no other.
    pub(super) not_called: Option<NotCalled>,
}

/// Why a backend isn't called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotCalled {
    Broken,
    Paused { wait: Duration },
    Paced { wait: Duration },
    Full,
    TooLate,
}

impl fmt::Display for NotCalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("it failed too often lately"),
            Self::Paused { wait } => write!(f, "it wants to be left alone for {} ms", wait.as_millis()),
            Self::Paced { wait } => write!(f, "its calls per minute are used up for {} ms", wait.as_millis()),
            Self::Full => f.write_str("too many calls to it are under way"),
            Self::TooLate => f.write_str("there is no time left"),
        }
    }
}

/// A place among the calls that may be under way.
struct Pass<'a> {
    admitted: Admitted<'a>,
    _slot: SemaphorePermit<'a>,
}

impl Backend {
    pub(super) fn new(name: Arc<str>, provider: Arc<dyn LlmProvider>, limits: BackendLimits) -> Self {
        Self {
            name,
            provider,
            breaker: Breaker::new(limits.breaker_failures, limits.breaker_cooldown),
            pace: limits.calls_per_minute.map(Pace::new),
            slots: Semaphore::new(limits.concurrent),
            paused_until_ms: AtomicU64::new(0),
            limits,
        }
    }

    /// Whether it makes sense to ask it soon.
    pub(super) fn is_hopeful(&self, now: Duration) -> bool {
        self.breaker.is_passable(now) && self.paused_until() <= now.saturating_add(self.limits.longest_wait)
    }

    /// Whether it is known to read no more than one that reads so many tokens.
    pub(super) fn is_no_larger_than(&self, context_tokens: Option<u32>) -> bool {
        matches!((self.limits.context_tokens, context_tokens), (Some(own), Some(other)) if own <= other)
    }

    /// Asks, and asks again what may pass, as long as `share` allows.
    pub(super) async fn ask(
        &self,
        request: &LlmRequest,
        meter: &Meter,
        share: Share,
        time: &Time,
        entropy: &dyn Entropy,
    ) -> Result<LlmResponse, Unanswered> {
        let mut error = None;
        for calls in 0..self.limits.attempts {
            if calls > 0
                && let Err(not_called) = self.pause(calls, error.as_ref(), share, time, entropy).await
            {
                return Err(Unanswered { calls, error, not_called: Some(not_called) });
            }
            let pass = match self.enter(share, time).await {
                Ok(pass) => pass,
                Err(not_called) => return Err(Unanswered { calls, error, not_called: Some(not_called) }),
            };
            let failed = match self.call(request, meter, share.until, time).await {
                Ok(answer) => {
                    pass.admitted.found_up();
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            self.note(pass, &failed, time);
            if Reaction::to(&failed) != Reaction::Again {
                return Err(Unanswered { calls: calls + 1, error: Some(failed), not_called: None });
            }
            error = Some(failed);
        }
        Err(Unanswered { calls: self.limits.attempts, error, not_called: None })
    }

    async fn call(&self, request: &LlmRequest, meter: &Meter, until: Duration, time: &Time) -> Result<LlmResponse> {
        let deadline = until.saturating_sub(time.now());
        let request = LlmRequest { deadline, ..request.clone() };
        let answer = time.within(until, self.provider.complete(&request, meter)).await;
        answer.unwrap_or_else(|| {
            let message = format!("no answer within {} ms", deadline.as_millis());
            Err(Failure::from(FailureClass::Timeout).error(message))
        })
    }

    /// Waits for a place. The breaker is asked last, so that the one call that tries is made at once.
    async fn enter(&self, share: Share, time: &Time) -> Result<Pass<'_>, NotCalled> {
        let now = time.now();
        if now >= share.until {
            return Err(NotCalled::TooLate);
        }
        if !self.breaker.is_passable(now) {
            return Err(NotCalled::Broken);
        }
        let latest = self.latest(share, now);
        let due = self.paused_until().max(now);
        if due > latest {
            return Err(NotCalled::Paused { wait: due - now });
        }
        if let Some(pace) = &self.pace {
            let begin = pace.reserve(due, latest).map_err(|begin| NotCalled::Paced { wait: begin - now })?;
            time.wait_until(begin).await;
        } else {
            time.wait_until(due).await;
        }
        let slot = time.within(latest, self.slots.acquire()).await.and_then(Result::ok).ok_or(NotCalled::Full)?;
        let admitted = self.breaker.admit(time.now()).ok_or(NotCalled::Broken)?;
        Ok(Pass { admitted, _slot: slot })
    }

    /// Waits before another call, as long as the server asked for but at least a little.
    async fn pause(
        &self,
        calls: u32,
        error: Option<&Error>,
        share: Share,
        time: &Time,
        entropy: &dyn Entropy,
    ) -> Result<(), NotCalled> {
        let own = backoff(self.limits.first_wait, calls, self.limits.longest_wait, entropy.next_u64());
        let asked = error.and_then(Failure::of).and_then(|failure| failure.retry_after).unwrap_or_default();
        let (now, wait) = (time.now(), own.max(asked));
        let begin = now.saturating_add(wait);
        if begin > self.latest(share, now) || begin >= share.until {
            return Err(if asked > own { NotCalled::Paused { wait } } else { NotCalled::TooLate });
        }
        time.wait_until(begin).await;
        Ok(())
    }

    /// Until when one waits for a place: while others could be asked, not long.
    fn latest(&self, share: Share, now: Duration) -> Duration {
        match share.others_follow {
            true => share.until.min(now.saturating_add(self.limits.longest_wait)),
            false => share.until,
        }
    }

    fn note(&self, pass: Pass<'_>, error: &Error, time: &Time) {
        let now = time.now();
        if let Some(wait) = Failure::of(error).and_then(|failure| failure.retry_after) {
            let until = now.saturating_add(wait.min(LONGEST_PAUSE));
            self.paused_until_ms.fetch_max(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        match () {
            // It was not called.
            () if is_ceiling(error) => drop(pass),
            () if is_down(error) => pass.admitted.found_down(now),
            () => pass.admitted.found_up(),
        }
    }

    fn paused_until(&self) -> Duration {
        Duration::from_millis(self.paused_until_ms.load(Ordering::Relaxed))
    }
}
