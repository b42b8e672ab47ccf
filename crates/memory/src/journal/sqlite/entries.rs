//! The ledger's streams: appending to them, reading them, and dropping what is old.

use rusqlite::{Connection, OptionalExtension, Row, params};
use selfheal_core::failpoint;
use selfheal_core::ports::{Entry, Stream};

use super::batch::Batch;
use super::failure::Failure;
use crate::journal::entries::{Extent, Page, PreparedEntry};
use crate::journal::leaves;
use crate::journal::rows::{signed, unsigned};

/// What is kept of a stream.
struct Kept {
    number: i64,
    extent: Extent,
}

fn find(connection: &Connection, stream: &Stream) -> rusqlite::Result<Option<Kept>> {
    let query = "SELECT number, length, dropped FROM streams WHERE stream = ?1";
    let read =
        |row: &Row<'_>| Ok(Kept { number: row.get(0)?, extent: Extent { length: row.get(1)?, dropped: row.get(2)? } });
    connection.prepare_cached(query)?.query_row([stream.as_str()], read).optional()
}

/// Appends at the expected place, and says so in the audit log.
pub(super) fn append(batch: &mut Batch<'_>, entry: &PreparedEntry) -> Result<(), Failure> {
    let kept = find(batch.connection, &entry.stream)?;
    let length = kept.as_ref().map_or(0, |kept| kept.extent.length);
    if entry.sequence != length {
        return Err(entry.refusal(length).into());
    }
    let leaf = batch.say(entry.fields.clone())?;
    let stream = match kept {
        Some(kept) => grown(batch, &kept)?,
        None => begun(batch, &entry.stream)?,
    };
    let insert = "INSERT INTO entries (leaf, stream, sequence, at_ms, entry) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![leaf, stream, entry.sequence, entry.at_ms, entry.json];
    batch.connection.prepare_cached(insert)?.execute(values)?;
    failpoint::hit("ledger.appending");
    if entry.is_signed { batch.sign() } else { Ok(()) }
}

fn grown(batch: &Batch<'_>, kept: &Kept) -> rusqlite::Result<i64> {
    let grow = "UPDATE streams SET length = length + 1 WHERE number = ?1";
    batch.connection.prepare_cached(grow)?.execute([kept.number])?;
    Ok(kept.number)
}

fn begun(batch: &Batch<'_>, stream: &Stream) -> rusqlite::Result<i64> {
    let begin = "INSERT INTO streams (stream, length, dropped) VALUES (?1, 1, 0)";
    batch.connection.prepare_cached(begin)?.insert([stream.as_str()])
}

/// Drops what is older at the beginning of a stream, and says so in the audit log.
pub(super) fn forget(batch: &mut Batch<'_>, stream: &Stream, before_ms: i64) -> Result<(), Failure> {
    let Some(kept) = find(batch.connection, stream)? else { return Ok(()) };
    let first_left = "SELECT sequence FROM entries WHERE stream = ?1 AND at_ms >= ?2 ORDER BY sequence LIMIT 1";
    let values = params![kept.number, before_ms];
    let first_left = batch.connection.prepare_cached(first_left)?.query_row(values, |row| row.get(0)).optional()?;
    drop_first(batch, stream, &kept, first_left.unwrap_or(kept.extent.length))
}

/// Drops all entries of a stream.
pub(super) fn forget_all(batch: &mut Batch<'_>, stream: &Stream) -> Result<(), Failure> {
    match find(batch.connection, stream)? {
        Some(kept) => drop_first(batch, stream, &kept, kept.extent.length),
        None => Ok(()),
    }
}

fn drop_first(batch: &mut Batch<'_>, stream: &Stream, kept: &Kept, entries: i64) -> Result<(), Failure> {
    if entries <= kept.extent.dropped {
        return Ok(());
    }
    batch.say(leaves::dropped(stream, entries, batch.now))?;
    let delete = "DELETE FROM entries WHERE stream = ?1 AND sequence < ?2";
    batch.connection.prepare_cached(delete)?.execute([kept.number, entries])?;
    let update = "UPDATE streams SET dropped = ?2 WHERE number = ?1";
    batch.connection.prepare_cached(update)?.execute([kept.number, entries])?;
    batch.scrub();
    failpoint::hit("ledger.entries_dropped");
    Ok(())
}

/// A page of a stream: every entry compared with what the audit log has the hash of, none missing.
pub(super) fn read(connection: &Connection, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>, Failure> {
    let Some(kept) = find(connection, stream)? else { return Ok(Vec::new()) };
    let query = "SELECT e.sequence, e.entry, o.encoding FROM entries e LEFT JOIN audit_openings o ON o.leaf = e.leaf
        WHERE e.stream = ?1 AND e.sequence >= ?2 ORDER BY e.sequence LIMIT ?3";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(params![kept.number, signed(from), signed(most as u64)])?;
    let mut page = Page::of(stream, kept.extent, from, most);
    while let Some(row) = rows.next()? {
        let (text, leaf) = texts(row)?;
        page.take(row.get(0)?, text, leaf)?;
    }
    Ok(page.complete()?)
}

/// An entry and the openings of its leaf.
fn texts<'row>(row: &'row Row<'_>) -> rusqlite::Result<(&'row str, Option<&'row [u8]>)> {
    Ok((row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_blob_or_null()?))
}

/// How many entries a stream ever had.
pub(super) fn len(connection: &Connection, stream: &Stream) -> Result<u64, Failure> {
    Ok(find(connection, stream)?.map_or(0, |kept| unsigned(kept.extent.length)))
}
