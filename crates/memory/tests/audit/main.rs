//! Keys, witness and export: what they keep, and what they refuse.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod exporting;
mod keys;
mod witnessing;

use selfheal_core::audit::Field;
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{InMemoryLog, SigningKey};

fn key() -> SigningKey {
    SigningKey::from_seed("example.org/log", &[1; 32]).unwrap()
}

/// A log of `leaves` leaves, each signed.
fn log(leaves: u64) -> InMemoryLog {
    let mut log = InMemoryLog::new(key().public());
    for number in 0..leaves {
        log.append(vec![Field::new("event", "opened"), Field::new("detail", format!("\"é\\{number}\n\u{1}"))]).unwrap();
        log.checkpoint(Timestamp::from_millis(number), &key()).unwrap();
    }
    log
}
