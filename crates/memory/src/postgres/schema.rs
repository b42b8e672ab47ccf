//! Creates the store's schema, or brings an older one up to date.

use selfheal_core::audit::Head;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::failure::failed;

/// What leads from each version to the next; the first leads from an empty schema to version 1.
const MIGRATIONS: &[&str] = &[include_str!("v1.sql"), include_str!("v2.sql")];

const OPERATION: &str = "journal.connect";

/// Who opens the store, as far as the schema is concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) schema: &'a str,
    /// The public key that checkpoints will be signed with; `None` for one who only reads.
    pub(super) key: Option<&'a str>,
}

/// Makes sure that the schema is there, of this version, and of this key.
pub(super) async fn open(connection: &mut PgConnection, opening: Opening<'_>) -> Result<()> {
    match opening.key {
        Some(key) => migrate(connection, opening, MIGRATIONS, key).await?,
        None => expect_current(connection, opening.schema).await?,
    }
    Ok(())
}

async fn migrate(connection: &mut PgConnection, opening: Opening<'_>, migrations: &[&str], key: &str) -> Result<()> {
    let failed = failed(OPERATION);
    let mut transaction = connection.begin().await.map_err(&failed)?;
    // Two workers that start at once: the second finds the work done.
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('selfheal schema ' || $1, 0))";
    sqlx::query(lock).bind(opening.schema).execute(&mut *transaction).await.map_err(&failed)?;
    let version = match version(&mut transaction, opening.schema).await? {
        Some(version) => version,
        None => {
            create(&mut transaction, opening.schema).await?;
            0
        }
    };
    for migration in pending(version, migrations, opening.schema)? {
        sqlx::raw_sql(AssertSqlSafe(*migration)).execute(&mut *transaction).await.map_err(&failed)?;
    }
    if version < migrations.len() {
        let set = "INSERT INTO meta (version) VALUES ($1) ON CONFLICT (one) DO UPDATE SET version = excluded.version";
        sqlx::query(set).bind(migrations.len() as i32).execute(&mut *transaction).await.map_err(&failed)?;
    }
    if version == 0 {
        begin_log(&mut transaction, key).await?;
    }
    expect_key(&mut transaction, key).await?;
    transaction.commit().await.map_err(&failed)?;
    failpoint::hit("postgres.schema_ready");
    Ok(())
}

fn pending<'a>(version: usize, migrations: &'a [&'a str], schema: &str) -> Result<&'a [&'a str]> {
    migrations.get(version..).ok_or_else(|| {
        let known = migrations.len();
        refused(schema, format!("the store is of version {version}, this program knows up to {known}"))
    })
}

/// The version of the store; `None` if there is no such schema or nothing in it.
async fn version(connection: &mut PgConnection, schema: &str) -> Result<Option<usize>> {
    let failed = failed(OPERATION);
    let look = "SELECT to_regclass($1 || '.meta') IS NOT NULL, EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace($1))";
    let (ours, used): (bool, bool) =
        sqlx::query_as(look).bind(schema).fetch_one(&mut *connection).await.map_err(&failed)?;
    if !ours {
        let message = "the schema has tables, but is no store of selfheal";
        return if used { Err(refused(schema, message.to_owned())) } else { Ok(None) };
    }
    let read = sqlx::query_scalar("SELECT version FROM meta").fetch_optional(connection).await;
    let version: Option<i32> = read.map_err(|error| refused(schema, format!("its version can't be read: {error}")))?;
    let version = version.and_then(|version| usize::try_from(version).ok()).filter(|version| *version > 0);
    version.map(Some).ok_or_else(|| refused(schema, "it doesn't say its version".to_owned()))
}

async fn create(connection: &mut PgConnection, schema: &str) -> Result<()> {
    let failed = failed(OPERATION);
    // An administrator may have made it for a role that may not.
    let look = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(schema);
    let exists: bool = look.fetch_one(&mut *connection).await.map_err(&failed)?;
    if exists {
        return Ok(());
    }
    // The name was checked: it needs no quotes.
    let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::raw_sql(create).execute(connection).await.map(drop).map_err(failed)
}

/// The log begins without leaves, and with the key that is to sign it.
async fn begin_log(connection: &mut PgConnection, key: &str) -> Result<()> {
    let begin = "WITH head AS (INSERT INTO audit_head (head) VALUES ($1)) INSERT INTO audit_key (key) VALUES ($2)";
    let begun = sqlx::query(begin).bind(Head::new().encode()).bind(key).execute(connection).await;
    begun.map(drop).map_err(failed(OPERATION))
}

async fn expect_key(connection: &mut PgConnection, mine: &str) -> Result<()> {
    let theirs = public_key(connection).await?;
    if theirs == mine {
        return Ok(());
    }
    let message = "the store's log is signed with another key; every worker needs the private key that belongs to it";
    let error = Error::new(ErrorKind::Forbidden, OPERATION, message);
    Err(error.with_context("expected", theirs).with_context("found", mine))
}

async fn expect_current(connection: &mut PgConnection, schema: &str) -> Result<()> {
    match version(connection, schema).await? {
        Some(version) if version == MIGRATIONS.len() => Ok(()),
        Some(version) if version > MIGRATIONS.len() => pending(version, MIGRATIONS, schema).map(drop),
        Some(version) => {
            let current = MIGRATIONS.len();
            let message = format!("the store is of version {version}; a worker must bring it to {current} first");
            Err(refused(schema, message))
        }
        None => {
            let message = "there is no store here yet";
            Err(Error::new(ErrorKind::NotFound, OPERATION, message).with_context("schema", schema))
        }
    }
}

/// The public key of the log, as text.
pub(super) async fn public_key(connection: &mut PgConnection) -> Result<String> {
    let read = sqlx::query_scalar("SELECT key FROM audit_key").fetch_optional(connection).await;
    let key: Option<String> = read.map_err(failed(OPERATION))?;
    key.ok_or_else(|| Error::new(ErrorKind::Invalid, OPERATION, "the store has lost the key of its log"))
}

fn refused(schema: &str, message: String) -> Error {
    Error::new(ErrorKind::Invalid, OPERATION, message).with_context("schema", schema)
}

#[cfg(test)]
#[path = "../../tests/common/postgres.rs"]
mod server_of_tests;

#[cfg(test)]
mod tests {
    use super::super::options::PostgresOptions;
    use super::super::server::Server;
    use super::*;

    const NEXT: &[&str] =
        &[MIGRATIONS[0], MIGRATIONS[1], "ALTER TABLE incidents ADD COLUMN note text NOT NULL DEFAULT 'none'"];
    const BROKEN: &[&str] = &[NEXT[0], NEXT[1], NEXT[2], "CREATE TABLE half (id int); CREATE TABLE incidents (id int)"];

    async fn asked(connection: &mut PgConnection, query: &'static str) -> String {
        sqlx::query_scalar(query).fetch_one(connection).await.unwrap()
    }

    #[tokio::test]
    async fn an_older_store_is_brought_up_to_date_with_its_rows_or_not_at_all() {
        let Some(running) = server_of_tests::Server::shared() else { return };
        let options = PostgresOptions { schema: "migrated".to_owned(), ..PostgresOptions::default() };
        let mut connection = Server::new(&running.url(), options).unwrap().connect().await.unwrap();
        let (connection, opening) = (&mut connection, Opening { schema: "migrated", key: Some("key") });

        migrate(connection, opening, &MIGRATIONS[..1], "key").await.unwrap();
        let insert = "INSERT INTO incidents VALUES ('inc-1', '{}', 1, 1, 1, 0, 1, 1)";
        sqlx::query(insert).execute(&mut *connection).await.unwrap();
        migrate(connection, opening, MIGRATIONS, "key").await.unwrap();
        migrate(connection, opening, NEXT, "key").await.unwrap();
        assert_eq!(asked(connection, "SELECT incident || ' ' || note FROM incidents").await, "inc-1 none");
        migrate(connection, opening, NEXT, "key").await.unwrap();

        assert_eq!(migrate(connection, opening, MIGRATIONS, "key").await.unwrap_err().kind(), ErrorKind::Invalid);
        assert!(migrate(connection, opening, BROKEN, "key").await.is_err());
        let left = "SELECT version || ' ' || coalesce(to_regclass('half')::text, 'whole') FROM meta";
        assert_eq!(asked(connection, left).await, "3 whole");
    }
}
