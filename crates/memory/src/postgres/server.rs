//! Connections to the server, all prepared the same way.

use std::str::FromStr;
use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Result};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};

use super::failure::{failed, within};
use super::options::PostgresOptions;

/// Puts the session on our schema alone, and our promises above the server's defaults: an acknowledged append is durable, and every
/// statement sees what was committed before it.
const PREPARE: &str = "SELECT
    set_config('search_path', $1 || ', pg_temp', false),
    set_config('statement_timeout', $2, false),
    set_config('idle_in_transaction_session_timeout', $3, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)";

/// How long a worker that holds the log may say nothing before the server takes it for stopped, and lets the others go on.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

/// The server, and how it is reached.
#[derive(Debug, Clone)]
pub(super) struct Server {
    target: PgConnectOptions,
    pub(super) options: PostgresOptions,
}

impl Server {
    pub(super) fn new(url: &str, options: PostgresOptions) -> Result<Self> {
        options.check()?;
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            let message = "expected a URL postgres://user:password@host:port/database";
            return Err(Error::new(ErrorKind::Invalid, "journal.connect", message));
        }
        // The URL holds a password: its parser's complaint is shown, the URL is not.
        let target = PgConnectOptions::from_str(url).map_err(failed("journal.connect"))?;
        // Every failure is told to the caller.
        let target = target.application_name("selfheal").disable_statement_logging();
        Ok(Self { target, options })
    }

    /// A connection of one's own.
    pub(super) async fn connect(&self) -> Result<PgConnection> {
        let connecting = async {
            let mut connection = PgConnection::connect_with(&self.target).await?;
            prepare(&mut connection, &self.options).await?;
            Ok(connection)
        };
        let connected = within(self.options.connect_timeout, "journal.connect", connecting).await;
        connected.map_err(|error| self.located(error))
    }

    /// Connections to share, none of them opened yet.
    pub(super) fn pool(&self) -> PgPool {
        let options = self.options.clone();
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(options.connect_timeout)
            .after_connect(move |connection, _| {
                let options = options.clone();
                Box::pin(async move { prepare(connection, &options).await })
            });
        pool.connect_lazy_with(self.target.clone())
    }

    /// Says which server it was.
    pub(super) fn located(&self, error: Error) -> Error {
        let host = match self.target.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", self.target.get_host(), self.target.get_port()),
        };
        error.with_context("server", host)
    }
}

async fn prepare(connection: &mut PgConnection, options: &PostgresOptions) -> sqlx::Result<()> {
    // Zero would mean no limit.
    let limit = |limit: Duration| limit.as_millis().clamp(1, i32::MAX as u128).to_string();
    let prepare = sqlx::query(PREPARE).bind(&options.schema).bind(limit(options.statement_timeout));
    prepare.bind(limit(options.statement_timeout.min(LONGEST_SILENCE))).execute(connection).await.map(drop)
}

/// Text is stored as it comes: a database of another encoding would refuse some of it, late.
pub(super) async fn check_encoding(connection: &mut PgConnection) -> Result<()> {
    let asked = sqlx::query_scalar("SELECT current_setting('server_encoding')").fetch_one(connection).await;
    let encoding: String = asked.map_err(failed("journal.connect"))?;
    if encoding == "UTF8" {
        return Ok(());
    }
    let message = "the database's encoding must be UTF8; create one with ENCODING 'UTF8'";
    Err(Error::new(ErrorKind::Unsupported, "journal.connect", message).with_context("encoding", encoding))
}
