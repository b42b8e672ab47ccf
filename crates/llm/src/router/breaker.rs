//! A circuit breaker (Nygard, *Release It!*): after failures in a row nothing is sent for a while, then one call to try.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Times are those of one monotonic clock.
#[derive(Debug)]
pub(super) struct Breaker {
    failures_to_open: u32,
    cooldown: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    circuit: Circuit,
    /// Counts changes of the circuit: a call that was let through before the last one says nothing about now.
    generation: u64,
}

#[derive(Debug, Clone, Copy)]
enum Circuit {
    Closed {
        failures: u32,
    },
    Open {
        until: Duration,
    },
    /// One call is under way to try.
    HalfOpen,
}

impl Breaker {
    pub(super) fn new(failures_to_open: u32, cooldown: Duration) -> Self {
        let state = State { circuit: Circuit::Closed { failures: 0 }, generation: 0 };
        Self { failures_to_open, cooldown, state: Mutex::new(state) }
    }

    /// Whether a call would be let through.
    pub(super) fn is_passable(&self, now: Duration) -> bool {
        match self.state().circuit {
            Circuit::Closed { .. } => true,
            Circuit::Open { until } => until <= now,
            Circuit::HalfOpen => false,
        }
    }

    /// Lets a call through, unless it is open or another call is trying.
    pub(super) fn admit(&self, now: Duration) -> Option<Admitted<'_>> {
        let mut state = self.state();
        match state.circuit {
            Circuit::Closed { .. } => {}
            Circuit::Open { until } if until <= now => state.become_(Circuit::HalfOpen),
            Circuit::Open { .. } | Circuit::HalfOpen => return None,
        }
        Some(Admitted { breaker: self, generation: state.generation, noted: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn become_(&mut self, circuit: Circuit) {
        self.circuit = circuit;
        self.generation += 1;
    }
}

/// A call that was let through. Given up without a word it says nothing, and another may try.
pub(super) struct Admitted<'a> {
    breaker: &'a Breaker,
    generation: u64,
    noted: bool,
}

impl Admitted<'_> {
    /// The other side is there.
    pub(super) fn found_up(mut self) {
        self.note(|_, state| match state.circuit {
            Circuit::Closed { .. } => state.circuit = Circuit::Closed { failures: 0 },
            _ => state.become_(Circuit::Closed { failures: 0 }),
        });
    }

    /// It isn't, or not for us.
    pub(super) fn found_down(mut self, now: Duration) {
        self.note(|breaker, state| {
            let until = now.saturating_add(breaker.cooldown);
            match state.circuit {
                Circuit::Closed { failures } if failures + 1 < breaker.failures_to_open => {
                    state.circuit = Circuit::Closed { failures: failures + 1 };
                }
                _ => state.become_(Circuit::Open { until }),
            }
        });
    }

    fn note(&mut self, change: impl FnOnce(&Breaker, &mut State)) {
        let mut state = self.breaker.state();
        if !std::mem::replace(&mut self.noted, true) && state.generation == self.generation {
            change(self.breaker, &mut state);
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.note(|_, state| {
            if matches!(state.circuit, Circuit::HalfOpen) {
                state.become_(Circuit::Open { until: Duration::ZERO });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn opened() -> Breaker {
        let breaker = Breaker::new(2, COOLDOWN);
        for _ in 0..2 {
            breaker.admit(at(0)).unwrap().found_down(at(0));
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_exactly_one_try_after_the_while() {
        let breaker = opened();
        assert!(breaker.admit(at(29)).is_none());
        let trial = breaker.admit(at(30)).unwrap();
        assert!(breaker.admit(at(30)).is_none(), "one at a time");
        trial.found_down(at(31));
        assert!(breaker.admit(at(60)).is_none(), "open again, from then on");
        breaker.admit(at(61)).unwrap().found_up();
        assert!(breaker.is_passable(at(61)));
    }

    #[test]
    fn failures_that_are_not_in_a_row_do_not_open_it() {
        let breaker = Breaker::new(2, COOLDOWN);
        for _ in 0..5 {
            breaker.admit(at(0)).unwrap().found_down(at(0));
            breaker.admit(at(0)).unwrap().found_up();
        }
        assert!(breaker.is_passable(at(0)));
    }

    #[test]
    fn a_trial_that_is_given_up_lets_another_try() {
        let breaker = opened();
        drop(breaker.admit(at(30)).unwrap());
        assert!(breaker.admit(at(30)).is_some());
    }

    #[test]
    fn a_call_from_before_it_opened_does_not_close_it() {
        let breaker = Breaker::new(1, COOLDOWN);
        let (early, failing) = (breaker.admit(at(0)).unwrap(), breaker.admit(at(0)).unwrap());
        failing.found_down(at(1));
        early.found_up();
        assert!(!breaker.is_passable(at(2)));
    }
}
