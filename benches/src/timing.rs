//! Fair timing: the variants take turns sample by sample, so that a slow moment of the machine hits all of them.

use std::time::{Duration, Instant};

use crate::Failed;

/// One variant's sample: sets up outside the measured time and returns what its measured part took.
pub type Sample<'a> = Box<dyn FnMut() -> Result<Duration, Failed> + 'a>;

/// The samples of one variant.
#[derive(Debug, Clone)]
pub struct Spread(Vec<Duration>);

impl Spread {
    /// Of these samples.
    #[must_use]
    pub fn of(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// The middle sample; zero if there is none.
    #[must_use]
    pub fn median(&self) -> Duration {
        self.at(0.5)
    }

    /// The sample below which `share` (0 to 1) of all lie.
    #[must_use]
    pub fn at(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1) as f64;
        self.0.get((last * share.clamp(0.0, 1.0)).round() as usize).copied().unwrap_or_default()
    }
}

/// `rounds` samples of each variant, taken in turns, after a tenth as many that don't count.
///
/// # Errors
/// The first failure of a sample.
pub fn interleaved(rounds: usize, variants: &mut [Sample<'_>]) -> Result<Vec<Spread>, Failed> {
    let mut spreads = vec![Spread(Vec::with_capacity(rounds)); variants.len()];
    for round in 0..rounds + rounds / 10 {
        for (variant, spread) in variants.iter_mut().zip(&mut spreads) {
            let took = variant()?;
            if round >= rounds / 10 {
                spread.0.push(took);
            }
        }
    }
    spreads.iter_mut().for_each(|spread| spread.0.sort_unstable());
    Ok(spreads)
}

/// What `work` took, and what it returned.
#[allow(clippy::disallowed_methods, reason = "a bench measures wall time")]
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let done = work();
    (started.elapsed(), done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_take_turns_and_warm_up_samples_do_not_count() {
        let order = std::cell::RefCell::new(Vec::new());
        let sample = |name: char, micros: u64| -> Sample<'_> {
            let order = &order;
            Box::new(move || {
                order.borrow_mut().push(name);
                Ok(Duration::from_micros(micros))
            })
        };
        let spreads = interleaved(10, &mut [sample('a', 1), sample('b', 2)]).unwrap();
        assert_eq!(order.borrow().iter().collect::<String>(), "ab".repeat(11));
        assert_eq!(spreads[1].0.len(), 10);
        assert_eq!(spreads[1].median(), Duration::from_micros(2));
    }
}
