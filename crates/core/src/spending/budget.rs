//! What may be spent in one day, over all incidents.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::allotment::{Allotments, busy, used_up};
use super::pool::Pool;
use super::{Amount, Day};
use crate::error::{ErrorKind, Result, Retry};
use crate::ports::Ledger;
use crate::time::Timestamp;

/// Times that a part is taken for one call while other calls use it up.
const PARTS_PER_CALL: u32 = 16;

/// What one day (UTC) allows, shared by all incidents of this process, or by all processes that share a ledger.
///
/// Together they never take more than the ceiling: each takes a part of it by one append at the expected place of the day's stream,
/// hands out of that, and takes another when it is used up. A process that dies takes what it holds with it, for that day.
pub struct Budget {
    per_day: Amount,
    pool: Mutex<Pool>,
    shared: Option<Shared>,
}

struct Shared {
    allotments: Allotments,
    /// Held by whoever talks to the ledger, so that many calls that lack something take one part together.
    turn: tokio::sync::Mutex<()>,
}

impl Budget {
    /// A budget that is counted in this process alone.
    #[must_use]
    pub fn of_this_process(per_day: Amount) -> Self {
        let mut pool = Pool::default();
        // The first day of all is the pool's own.
        pool.put(Day::default(), per_day);
        Self { per_day, pool: Mutex::new(pool), shared: None }
    }

    /// A budget that is counted in `ledger`, together with all that share it.
    #[must_use]
    pub fn shared(per_day: Amount, ledger: Arc<dyn Ledger>) -> Self {
        let shared = Shared { allotments: Allotments::new(ledger), turn: tokio::sync::Mutex::default() };
        Self { per_day, pool: Mutex::default(), shared: Some(shared) }
    }

    /// Takes `amount` of the day of `now`, and tells which day that is. Nothing is taken if this is given up halfway.
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`] if it doesn't fit any more; [`ErrorKind::Unavailable`] if the ledger doesn't tell. Nothing is taken
    /// then.
    pub async fn take(&self, now: Timestamp, amount: Amount) -> Result<Day> {
        let lacking = match self.hand_out(now, amount) {
            Ok(day) => return Ok(day),
            Err(lacking) => lacking,
        };
        let Some(shared) = &self.shared else { return Err(used_up(lacking)) };
        let _turn = shared.turn.lock().await;
        for _ in 0..PARTS_PER_CALL {
            if let Ok(day) = self.hand_out(now, amount) {
                return Ok(day);
            }
            let (day, lacks) = {
                let pool = self.pool();
                (pool.day(), pool.lacks(amount))
            };
            let part = shared.allotments.take(day, lacks, self.per_day, now).await?;
            self.pool().put(day, part);
        }
        self.hand_out(now, amount).map_err(|_| busy())
    }

    /// Gives back what was taken of `day` and not used.
    pub fn give_back(&self, day: Day, amount: Amount) {
        self.pool().put(day, amount);
    }

    /// Counts what was used of `day` beyond what had been taken.
    pub fn overrun(&self, day: Day, amount: Amount) {
        self.pool().owe(day, amount);
    }

    /// Gives back to the other processes what this one holds and doesn't use: for when nothing is under way, and before it ends.
    ///
    /// # Errors
    /// If the ledger can't be reached. Then it stays held, unless nobody can tell whether it was given back: then nobody has it.
    pub async fn settle(&self, now: Timestamp) -> Result<()> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let _turn = shared.turn.lock().await;
        let (day, unused, owed) = {
            let mut pool = self.pool();
            (pool.day(), pool.empty(), pool.owed())
        };
        if Day::of(now) > day || (unused, owed) == (Amount::NONE, Amount::NONE) {
            return Ok(());
        }
        match shared.allotments.settle(day, unused, owed, now).await {
            Ok(()) => {
                self.pool().put(day, owed);
                Ok(())
            }
            Err(error) => {
                if error.retry() != Retry::UnknownOutcome {
                    self.pool().put(day, unused);
                }
                Err(error)
            }
        }
    }

    /// The day it was handed out of, or what is lacking.
    fn hand_out(&self, now: Timestamp, amount: Amount) -> Result<Day, &'static str> {
        let mut pool = self.pool();
        let fresh = if self.shared.is_some() { Amount::NONE } else { self.per_day };
        pool.enter(Day::of(now), fresh);
        pool.take(amount).map(|()| pool.day())
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `error` is a ceiling's, or comes from counting what is spent: no other provider would be let through either.
#[must_use]
pub fn is_ceiling(error: &crate::error::Error) -> bool {
    error.operation() == super::OPERATION && [ErrorKind::LimitReached, ErrorKind::Unavailable].contains(&error.kind())
}
