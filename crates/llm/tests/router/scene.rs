//! Backends, requests and meters to test with.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::error::Result;
use selfheal_core::ports::{Clock, LlmMessage, LlmProvider, LlmRequest, LlmResponse, ModelTier};
use selfheal_core::spending::{Amount, Budget, Meter};
use selfheal_core::testing::{SeededEntropy, TokioClock};
use selfheal_llm::router::{BackendLimits, Router, RouterBuilder};
use selfheal_llm::testing::{Model, Reply};
use selfheal_llm::{Failure, FailureClass};

pub(crate) const PLENTY: Amount = Amount { calls: u64::MAX, tokens: u64::MAX, micro_usd: u64::MAX };

/// Time, and what counts calls.
pub(crate) struct Scene {
    pub(crate) clock: Arc<TokioClock>,
    pub(crate) meter: Meter,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(PLENTY)
    }

    pub(crate) fn with(left: Amount) -> Self {
        let clock = Arc::new(TokioClock::default());
        let meter = Meter::new(left, Arc::new(Budget::of_this_process(PLENTY)), clock.clone());
        Self { clock, meter }
    }

    pub(crate) fn router(&self) -> RouterBuilder {
        Router::builder(self.clock.clone(), Arc::new(SeededEntropy::new(7)))
    }

    /// A router over these, with the usual limits.
    pub(crate) fn over(&self, backends: &[(&str, Arc<dyn LlmProvider>)]) -> Router {
        let builder = backends.iter().fold(self.router(), |builder, (name, provider)| {
            builder.backend(name, provider.clone(), BackendLimits::default())
        });
        builder.build().unwrap()
    }

    pub(crate) async fn ask(&self, provider: &dyn LlmProvider) -> Result<LlmResponse> {
        provider.complete(&request(), &self.meter).await
    }

    /// Who was called so far, in order.
    pub(crate) fn called(&self) -> Vec<String> {
        self.meter.drain().into_iter().map(|call| call.provider).collect()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

pub(crate) fn request() -> LlmRequest {
    let schema = serde_json::json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]});
    LlmRequest::for_json(ModelTier::Small, vec![LlmMessage::user("Is it well?")], "ok", schema)
}

pub(crate) fn answering(name: &str) -> Arc<dyn LlmProvider> {
    Arc::new(Model::new(name, |_: &LlmRequest, _: u64| Reply::Says("{\"ok\": true}".to_owned())))
}

/// Fails so often with one failure after the other, and then answers.
pub(crate) fn failing(name: &str, failures: Vec<Failure>) -> Arc<dyn LlmProvider> {
    Arc::new(Model::new(name, move |_: &LlmRequest, call: u64| {
        let failure = usize::try_from(call).ok().and_then(|call| failures.get(call));
        failure.map_or_else(|| Reply::Says("{\"ok\": true}".to_owned()), |failure| Reply::Fails(*failure))
    }))
}

/// Never answers.
pub(crate) fn broken(name: &str, class: FailureClass) -> Arc<dyn LlmProvider> {
    Arc::new(Model::new(name, move |_: &LlmRequest, _: u64| Reply::fails(class)))
}

/// Answers so long after the question.
pub(crate) fn slow(scene: &Scene, name: &str, latency: Duration) -> Arc<dyn LlmProvider> {
    let says = |_: &LlmRequest, _: u64| Reply::Says("{\"ok\": true}".to_owned());
    Arc::new(Model::new(name, says).slow(latency, scene.clock.clone()))
}
