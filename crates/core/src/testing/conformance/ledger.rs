//! Conformance of ledgers.

use std::sync::Arc;

use futures_util::future::join;

use super::{Suite, Verdict, Violation};
use crate::error::{ErrorKind, Result};
use crate::incident::IncidentId;
use crate::ports::{Entry, Ledger, Note, Stream, Switched};
use crate::resource::Environment;
use crate::time::Timestamp;

const SUITE: Suite = Suite("Ledger");

/// Runs the suite; `fresh` makes an empty ledger and a guard that cleans up when dropped.
///
/// Obligation 8 is for a backend's own tests: what is verified differs between them.
///
/// # Errors
/// The first [`Violation`].
pub async fn ledger<F, Fut, G>(fresh: F) -> Verdict
where
    F: Fn() -> Fut,
    Fut: Future<Output = (Arc<dyn Ledger>, G)>,
{
    each_on_its_own!(fresh:
        what_is_noted_is_read,
        it_is_read_by_the_page,
        a_wrong_place_stores_nothing,
        of_two_that_know_the_same_one_wins,
        what_is_dropped_keeps_its_place,
        only_the_beginning_of_one_stream_is_dropped,
        what_is_too_large_is_refused,
    );
    Ok(())
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

/// Text that an encoding may trip over.
fn paused(by: &str) -> Note {
    let because = "naïve \"quotes\" \\ \u{1F980} 'x'; -- \u{0} \n".to_owned();
    let switched = Switched { by: by.to_owned(), because };
    Note::Paused { environment: Some(Environment::Production), switched }
}

/// `count` entries of a pipeline's runs, noted at the times 0, 1, 2, …
async fn runs(store: &dyn Ledger, stream: &Stream, count: u64) -> Verdict {
    for place in 0..count {
        noted(store, stream, place, place, &Note::RunFailed).await?;
    }
    Ok(())
}

async fn noted(store: &dyn Ledger, stream: &Stream, expected: u64, ms: u64, note: &Note) -> Verdict {
    SUITE.call(1, "append", store.append(stream, expected, at(ms), note).await)
}

async fn read(store: &dyn Ledger, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>, Violation> {
    SUITE.call(3, "read", store.read(stream, from, most).await)
}

async fn places(store: &dyn Ledger, stream: &Stream) -> Result<Vec<u64>, Violation> {
    Ok(read(store, stream, 0, 1000).await?.iter().map(|entry| entry.sequence).collect())
}

async fn expect_len(store: &dyn Ledger, stream: &Stream, len: u64) -> Verdict {
    let found = SUITE.call(4, "len", store.len(stream).await)?;
    SUITE.check(4, found == len, &format!("of {stream}: expected {len} entries, got {found}"))
}

fn refused<T>(obligation: u8, what: &str, answer: Result<T>, kind: ErrorKind) -> Verdict {
    match answer {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(SUITE.violation(obligation, &format!("{what}: expected {kind:?}, got {error}"))),
        Ok(_) => Err(SUITE.violation(obligation, &format!("{what}: expected {kind:?}, it was accepted"))),
    }
}

async fn what_is_noted_is_read(store: &dyn Ledger) -> Verdict {
    let (one, other) = (Stream::switches(), Stream::approvals(&IncidentId::new("inc-'1")));
    SUITE.check(3, read(store, &one, 0, 9).await?.is_empty(), "an unknown stream has entries")?;
    expect_len(store, &one, 0).await?;
    let notes = [paused("ann"), Note::RunPassed, paused("bob")];
    for (place, note) in (0..).zip(&notes) {
        // Clocks of several writers differ: the later entry may bear the earlier time.
        noted(store, &one, place, 100 - place, note).await?;
    }
    noted(store, &other, 0, 7, &Note::RunPassed).await?;
    let entry = |sequence: u64, note: &Note| Entry { sequence, at: at(100 - sequence), note: note.clone() };
    let expected: Vec<Entry> = (0..).zip(&notes).map(|(place, note)| entry(place, note)).collect();
    SUITE.check(2, read(store, &one, 0, 9).await? == expected, "entries came back changed, or another stream's")?;
    expect_len(store, &one, 3).await?;
    expect_len(store, &other, 1).await
}

async fn it_is_read_by_the_page(store: &dyn Ledger) -> Verdict {
    let stream = Stream::runs("nightly");
    runs(store, &stream, 5).await?;
    for (from, most, expected) in [(0, 2, 0..2), (2, 2, 2..4), (4, 2, 4..5), (5, 2, 5..5), (9, 2, 0..0), (0, 0, 0..0)] {
        let found: Vec<u64> = read(store, &stream, from, most).await?.iter().map(|entry| entry.sequence).collect();
        let what = format!("{most} entries from {from} on: expected {expected:?}, got {found:?}");
        SUITE.check(3, found.into_iter().eq(expected), &what)?;
    }
    Ok(())
}

async fn a_wrong_place_stores_nothing(store: &dyn Ledger) -> Verdict {
    let stream = Stream::activity();
    refused(
        1,
        "a stream that begins at 1",
        store.append(&stream, 1, at(1), &paused("ann")).await,
        ErrorKind::Conflict,
    )?;
    expect_len(store, &stream, 0).await?;
    runs(store, &stream, 2).await?;
    for expected in [0, 1, 3, u64::from(u32::MAX), u64::MAX] {
        let answer = store.append(&stream, expected, at(1), &paused("ann")).await;
        refused(1, &format!("{expected} expected where 2 are"), answer, ErrorKind::Conflict)?;
    }
    SUITE.check(1, places(store, &stream).await? == [0, 1], "a refused note was stored")?;
    expect_len(store, &stream, 2).await
}

async fn of_two_that_know_the_same_one_wins(store: &dyn Ledger) -> Verdict {
    let stream = Stream::switches();
    runs(store, &stream, 1).await?;
    let (ann, bob) = (paused("ann"), paused("bob"));
    let both = join(store.append(&stream, 1, at(2), &ann), store.append(&stream, 1, at(2), &bob)).await;
    let won = match both {
        (Ok(()), Err(error)) if error.kind() == ErrorKind::Conflict => ann,
        (Err(error), Ok(())) if error.kind() == ErrorKind::Conflict => bob,
        other => return Err(SUITE.violation(1, &format!("of two at once, one must be a conflict, got {other:?}"))),
    };
    let found = read(store, &stream, 1, 9).await?;
    let expected = [Entry { sequence: 1, at: at(2), note: won.clone() }];
    SUITE.check(1, found == expected, "what is there is not what won")?;
    // Whoever says the same again at the same time is another all the same.
    refused(1, "the same note at the same place", store.append(&stream, 1, at(2), &won).await, ErrorKind::Conflict)
}

async fn what_is_dropped_keeps_its_place(store: &dyn Ledger) -> Verdict {
    let stream = Stream::activity();
    runs(store, &stream, 4).await?;
    SUITE.call(5, "forget", store.forget(&stream, at(2)).await)?;
    SUITE.check(5, places(store, &stream).await? == [2, 3], "not just what is older was dropped")?;
    let page: Vec<u64> = read(store, &stream, 0, 1).await?.iter().map(|entry| entry.sequence).collect();
    SUITE.check(3, page == [2], &format!("the first entry that is left: expected 2, got {page:?}"))?;
    expect_len(store, &stream, 4).await?;
    SUITE.call(5, "forget", store.forget(&stream, at(1000)).await)?;
    SUITE.check(5, places(store, &stream).await?.is_empty(), "what is older was not dropped")?;
    expect_len(store, &stream, 4).await?;
    let answer = store.append(&stream, 0, at(9), &Note::RunPassed).await;
    refused(4, "an append that expects an emptied stream to be new", answer, ErrorKind::Conflict)?;
    noted(store, &stream, 4, 9, &Note::RunPassed).await?;
    SUITE.check(4, places(store, &stream).await? == [4], "a stream that was emptied doesn't go on at its place")
}

async fn only_the_beginning_of_one_stream_is_dropped(store: &dyn Ledger) -> Verdict {
    let (stream, other) = (Stream::runs("one"), Stream::runs("other"));
    runs(store, &other, 2).await?;
    SUITE.call(5, "forget what never was", store.forget(&stream, at(50)).await)?;
    expect_len(store, &stream, 0).await?;
    for (place, ms) in [(0, 10), (1, 90), (2, 20)] {
        noted(store, &stream, place, ms, &Note::RunFailed).await?;
    }
    SUITE.call(5, "forget", store.forget(&stream, at(50)).await)?;
    SUITE.check(5, places(store, &stream).await? == [1, 2], "expected all up to the first that is not older to go")?;
    SUITE.call(5, "forget twice", store.forget(&stream, at(50)).await)?;
    SUITE.check(5, places(store, &stream).await? == [1, 2], "dropping again dropped more")?;
    SUITE.check(5, places(store, &other).await? == [0, 1], "another stream lost entries")
}

async fn what_is_too_large_is_refused(store: &dyn Ledger) -> Verdict {
    let stream = Stream::runs(&"p".repeat(Stream::MAX_BYTES));
    let answer = store.append(&stream, 0, at(1), &Note::RunFailed).await;
    refused(7, "a stream's name past its bound", answer, ErrorKind::LimitReached)?;
    let stream = Stream::switches();
    let answer = store.append(&stream, 0, at(1), &paused(&"a".repeat(Note::MAX_BYTES))).await;
    refused(7, "a note past its bound", answer, ErrorKind::LimitReached)?;
    expect_len(store, &stream, 0).await
}
