//! Both stores keep the obligations of core's `MemoryStore`.

use std::sync::Arc;

use selfheal_core::ports::MemoryStore;
use selfheal_core::testing::conformance;
use selfheal_memory::{InMemory, Sqlite};

#[tokio::test]
async fn in_memory() {
    let fresh = || async { (Arc::new(InMemory::default()) as Arc<dyn MemoryStore>, ()) };
    conformance::memory_store(fresh).await.unwrap();
}

#[tokio::test]
async fn sqlite() {
    let fresh = || async {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&dir.path().join("memory.db")).unwrap();
        (Arc::new(store) as Arc<dyn MemoryStore>, dir)
    };
    conformance::memory_store(fresh).await.unwrap();
}
