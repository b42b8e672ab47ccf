//! The latest notes of one kind.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::time::Timestamp;

/// Notes of one kind that are kept; of more, the latest.
pub const MOST_OF_A_KIND: usize = 8_192;

/// A note of one kind at its place.
#[derive(Debug, Clone)]
pub(super) struct Noted<T> {
    pub(super) sequence: u64,
    pub(super) at: Timestamp,
    pub(super) what: Arc<T>,
}

/// Each kind has its own, so that a flood of one pushes out none of another.
#[derive(Debug, Clone)]
pub(super) struct Ring<T> {
    noted: VecDeque<Noted<T>>,
    /// The latest time of what is not kept.
    passed: Option<Timestamp>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self { noted: VecDeque::new(), passed: None }
    }
}

impl<T> Ring<T> {
    pub(super) fn push(&mut self, noted: Noted<T>) {
        if self.noted.len() >= MOST_OF_A_KIND {
            self.passed = self.passed.max(self.noted.pop_front().map(|oldest| oldest.at));
        }
        self.noted.push_back(noted);
    }

    /// Something up to `at` was never read.
    pub(super) fn pass(&mut self, at: Timestamp) {
        self.passed = self.passed.max(Some(at));
    }

    pub(super) fn passed(&self) -> Option<Timestamp> {
        self.passed
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Noted<T>> {
        self.noted.iter()
    }

    /// Each is looked at: writers' clocks differ, so that a late one may stand before an early one; one from the future counts.
    pub(super) fn within(&self, window: Duration, now: Timestamp) -> impl DoubleEndedIterator<Item = &Noted<T>> {
        self.noted.iter().filter(move |noted| now.since(noted.at) < window)
    }
}
