//! Processor noise while a failing test runs again: other schedules than those of an idle machine.
//!
//! After Silva, Teixeira, d'Amorim, *Shake It! Detecting Flaky Tests Caused by Concurrency with Shaker* (ICSME 2020): under
//! load, tests with races show their other outcome in far fewer reruns. The input is the same; only the timing differs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Starts of a step before noise is made on every second one: what passes by itself needs none.
const QUIET_STARTS: u32 = 5;

/// Threads that keep every processor busy until dropped.
#[derive(Debug)]
pub(super) struct Noise(Arc<AtomicBool>);

impl Noise {
    /// Noise for the `attempt`th start of a step, if it is one of those with noise.
    pub(super) fn for_attempt(attempt: u32) -> Option<Self> {
        (attempt > QUIET_STARTS && attempt.is_multiple_of(2)).then(Self::start)
    }

    fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        // One more than there are processors, so that the command never has one for itself.
        for _ in 0..=thread::available_parallelism().map_or(1, usize::from) {
            let over = Arc::clone(&over);
            // Without one of them there is less noise, and nothing else is lost.
            let _ = thread::Builder::new().spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(over)
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_starts_are_quiet_and_then_every_second_one() {
        let noisy: Vec<u32> = (1..=10).filter(|attempt| Noise::for_attempt(*attempt).is_some()).collect();
        assert_eq!(noisy, [6, 8, 10]);
    }
}
