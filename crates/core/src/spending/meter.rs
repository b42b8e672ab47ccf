//! The meter of one request: what lets calls through, and remembers them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Amount, Budget, Day, Price};
use crate::error::{Error, ErrorKind, Result};
use crate::ports::{Clock, TokenUsage};

/// Most bytes of a reason that are remembered.
const MAX_WHY_BYTES: usize = 512;

/// A call that is about to leave the process, with the most that it could take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall<'a> {
    /// Which provider, as the host named it.
    pub provider: &'a str,
    /// Which model.
    pub model: &'a str,
    /// At most how many tokens it reads; bytes of the prompt are a bound.
    pub input_tokens: u64,
    /// At most how many it writes.
    pub output_tokens: u64,
    /// What they cost.
    pub price: Price,
}

impl PlannedCall<'_> {
    fn most(&self) -> Amount {
        let tokens = self.input_tokens.saturating_add(self.output_tokens);
        Amount { calls: 1, tokens, micro_usd: self.price.of(self.input_tokens, self.output_tokens) }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// The model answered.
    Answered {
        /// What it took.
        usage: TokenUsage,
    },
    /// It failed; what it took is unknown, and the most that it could counts.
    Failed {
        /// Why, in a few words.
        why: String,
    },
    /// It was refused before a model read anything: wrong key, no such model, rate limit, no connection. Only the call counts.
    Refused {
        /// Why, in a few words.
        why: String,
    },
    /// No call was made: the same question was answered before.
    Cached,
}

impl CallEnd {
    /// `answered`, `failed`, `refused` or `cached`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::Failed { .. } => "failed",
            Self::Refused { .. } => "refused",
            Self::Cached => "cached",
        }
    }

    fn bounded(mut self) -> Self {
        if let Self::Failed { why } | Self::Refused { why } = &mut self {
            why.truncate(why.floor_char_boundary(MAX_WHY_BYTES));
        }
        self
    }
}

/// A call that was made, or spared by a cache, as the incident's record shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which provider.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// How it ended.
    pub end: CallEnd,
    /// What is counted of it.
    pub spent: Amount,
    /// How long it took.
    pub took_ms: u64,
}

/// Lets the calls of one incident through as long as its ceiling and the day's allow, and remembers them.
pub struct Meter {
    left: Arc<Mutex<Amount>>,
    made: Mutex<Vec<CallRecord>>,
    budget: Arc<Budget>,
    clock: Arc<dyn Clock>,
}

impl Meter {
    /// A meter for what is `left` of an incident's ceiling.
    #[must_use]
    pub fn new(left: Amount, budget: Arc<Budget>, clock: Arc<dyn Clock>) -> Self {
        Self { left: Arc::new(Mutex::new(left)), made: Mutex::default(), budget, clock }
    }

    /// A meter for what is left of the same ceiling, that remembers the calls of another question asked meanwhile.
    #[must_use]
    pub fn beside(&self) -> Self {
        let (left, budget, clock) = (Arc::clone(&self.left), Arc::clone(&self.budget), Arc::clone(&self.clock));
        Self { left, made: Mutex::default(), budget, clock }
    }

    /// Takes what the call could take at most.
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`] if that doesn't fit into what is left: the call must not be made.
    pub async fn begin(&self, planned: &PlannedCall<'_>) -> Result<Call<'_>> {
        let taken = self.take(planned.most())?;
        let day = self.budget.take(self.clock.now(), taken.amount).await?;
        Ok(Call {
            meter: self,
            most: taken.kept(),
            price: planned.price,
            provider: planned.provider.to_owned(),
            model: planned.model.to_owned(),
            day,
            started: self.clock.elapsed(),
            ended: false,
        })
    }

    /// Remembers that a cache spared a call.
    pub fn note_cached(&self, provider: &str, model: &str) {
        lock(&self.made).push(CallRecord {
            provider: provider.to_owned(),
            model: model.to_owned(),
            end: CallEnd::Cached,
            spent: Amount::NONE,
            took_ms: 0,
        });
    }

    /// The calls that were made since this was asked last, in the order in which they ended.
    #[must_use]
    pub fn drain(&self) -> Vec<CallRecord> {
        std::mem::take(&mut *lock(&self.made))
    }

    /// What is left of the incident's ceiling.
    #[must_use]
    pub fn left(&self) -> Amount {
        *lock(&self.left)
    }

    fn take(&self, amount: Amount) -> Result<Taken<'_>> {
        let mut left = lock(&self.left);
        if let Some(what) = amount.beyond(*left) {
            let message = format!("the incident's ceiling on {what} of language models is used up");
            return Err(Error::new(ErrorKind::LimitReached, super::OPERATION, message));
        }
        *left = left.without(amount);
        Ok(Taken { meter: self, amount })
    }

    fn give_back(&self, amount: Amount) {
        let mut left = lock(&self.left);
        *left = left.and(amount);
    }
}

/// What was taken of the incident's ceiling; given back unless the day's lets the call through too.
struct Taken<'a> {
    meter: &'a Meter,
    amount: Amount,
}

impl Taken<'_> {
    fn kept(mut self) -> Amount {
        std::mem::take(&mut self.amount)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.meter.give_back(self.amount);
    }
}

/// A call that was let through. Dropped without an end, the most that it could take counts.
#[must_use = "a call that isn't ended counts as the most it could take"]
pub struct Call<'a> {
    meter: &'a Meter,
    most: Amount,
    price: Price,
    provider: String,
    model: String,
    day: Day,
    started: Duration,
    ended: bool,
}

impl Call<'_> {
    /// Tells how it ended; what it didn't take is given back.
    pub fn ended(mut self, end: CallEnd) {
        self.end(end);
    }

    fn end(&mut self, end: CallEnd) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let spent = match &end {
            CallEnd::Answered { usage } => self.used(*usage),
            CallEnd::Failed { .. } => self.most,
            CallEnd::Refused { .. } => Amount { calls: 1, ..Amount::NONE },
            CallEnd::Cached => Amount::NONE,
        };
        self.settle(spent);
        let took = self.meter.clock.elapsed().saturating_sub(self.started);
        lock(&self.meter.made).push(CallRecord {
            provider: std::mem::take(&mut self.provider),
            model: std::mem::take(&mut self.model),
            end: end.bounded(),
            spent,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
    }

    fn settle(&self, spent: Amount) {
        let (unused, beyond) = (self.most.without(spent), spent.without(self.most));
        {
            let mut left = lock(&self.meter.left);
            *left = left.and(unused).without(beyond);
        }
        self.meter.budget.give_back(self.day, unused);
        self.meter.budget.overrun(self.day, beyond);
    }

    fn used(&self, usage: TokenUsage) -> Amount {
        let (input, output) = (u64::from(usage.input), u64::from(usage.output));
        Amount { calls: 1, tokens: input + output, micro_usd: self.price.of(input, output) }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.end(CallEnd::Failed { why: "it was given up".to_owned() });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
