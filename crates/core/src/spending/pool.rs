//! What one process holds of a day.

use super::{Amount, Day};

/// A part of one day's ceiling, to be handed out. Of each of its amounts, either some is held or some is owed.
#[derive(Debug, Default)]
pub(super) struct Pool {
    day: Day,
    held: Amount,
    /// What calls took beyond what was taken for them: providers count as they like.
    owed: Amount,
}

impl Pool {
    /// Goes on to `day`, with `fresh` of it; what is held of an earlier day is of no use any more. A clock that steps back opens no
    /// day for a second time: what it still lets through counts to the latest.
    pub(super) fn enter(&mut self, day: Day, fresh: Amount) {
        if day > self.day {
            *self = Self { day, held: fresh, owed: Amount::NONE };
        }
    }

    pub(super) fn day(&self) -> Day {
        self.day
    }

    pub(super) fn owed(&self) -> Amount {
        self.owed
    }

    /// Hands `amount` out, if it is there.
    ///
    /// # Errors
    /// What it lacks most plainly: calls, tokens or money.
    pub(super) fn take(&mut self, amount: Amount) -> Result<(), &'static str> {
        match amount.and(self.owed).beyond(self.held) {
            Some(what) => Err(what),
            None => {
                self.held = self.held.without(amount);
                Ok(())
            }
        }
    }

    /// What is missing for `amount` to be handed out.
    pub(super) fn lacks(&self, amount: Amount) -> Amount {
        amount.and(self.owed).without(self.held)
    }

    /// Adds a part of `day`; nothing if that is over.
    pub(super) fn put(&mut self, day: Day, amount: Amount) {
        if day == self.day {
            let (owed, held) = (self.owed.without(amount), amount.without(self.owed));
            self.owed = owed;
            self.held = self.held.and(held);
        }
    }

    /// Notes that `amount` was used of `day` without having been taken.
    pub(super) fn owe(&mut self, day: Day, amount: Amount) {
        if day == self.day {
            let unpaid = amount.without(self.held);
            self.held = self.held.without(amount);
            self.owed = self.owed.and(unpaid);
        }
    }

    /// Empties it, for giving back.
    pub(super) fn empty(&mut self) -> Amount {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn day(number: u64) -> Day {
        Day::of(Timestamp::from_millis(number * 24 * 60 * 60 * 1000))
    }

    fn calls(calls: u64) -> Amount {
        Amount { calls, ..Amount::NONE }
    }

    #[test]
    fn what_is_owed_is_paid_before_anything_is_handed_out() {
        let mut pool = Pool::default();
        pool.enter(day(1), calls(2));
        pool.owe(day(1), calls(5));
        assert_eq!((pool.take(calls(1)), pool.lacks(calls(1))), (Err("calls"), calls(4)));
        pool.put(day(1), calls(4));
        assert_eq!((pool.take(calls(1)), pool.held), (Ok(()), Amount::NONE));
    }

    #[test]
    fn a_day_that_is_over_gives_nothing_to_the_next_and_never_comes_back() {
        let mut pool = Pool::default();
        pool.enter(day(2), calls(2));
        assert_eq!(pool.take(calls(2)), Ok(()));
        pool.enter(day(1), calls(9));
        pool.put(day(1), calls(9));
        assert_eq!((pool.day(), pool.take(calls(1))), (day(2), Err("calls")));
        pool.enter(day(3), calls(1));
        pool.put(day(2), calls(2));
        assert_eq!(pool.held, calls(1));
    }
}
