//! A memory in one SQLite file.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior, params};
use selfheal_core::confidence::TrackRecord;
use selfheal_core::diagnosis::Source;
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::incident::{Fingerprint, IncidentId};
use selfheal_core::ports::{Lesson, MemoryStore, PastOutcome, ProvenFix};
use selfheal_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ranking::best;

/// Version of the tables; `PRAGMA user_version` of the file.
const SCHEMA_VERSION: i64 = 2;

/// How long another process may hold the file before a call gives up.
const BUSY: Duration = Duration::from_secs(5);

/// How long between two tries to open the file.
const PAUSE: Duration = Duration::from_millis(2);

const SCHEMA: &str = "
CREATE TABLE lessons (
    fingerprint TEXT NOT NULL,
    plan_hash   TEXT NOT NULL,
    incident    TEXT NOT NULL,
    source      TEXT NOT NULL,
    healed      INTEGER NOT NULL CHECK (healed IN (0, 1)),
    at_ms       INTEGER NOT NULL,
    resource    TEXT NOT NULL,
    diagnosis   TEXT NOT NULL,
    plan        TEXT NOT NULL,
    kinds       TEXT NOT NULL,
    features    TEXT,
    PRIMARY KEY (fingerprint, plan_hash, incident)
) STRICT, WITHOUT ROWID;
CREATE INDEX lessons_by_source ON lessons (source);
CREATE INDEX lessons_by_time ON lessons (at_ms);
PRAGMA user_version = 2;
";

/// From version 1, which did not know of kinds of fixes. SQLite's JSON functions read them out of the plans.
const FROM_1: &str = "
ALTER TABLE lessons ADD COLUMN kinds TEXT NOT NULL DEFAULT '';
ALTER TABLE lessons ADD COLUMN features TEXT;
UPDATE lessons SET kinds = coalesce(
    (SELECT group_concat(json_extract(step.value, '$.action.kind'), '+') FROM json_each(lessons.plan, '$.steps') AS step), '');
CREATE INDEX lessons_by_time ON lessons (at_ms);
PRAGMA user_version = 2;
";

/// Keeps lessons in a private (0600) SQLite file: write-ahead log, `synchronous = FULL`, so that a lesson is durable
/// when [`record`](MemoryStore::record) returns. Several processes may use the file at once.
#[derive(Debug, Clone)]
pub struct Sqlite(Arc<Mutex<Connection>>);

impl Sqlite {
    /// Opens the file at `path`, or creates it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is no store or one of a newer version; [`ErrorKind::Unavailable`] if it can't be opened.
    /// An existing file is never overwritten.
    pub fn open(path: &Path) -> Result<Self> {
        let at = |error: Error| error.with_context("path", path.display().to_string());
        let created = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
        created.map_err(|error| at(Error::new(ErrorKind::Unavailable, "memory.open", error.to_string())))?;
        let mut connection = Connection::open(path).map_err(sql("memory.open")).map_err(at)?;
        prepare_patiently(&mut connection).map_err(at)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    async fn with<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let connection = Arc::clone(&self.0);
        let done =
            tokio::task::spawn_blocking(move || work(&connection.lock().unwrap_or_else(PoisonError::into_inner)));
        let defect = |error| Error::new(ErrorKind::Internal, "memory", "a store call panicked").with_source(error);
        done.await.map_err(defect)?
    }
}

/// While several make or open the file at once, SQLite may refuse to turn on the write-ahead log without waiting for the others.
fn prepare_patiently(connection: &mut Connection) -> Result<()> {
    let deadline = Instant::now() + BUSY;
    loop {
        match prepare(connection) {
            Err(error) if error.retry() == Retry::Retryable && Instant::now() < deadline => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
}

fn prepare(connection: &mut Connection) -> Result<()> {
    let failed = sql("memory.open");
    // First of all: another process may be making the file.
    connection.busy_timeout(BUSY).map_err(&failed)?;
    create(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(&failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(&failed)?;
    // What goes is overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", true).map_err(&failed)?;
    connection.pragma_update(None, "trusted_schema", false).map_err(failed)
}

/// Makes the tables unless they are there, which is looked at when nobody else can be making them.
fn create(connection: &mut Connection) -> Result<()> {
    let failed = sql("memory.open");
    if version(connection)? == SCHEMA_VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    match version(&transaction)? {
        0 => transaction.execute_batch(SCHEMA).map_err(&failed)?,
        1 => transaction.execute_batch(FROM_1).map_err(&failed)?,
        _ => {}
    }
    transaction.commit().map_err(failed)
}

/// The version of our tables; 0 if it is empty.
fn version(connection: &Connection) -> Result<i64> {
    let failed = sql("memory.open");
    // Both in one state of the file.
    let look = "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version";
    let (version, tables): (i64, i64) =
        connection.query_row(look, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
    let invalid = |message: String| Err(Error::new(ErrorKind::Invalid, "memory.open", message));
    match version {
        0 if tables == 0 => Ok(0),
        1..=SCHEMA_VERSION => Ok(version),
        newer if newer > SCHEMA_VERSION => {
            invalid(format!("the store is of version {version}, this program knows up to {SCHEMA_VERSION}"))
        }
        _ => invalid("the file is an SQLite database, but no store of selfheal".to_owned()),
    }
}

fn sql(operation: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |error| {
        use rusqlite::ErrorCode;
        let (kind, retry) = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (ErrorKind::Unavailable, Retry::Retryable),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (ErrorKind::Invalid, Retry::Permanent),
            _ => (ErrorKind::Unavailable, Retry::Permanent),
        };
        Error::new(kind, operation, error.to_string()).with_retry(retry)
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::Internal, "memory.record", error.to_string()))
}

fn parse<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T> {
    let invalid =
        |error: serde_json::Error| Error::new(ErrorKind::Invalid, "memory.recall", format!("{what}: {error}"));
    serde_json::from_str(text).map_err(invalid)
}

#[async_trait]
impl MemoryStore for Sqlite {
    async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>> {
        let fingerprint = fingerprint.clone();
        self.with(move |connection| Ok(best(fixes(connection, &fingerprint)?))).await
    }

    async fn record(&self, lesson: &Lesson) -> Result<()> {
        let lesson = lesson.clone();
        self.with(move |connection| insert(connection, &lesson)).await
    }

    async fn past(&self, most: usize) -> Result<Vec<PastOutcome>> {
        self.with(move |connection| past(connection, most)).await
    }

    async fn track_record(&self, source: &Source) -> Result<TrackRecord> {
        let source = json(source)?;
        self.with(move |connection| {
            let sums = "SELECT coalesce(sum(healed), 0), coalesce(sum(1 - healed), 0) FROM lessons WHERE source = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok(TrackRecord { healed: row.get(0)?, failed: row.get(1)? });
            connection.query_row(sums, [source], read).map_err(sql("memory.track_record"))
        })
        .await
    }
}

fn insert(connection: &Connection, lesson: &Lesson) -> Result<()> {
    let plan_hash = lesson.plan_fingerprint();
    let values = params![
        lesson.fingerprint.as_str(),
        plan_hash.as_str(),
        lesson.incident.as_str(),
        json(&lesson.plan.source)?,
        lesson.healed,
        i64::try_from(lesson.at.as_millis()).unwrap_or(i64::MAX),
        json(&lesson.resource)?,
        json(&lesson.diagnosis)?,
        json(&lesson.plan)?,
        lesson.plan.kinds(),
        lesson.features.as_ref().map(json).transpose()?,
    ];
    let insert = "INSERT OR IGNORE INTO lessons
        (fingerprint, plan_hash, incident, source, healed, at_ms, resource, diagnosis, plan, kinds, features)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection.execute(insert, values).map(drop).map_err(sql("memory.record"))
}

/// The latest outcomes.
fn past(connection: &Connection, most: usize) -> Result<Vec<PastOutcome>> {
    let failed = sql("memory.past");
    let query = "SELECT source, kinds, healed, features, at_ms FROM lessons ORDER BY at_ms DESC LIMIT ?1";
    let mut statement = connection.prepare_cached(query).map_err(&failed)?;
    let mut rows = statement.query([i64::try_from(most).unwrap_or(i64::MAX)]).map_err(&failed)?;
    let mut past = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let features: Option<String> = row.get(3).map_err(&failed)?;
        let at: i64 = row.get(4).map_err(&failed)?;
        past.push(PastOutcome {
            source: parse(&row.get::<_, String>(0).map_err(&failed)?, "source")?,
            kinds: row.get(1).map_err(&failed)?,
            healed: row.get(2).map_err(&failed)?,
            features: features.map(|text| parse(&text, "features")).transpose()?,
            at: Timestamp::from_millis(u64::try_from(at).unwrap_or_default()),
        });
    }
    Ok(past)
}

/// Every plan that healed this failure, as it last did, with its record.
fn fixes(connection: &Connection, fingerprint: &Fingerprint) -> Result<Vec<ProvenFix>> {
    // With max() in an aggregate SQLite takes the bare columns from the row that has the maximum.
    let query = "SELECT max(at_ms) FILTER (WHERE healed), incident, diagnosis, plan,
            (SELECT sum(healed) FROM lessons b WHERE b.fingerprint = a.fingerprint AND b.plan_hash = a.plan_hash),
            (SELECT sum(1 - healed) FROM lessons b WHERE b.fingerprint = a.fingerprint AND b.plan_hash = a.plan_hash)
        FROM lessons a WHERE fingerprint = ?1 AND healed = 1 GROUP BY plan_hash ORDER BY plan_hash";
    let failed = sql("memory.recall");
    let mut statement = connection.prepare_cached(query).map_err(&failed)?;
    let mut rows = statement.query([fingerprint.as_str()]).map_err(&failed)?;
    let mut fixes = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let text = |column: usize| row.get::<_, String>(column).map_err(&failed);
        let at: i64 = row.get(0).map_err(&failed)?;
        fixes.push(ProvenFix {
            at: Timestamp::from_millis(u64::try_from(at).unwrap_or_default()),
            incident: IncidentId::new(&text(1)?),
            diagnosis: parse(&text(2)?, "diagnosis")?,
            plan: parse(&text(3)?, "plan")?,
            record: TrackRecord { healed: row.get(4).map_err(&failed)?, failed: row.get(5).map_err(&failed)? },
        });
    }
    Ok(fixes)
}
