//! The fake executor, watched and meddled with.

use std::sync::Mutex;

use async_trait::async_trait;
use selfheal_core::action::ActionSpec;
use selfheal_core::error::{Error, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::Preview;
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
use selfheal_core::testing::FakeExecutor;

type Meddler = Box<dyn Fn(&str) -> Option<Error> + Send + Sync>;

/// Keeps the names of the calls (`preview`, `rehearse`, `apply 0`, `probe 0`, `undo 0`, `settle`).
pub(crate) struct Spy {
    inner: FakeExecutor,
    calls: Mutex<Vec<String>>,
    before: Mutex<Option<Meddler>>,
    after: Mutex<Option<Meddler>>,
}

impl Spy {
    pub(crate) fn new(inner: FakeExecutor) -> Self {
        Self { inner, calls: Mutex::default(), before: Mutex::default(), after: Mutex::default() }
    }

    /// Asks `meddler` before each call whether it fails without having happened.
    pub(crate) fn before(&self, meddler: impl Fn(&str) -> Option<Error> + Send + Sync + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(meddler));
    }

    /// Asks `meddler` after each call whether its answer is lost.
    pub(crate) fn after(&self, meddler: impl Fn(&str) -> Option<Error> + Send + Sync + 'static) {
        *self.after.lock().unwrap() = Some(Box::new(meddler));
    }

    /// The calls so far, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// How often it was called so.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|made| *made == call).count()
    }

    fn enter(&self, call: &str) -> Result<()> {
        self.calls.lock().unwrap().push(call.to_owned());
        meddled(&self.before, call)
    }

    fn leave<T>(&self, call: &str, answer: Result<T>) -> Result<T> {
        meddled(&self.after, call)?;
        answer
    }
}

fn meddled(meddler: &Mutex<Option<Meddler>>, call: &str) -> Result<()> {
    let error = meddler.lock().unwrap().as_ref().and_then(|meddler| meddler(call));
    error.map_or(Ok(()), Err)
}

#[async_trait]
impl Executor for Spy {
    fn system(&self) -> &str {
        self.inner.system()
    }

    fn kinds(&self) -> &[ActionSpec] {
        self.inner.kinds()
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        self.enter("preview")?;
        self.leave("preview", self.inner.preview(work).await)
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        self.enter("rehearse")?;
        self.leave("rehearse", self.inner.rehearse(work).await)
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, attempt: u32) -> Result<()> {
        let call = format!("apply {step}");
        self.enter(&call)?;
        self.leave(&call, self.inner.apply(work, step, attempt).await)
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        let call = format!("probe {step}");
        self.enter(&call)?;
        self.leave(&call, self.inner.probe(work, step).await)
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        let call = format!("undo {step}");
        self.enter(&call)?;
        self.leave(&call, self.inner.undo(work, step).await)
    }

    async fn settle(&self, incident: &IncidentId) -> Result<()> {
        self.enter("settle")?;
        self.inner.settle(incident).await
    }
}
