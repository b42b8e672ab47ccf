//! The tables, their version, and whether a file holds them.

use rusqlite::{Connection, Result, TransactionBehavior};

/// `PRAGMA application_id` of a journal: "shjl".
const APPLICATION: i64 = 0x7368_6a6c;

/// `MIGRATIONS[n]` leads from version `n` to `n + 1`; version 0 is an empty file.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("v1.sql"), include_str!("v2.sql")];

/// What a database file is to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It has no tables yet.
    Empty,
    /// A journal of a version that this program knows, or can bring up to date.
    Version(usize),
    /// A journal of a version that this program doesn't know.
    Newer(i64),
    /// A journal to whose tables something was added or done: a trigger would run within our transactions.
    Altered,
    /// Somebody else's database.
    Foreign,
}

/// Looks, and changes nothing.
pub(super) fn find(connection: &Connection, migrations: &[&str]) -> Result<Found> {
    // All of it in one state of the file, which another process may just be filling.
    let _look = connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()?;
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match usize::try_from(version) {
        Ok(0) if application == 0 && tables == 0 => Found::Empty,
        Ok(known) if application == APPLICATION && (1..=migrations.len()).contains(&known) => {
            let is_ours = objects(connection)? == made_by(&migrations[..known])?;
            if is_ours { Found::Version(known) } else { Found::Altered }
        }
        _ if application == APPLICATION && version > 0 => Found::Newer(version),
        _ => Found::Foreign,
    })
}

/// A table, an index, a view or a trigger: its kind, name, and the statement that made it.
type Object = (String, String, Option<String>);

fn objects(connection: &Connection) -> Result<Vec<Object>> {
    // The statistics that ANALYZE makes are tables of SQLite's own.
    let query = "SELECT type, name, sql FROM sqlite_schema WHERE NOT (type = 'table' AND name GLOB 'sqlite_stat[1-4]')
        ORDER BY type, name";
    connection.prepare(query)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// The objects that these migrations make.
fn made_by(migrations: &[&str]) -> Result<Vec<Object>> {
    let model = Connection::open_in_memory()?;
    migrations.iter().try_for_each(|migration| model.execute_batch(migration))?;
    objects(&model)
}

/// Brings an empty or older file up to date and lets `complete` add to it, all in one transaction; what it found there when
/// nobody else could change it.
pub(super) fn bring_up_to_date<E: From<rusqlite::Error>>(
    connection: &mut Connection,
    migrations: &[&str],
    complete: impl FnOnce(&Connection, Found) -> Result<(), E>,
) -> Result<Found, E> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = find(&transaction, migrations)?;
    let from = match found {
        Found::Empty => 0,
        Found::Version(version) => version,
        Found::Newer(_) | Found::Altered | Found::Foreign => return Ok(found),
    };
    for migration in &migrations[from..] {
        transaction.execute_batch(migration)?;
    }
    if from < migrations.len() {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", i64::try_from(migrations.len()).unwrap_or(i64::MAX))?;
    }
    complete(&transaction, found)?;
    transaction.commit()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &[&str] = &[MIGRATIONS[0], MIGRATIONS[1], "ALTER TABLE records ADD COLUMN note TEXT;"];

    fn updated(connection: &mut Connection, migrations: &[&str]) -> Found {
        bring_up_to_date(connection, migrations, |_, _| Ok::<_, rusqlite::Error>(())).unwrap()
    }

    #[test]
    fn an_older_store_is_brought_up_to_date_with_its_rows_and_a_newer_one_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(updated(&mut connection, MIGRATIONS), Found::Empty);
        connection.execute("INSERT INTO records VALUES (0, 1, 0, NULL, '{}')", []).unwrap();
        assert_eq!(updated(&mut connection, NEXT), Found::Version(2));
        let kept: String =
            connection.query_row("SELECT record FROM records WHERE note IS NULL", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "{}");
        assert_eq!(updated(&mut connection, NEXT), Found::Version(3));
        assert_eq!(updated(&mut connection, MIGRATIONS), Found::Newer(3));
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        updated(&mut connection, MIGRATIONS);
        let broken = [MIGRATIONS[0], MIGRATIONS[1], "CREATE TABLE half (x); CREATE TABLE records (x);"];
        assert!(bring_up_to_date(&mut connection, &broken, |_, _| Ok::<_, rusqlite::Error>(())).is_err());
        assert_eq!(find(&connection, MIGRATIONS).unwrap(), Found::Version(2));
        assert!(connection.execute("SELECT * FROM half", []).is_err());
    }

    #[test]
    fn a_strangers_database_is_recognised_whatever_version_it_says() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x); PRAGMA user_version = 1;").unwrap();
        assert_eq!(updated(&mut connection, MIGRATIONS), Found::Foreign);
        let own = Connection::open_in_memory().unwrap();
        own.execute_batch("PRAGMA application_id = 7;").unwrap();
        assert_eq!(find(&own, MIGRATIONS).unwrap(), Found::Foreign);
    }
}
