//! The SQLite journal and its ledger against core's conformance suites.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::sync::Arc;

use selfheal_core::ports::{Journal, Ledger};
use selfheal_core::testing::conformance;
use selfheal_memory::audit::SigningKey;
use selfheal_memory::journal::{JournalOptions, SqliteJournal};

fn fresh() -> (Arc<SqliteJournal>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions::new(SigningKey::generate("test").unwrap());
    (Arc::new(SqliteJournal::open(&folder.path().join("journal.db"), options).unwrap()), folder)
}

#[tokio::test]
async fn sqlite_conforms() {
    let journal = || async {
        let (journal, folder) = fresh();
        (journal as Arc<dyn Journal>, folder)
    };
    conformance::journal(journal).await.unwrap();
}

#[tokio::test]
async fn its_ledger_conforms() {
    let ledger = || async {
        let (journal, folder) = fresh();
        (journal as Arc<dyn Ledger>, folder)
    };
    conformance::ledger(ledger).await.unwrap();
}
