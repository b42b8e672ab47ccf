//! How the store is reached.

use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Result};

/// Where in the database the store lies, and how long its server may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// The schema that holds its tables and nothing else: 1 to 63 of `a`–`z`, `0`–`9` and `_`, not beginning with a digit.
    /// Created if the role may.
    pub schema: String,
    /// Connections for reads and leases, opened as they are needed; one more appends.
    pub connections: u32,
    /// How long it may take to get a connection.
    pub connect_timeout: Duration,
    /// How long a statement may take, waiting for other workers' statements included.
    pub statement_timeout: Duration,
    /// How long an append whose connection broke goes on asking what became of it, before it says that nobody knows.
    pub settle_within: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "selfheal".to_owned(),
            connections: 4,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            settle_within: Duration::from_secs(30),
        }
    }
}

impl PostgresOptions {
    pub(super) fn check(&self) -> Result<()> {
        let invalid = |message: &str| Err(Error::new(ErrorKind::Invalid, "journal.connect", message));
        let shape = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let named = (1..=63).contains(&self.schema.len())
            && self.schema.bytes().all(shape)
            && !self.schema.starts_with(|first: char| first.is_ascii_digit())
            && !self.schema.starts_with("pg_");
        if !named {
            return invalid("expected a schema's name: 1 to 63 of a-z, 0-9 and _, not beginning with a digit or pg_")
                .map_err(|error: Error| error.with_context("schema", self.schema.clone()));
        }
        if !(1..=100).contains(&self.connections) {
            return invalid("expected 1 to 100 connections");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_named_so_that_it_needs_no_quotes() {
        let named = |schema: &str| PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::default() }.check();
        assert!(named("selfheal").and(named("_team_7")).is_ok());
        for bad in ["", "7up", "Team", "a b", "a\"; DROP", "pg_mine", &"a".repeat(64)] {
            assert_eq!(named(bad).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
    }
}
