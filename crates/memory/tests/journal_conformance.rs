//! The SQLite journal against core's conformance suite.

use std::sync::Arc;

use selfheal_core::ports::Journal;
use selfheal_core::testing::conformance;
use selfheal_memory::audit::SigningKey;
use selfheal_memory::journal::{JournalOptions, SqliteJournal};

#[tokio::test]
async fn sqlite_conforms() {
    let fresh = || async {
        let folder = tempfile::tempdir().unwrap();
        let options = JournalOptions::new(SigningKey::generate("test").unwrap());
        let journal = SqliteJournal::open(&folder.path().join("journal.db"), options).unwrap();
        (Arc::new(journal) as Arc<dyn Journal>, folder)
    };
    conformance::journal(fresh).await.unwrap();
}
