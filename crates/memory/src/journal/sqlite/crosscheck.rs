//! Records against the audit log: each that is there is the one that its leaf has the hash of, and none is missing unless a
//! leaf says that it was compacted or forgotten.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::thread;

use rusqlite::{Connection, Row, params};
use selfheal_core::audit::{Hash, MAX_DEFECTS, Openings};
use selfheal_core::error::{Error, ErrorKind, Result};

use super::audit::SqliteRows;
use super::failure::Failure;
use super::standing::{self, COLUMNS};
use super::tidying::{COMPACTED, FORGOTTEN};
use crate::journal::rows::{signed, unsigned};

/// One thing in the journal that the audit log doesn't vouch for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// A record is not the one that its leaf has the hash of.
    #[error("record {sequence} of {incident} is not what leaf {leaf} has the hash of")]
    Changed {
        /// The leaf.
        leaf: u64,
        /// Whose record.
        incident: String,
        /// Its place.
        sequence: i64,
    },
    /// Records are gone, and no leaf says that they were compacted or forgotten.
    #[error("records of {incident} are missing up to {last}, and the audit log doesn't say why")]
    Missing {
        /// Whose.
        incident: String,
        /// The last one that is missing.
        last: u64,
    },
    /// A record that no leaf speaks of.
    #[error("record {sequence} of incident number {number} stands at leaf {leaf}, which doesn't speak of it")]
    Unknown {
        /// The leaf.
        leaf: i64,
        /// The incident's number.
        number: i64,
        /// Its place.
        sequence: i64,
    },
    /// A snapshot is not the one that its leaf has the hash of.
    #[error("the snapshot of incident number {number} is not what its leaf has the hash of")]
    Snapshot {
        /// The incident's number.
        number: i64,
    },
    /// Tables don't fit each other.
    #[error("{0}")]
    Tables(String),
}

/// How much of the journal the audit log vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CrossChecked {
    /// Records that are there, each with its leaf.
    pub records: u64,
    /// Snapshots that stand for records that were compacted.
    pub snapshots: u64,
    /// Leaves whose records were compacted or forgotten.
    pub tidied: u64,
}

/// What a range of leaves says.
#[derive(Default)]
struct Part {
    checked: CrossChecked,
    /// The last record of an incident that isn't there, and how many of its records are gone.
    missing: BTreeMap<String, u64>,
    /// How many records of an incident may be gone.
    tidied: BTreeMap<String, u64>,
    mismatches: Vec<Mismatch>,
}

impl SqliteRows {
    /// Compares the journal with its audit log, on all cores. That the log itself is sound is for
    /// [`verify`](crate::audit::verify) to find out.
    ///
    /// # Errors
    /// If the file can't be read. What doesn't fit is the answer: at most 100 mismatches are told.
    pub fn cross_check(&self, leaves: u64) -> Result<Result<CrossChecked, Vec<Mismatch>>> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get) as u64;
        let length = leaves.div_ceil(cores).max(1);
        let ranges = (0..cores).map(|part| part * length..((part + 1) * length).min(leaves));
        let parts: Result<Vec<Part>> = thread::scope(|scope| {
            let threads: Vec<_> = ranges.map(|range| scope.spawn(|| self.with(|one| part(one, range)))).collect();
            let defect = |_| Error::new(ErrorKind::Internal, "audit.cross_check", "a reader panicked");
            threads.into_iter().map(|thread| thread.join().map_err(defect)?).collect()
        });
        let mut whole = parts?.into_iter().fold(Part::default(), Part::joined);
        whole.mismatches.extend(self.with(|connection| strangers(connection, leaves))?);
        self.with(|connection| snapshots(connection, &mut whole))?;
        self.with(|connection| tables(connection, &mut whole))?;
        self.with(|connection| standings(connection, &mut whole))?;
        Ok(whole.result())
    }
}

impl Part {
    fn joined(mut self, other: Self) -> Self {
        self.checked.records += other.checked.records;
        self.checked.tidied += other.checked.tidied;
        self.mismatches.extend(other.mismatches);
        for (incident, last) in other.missing {
            raise(&mut self.missing, incident, last);
        }
        for (incident, records) in other.tidied {
            raise(&mut self.tidied, incident, records);
        }
        self
    }

    fn result(mut self) -> Result<CrossChecked, Vec<Mismatch>> {
        for (incident, last) in std::mem::take(&mut self.missing) {
            if self.tidied.get(&incident).is_none_or(|records| last >= *records) {
                self.mismatches.push(Mismatch::Missing { incident, last });
            }
        }
        self.mismatches.truncate(MAX_DEFECTS);
        if self.mismatches.is_empty() { Ok(self.checked) } else { Err(self.mismatches) }
    }

    /// Looks at a leaf and at the record that stands at it, if there is one.
    fn look_at(&mut self, leaf: i64, openings: &Openings<'_>, record: Option<(i64, &str, &str)>) {
        let event = openings.value("event");
        let tells = matches!(event, Some(COMPACTED | FORGOTTEN)) && openings.value("records").is_some();
        match (openings.value("record"), record) {
            (Some(hash), Some((sequence, incident, text))) => {
                self.checked.records += 1;
                let same = hash == Hash::of(text.as_bytes()).to_string()
                    && openings.value("incident").is_none_or(|said| said == incident)
                    && openings.value("sequence").is_none_or(|said| said == sequence.to_string());
                if !same {
                    let (leaf, incident) = (unsigned(leaf), incident.to_owned());
                    self.mismatches.push(Mismatch::Changed { leaf, incident, sequence });
                }
            }
            // Its hash was erased: nothing can be said of it.
            (None, Some(_)) => self.checked.records += 1,
            (Some(_), None) => self.miss(openings),
            (None, None) if tells => self.tell(openings),
            (None, None) => {}
        }
    }

    fn miss(&mut self, openings: &Openings<'_>) {
        self.checked.tidied += 1;
        let sequence = openings.value("sequence").and_then(|sequence| sequence.parse().ok());
        // Erased: nobody can say any more whose record it was.
        if let (Some(incident), Some(sequence)) = (openings.value("incident"), sequence) {
            raise(&mut self.missing, incident.to_owned(), sequence);
        }
    }

    fn tell(&mut self, openings: &Openings<'_>) {
        let records = openings.value("records").and_then(|records| records.parse().ok());
        if let (Some(incident), Some(records)) = (openings.value("incident"), records) {
            raise(&mut self.tidied, incident.to_owned(), records);
        }
    }
}

fn raise(all: &mut BTreeMap<String, u64>, incident: String, number: u64) {
    let known = all.entry(incident).or_default();
    *known = number.max(*known);
}

fn part(connection: &Connection, places: Range<u64>) -> rusqlite::Result<Part> {
    let query = "SELECT o.leaf, o.encoding, r.sequence, coalesce(i.incident, ''), r.record FROM audit_openings o
        LEFT JOIN records r ON r.leaf = o.leaf LEFT JOIN incidents i ON i.number = r.incident
        WHERE o.leaf >= ?1 AND o.leaf < ?2 ORDER BY o.leaf";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query(params![signed(places.start), signed(places.end)])?;
    let mut part = Part::default();
    while let Some(row) = rows.next()? {
        // One that can't be read is a defect of the log, and told of there.
        let Ok(openings) = Openings::decode(row.get_ref(1)?.as_blob()?) else { continue };
        let record = match row.get_ref(4)?.as_str_or_null()? {
            Some(text) => Some((row.get(2)?, row.get_ref(3)?.as_str()?, text)),
            None => None,
        };
        part.look_at(row.get(0)?, &openings, record);
        if part.mismatches.len() > MAX_DEFECTS {
            break;
        }
    }
    Ok(part)
}

/// Records at places where there is no leaf of a record.
fn strangers(connection: &Connection, leaves: u64) -> rusqlite::Result<Vec<Mismatch>> {
    let query = "SELECT leaf, incident, sequence FROM records WHERE leaf < 0 OR leaf >= ?1 ORDER BY leaf LIMIT ?2";
    let read = |row: &Row<'_>| Ok(Mismatch::Unknown { leaf: row.get(0)?, number: row.get(1)?, sequence: row.get(2)? });
    connection.prepare(query)?.query_map(params![signed(leaves), MAX_DEFECTS as i64], read)?.collect()
}

fn snapshots(connection: &Connection, whole: &mut Part) -> rusqlite::Result<()> {
    let query = "SELECT s.incident, s.records, s.snapshot, o.encoding, coalesce(i.incident, '') FROM snapshots s
        LEFT JOIN audit_openings o ON o.leaf = s.leaf LEFT JOIN incidents i ON i.number = s.incident";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        whole.checked.snapshots += 1;
        let (number, records): (i64, i64) = (row.get(0)?, row.get(1)?);
        let openings = Openings::decode(row.get_ref(3)?.as_blob_or_null()?.unwrap_or_default());
        let hash = Hash::of(row.get_ref(2)?.as_str()?.as_bytes()).to_string();
        let same = openings.is_ok_and(|said| {
            said.value("event") == Some(COMPACTED)
                && said.value("snapshot") == Some(&hash)
                && said.value("records") == Some(&records.to_string())
                && row.get_ref(4).is_ok_and(|incident| incident.as_str().ok() == said.value("incident"))
        });
        if !same && whole.mismatches.len() <= MAX_DEFECTS {
            whole.mismatches.push(Mismatch::Snapshot { number });
        }
    }
    Ok(())
}

/// Incidents whose rows don't fit each other, or whose newest record is not where it should be.
fn tables(connection: &Connection, whole: &mut Part) -> rusqlite::Result<()> {
    let query = "SELECT coalesce(i.number, s.number) FROM incidents i FULL JOIN standings s USING (number)
        LEFT JOIN snapshots c ON c.incident = s.number LEFT JOIN records r ON r.leaf = s.last_record
        WHERE i.number IS NULL OR s.number IS NULL OR i.open <> (s.wake_at_ms IS NOT NULL)
            OR (s.outcome IS NULL) <> (s.wake_at_ms IS NOT NULL)
            OR NOT (coalesce(r.incident = s.number AND r.sequence = s.records - 1, 0)
                OR coalesce(c.records = s.records, 0))
        LIMIT ?1";
    let mut statement = connection.prepare(query)?;
    let found = statement.query_map([MAX_DEFECTS as i64], |row| row.get::<_, i64>(0))?;
    for number in found {
        let what =
            format!("the rows of incident number {} don't fit each other, or its newest record is missing", number?);
        whole.mismatches.push(Mismatch::Tables(what));
    }
    Ok(())
}

/// Rows that are not what was written, and indices that lead past them. The other tables need no such look: nothing of theirs
/// is believed that the audit log doesn't vouch for.
fn standings(connection: &Connection, whole: &mut Part) -> rusqlite::Result<()> {
    for table in ["incidents", "standings"] {
        let mut statement = connection.prepare(&format!("PRAGMA integrity_check({table})"))?;
        let said = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let damage = said.into_iter().filter(|line| line != "ok");
        whole.mismatches.extend(damage.map(|line| Mismatch::Tables(format!("table {table}: {line}"))));
    }
    let query = format!("SELECT {COLUMNS} FROM incidents i JOIN standings s USING (number)");
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match standing::read(row) {
            Ok(_) => {}
            Err(Failure::Refused(error)) => whole.mismatches.push(Mismatch::Tables(error.to_string())),
            Err(Failure::Database(error)) => return Err(error),
        }
        if whole.mismatches.len() > MAX_DEFECTS {
            break;
        }
    }
    Ok(())
}
