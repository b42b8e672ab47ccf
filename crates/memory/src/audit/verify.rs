//! Verification of a stored log on all cores.

use std::num::NonZero;
use std::ops::Range;
use std::thread;

use selfheal_core::audit::{self, Defects, Segment, Verified};
use selfheal_core::error::{Error, ErrorKind};

use super::keys::PublicKey;
use super::rows::AuditRows;

/// Fewer rows than this are not worth another thread.
const ROWS_PER_THREAD: u64 = 4096;

/// Most threads.
const MAX_THREADS: u64 = 16;

/// A log that doesn't verify.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unverified {
    /// Something in it was changed.
    #[error(transparent)]
    Defects(#[from] Defects),
    /// It is not the log of the key that it should be.
    #[error("the log is that of key {found}, expected {expected}")]
    WrongKey {
        /// The key asked for.
        expected: String,
        /// The key that lies in the store.
        found: String,
    },
    /// It can't be read.
    #[error(transparent)]
    Unreadable(#[from] Error),
}

/// Verifies the log in `rows` against its own key, which must be `expected` if one is given, and against the signed
/// checkpoints that a witness holds, oldest first.
///
/// With neither an expected key nor witnessed checkpoints a log that was replaced as a whole, key included, verifies.
///
/// # Errors
/// [`Unverified`] says what is wrong, or why that couldn't be found out.
pub fn verify(
    rows: &(impl AuditRows + ?Sized),
    expected: Option<&PublicKey>,
    witnessed: &[String],
) -> Result<Verified, Unverified> {
    let found = rows.public_key()?;
    let key: PublicKey = found.parse()?;
    if let Some(expected) = expected.filter(|expected| **expected != key) {
        return Err(Unverified::WrongKey { expected: expected.to_string(), found });
    }
    let stored = rows.stored()?;
    let cores = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let ranges = ranges(stored.rows, cores.min(MAX_THREADS));
    Ok(audit::verify(segments(rows, ranges)?, &stored, &key, witnessed)?)
}

fn ranges(rows: u64, threads: u64) -> Vec<Range<u64>> {
    let threads = rows.div_ceil(ROWS_PER_THREAD).clamp(1, threads);
    let length = rows.div_ceil(threads);
    (0..threads).map(|number| number * length..((number + 1) * length).min(rows)).collect()
}

fn segments(rows: &(impl AuditRows + ?Sized), ranges: Vec<Range<u64>>) -> Result<Vec<Segment>, Error> {
    if let [range] = &ranges[..] {
        return Ok(vec![segment(rows, range.clone())?]);
    }
    thread::scope(|scope| {
        let threads: Vec<_> = ranges.into_iter().map(|range| scope.spawn(|| segment(rows, range))).collect();
        let defect = |_| Error::new(ErrorKind::Internal, "audit.verify", "a reader of the log panicked");
        threads.into_iter().map(|thread| thread.join().map_err(defect)?).collect()
    })
}

fn segment(rows: &(impl AuditRows + ?Sized), places: Range<u64>) -> Result<Segment, Error> {
    let mut segment = Segment::starting_at(places.start);
    rows.read(places, &mut |row| segment.add(row))?;
    Ok(segment)
}
