//! A journal that is watched and meddled with.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::engine::State;
use selfheal_core::error::{Error, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::ports::{Claim, History, Journal, Lease, Query, Record, Snapshot, Standing};

type Meddler = Box<dyn Fn(&Record) -> Option<Error> + Send + Sync>;

/// Asks a meddler before or after each append whether it fails.
pub(crate) struct MeddledJournal {
    inner: Arc<InMemoryJournal>,
    before: Option<Meddler>,
    after: Option<Meddler>,
}

impl MeddledJournal {
    pub(crate) fn before(
        inner: Arc<InMemoryJournal>,
        meddler: impl Fn(&Record) -> Option<Error> + Send + Sync + 'static,
    ) -> Self {
        Self { inner, before: Some(Box::new(meddler)), after: None }
    }

    pub(crate) fn after(
        inner: Arc<InMemoryJournal>,
        meddler: impl Fn(&Record) -> Option<Error> + Send + Sync + 'static,
    ) -> Self {
        Self { inner, before: None, after: Some(Box::new(meddler)) }
    }
}

fn meddled(meddler: Option<&Meddler>, record: &Record) -> Result<()> {
    meddler.and_then(|meddler| meddler(record)).map_or(Ok(()), Err)
}

#[async_trait]
impl Journal for MeddledJournal {
    async fn append(&self, lease: &Lease, record: &Record, after: &State) -> Result<()> {
        meddled(self.before.as_ref(), record)?;
        self.inner.append(lease, record, after).await?;
        meddled(self.after.as_ref(), record)
    }

    async fn read(&self, incident: &IncidentId) -> Result<History> {
        self.inner.read(incident).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Standing>> {
        self.inner.list(query).await
    }

    async fn lease(&self, incident: &IncidentId, claim: &Claim) -> Result<Lease> {
        self.inner.lease(incident, claim).await
    }

    async fn pick_up(&self, claim: &Claim, most: usize) -> Result<Vec<Lease>> {
        self.inner.pick_up(claim, most).await
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        self.inner.renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        self.inner.release(lease).await
    }

    async fn wake(&self, incident: &IncidentId) -> Result<()> {
        self.inner.wake(incident).await
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<()> {
        self.inner.compact(snapshot).await
    }

    async fn forget(&self, incident: &IncidentId) -> Result<()> {
        self.inner.forget(incident).await
    }
}
