//! One provider out of several: for each tier a list of backends, each with retries, a circuit breaker, a pace and a bound on calls
//! under way, and the next one in its place when it fails for good.
//!
//! All of it ends within the request's deadline: what doesn't fit isn't tried. When nobody answers, the error says what each of them
//! said, and the caller goes on without a model.

mod account;
mod backend;
mod breaker;
mod builder;
mod limits;
mod pace;
mod reaction;
mod time;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::{Error, Result};
use selfheal_core::ports::{Clock, Entropy, LlmProvider, LlmRequest, LlmResponse, ModelTier};
use selfheal_core::spending::{Meter, is_ceiling};

use account::Account;
use backend::{Backend, Share, Unanswered};
pub use builder::{RouterBuilder, RouterError};
pub use limits::BackendLimits;
use reaction::Reaction;
use time::Time;

/// Asks the backends of a request's tier, one after the other, until one answers.
///
/// ```
/// use std::sync::Arc;
/// use selfheal_core::orchestrator::{SystemClock, SystemEntropy};
/// use selfheal_core::ports::ModelTier;
/// use selfheal_llm::router::{BackendLimits, Router};
/// # fn provider() -> Arc<dyn selfheal_core::ports::LlmProvider> {
/// #     Arc::new(selfheal_core::testing::ScriptedModel::new(vec![]))
/// # }
/// # fn main() -> Result<(), selfheal_llm::router::RouterError> {
/// let router = Router::builder(Arc::new(SystemClock::default()), Arc::new(SystemEntropy::default()))
///     .backend("own", provider(), BackendLimits { concurrent: 8, ..BackendLimits::default() })
///     .backend("rented", provider(), BackendLimits { calls_per_minute: Some(60), ..BackendLimits::default() })
///     .tier(ModelTier::Large, &["rented"])
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct Router {
    backends: Vec<Backend>,
    small: Vec<usize>,
    large: Vec<usize>,
    time: Time,
    entropy: Arc<dyn Entropy>,
}

impl Router {
    /// A router that waits by `clock` and spreads retries by `entropy`.
    pub fn builder(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> RouterBuilder {
        RouterBuilder::new(clock, entropy)
    }

    fn route(&self, tier: ModelTier) -> impl Iterator<Item = &Backend> + Clone {
        let places = match tier {
            ModelTier::Small => &self.small,
            ModelTier::Large => &self.large,
        };
        places.iter().filter_map(|place| self.backends.get(*place))
    }

    /// While others could still be asked, a backend gets two thirds of the time that is left.
    fn share<'a>(&self, until: Duration, mut others: impl Iterator<Item = &'a Backend>) -> Share {
        let now = self.time.now();
        let others_follow = others.any(|other| other.is_hopeful(now));
        let left = until.saturating_sub(now);
        let share = if others_follow { left / 3 * 2 } else { left };
        Share { until: now.saturating_add(share), others_follow }
    }
}

#[async_trait]
impl LlmProvider for Router {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let until = self.time.now().saturating_add(request.deadline);
        let (mut account, mut too_small) = (Account::default(), None);
        let mut route = self.route(request.tier);
        while let Some(backend) = route.next() {
            if let Some(context_tokens) = too_small
                && backend.is_no_larger_than(context_tokens)
            {
                account.passed_over(&backend.name, "it reads no more tokens");
                continue;
            }
            let share = self.share(until, route.clone());
            let unanswered = match backend.ask(request, meter, share, &self.time, self.entropy.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(unanswered) => unanswered,
            };
            match unanswered.error.as_ref().map(Reaction::to) {
                Some(Reaction::Stop) => return Err(stopped(backend, unanswered, account, request.tier)),
                Some(Reaction::Larger) => too_small = Some(backend.limits.context_tokens),
                Some(Reaction::Again | Reaction::Next) | None => {}
            }
            account.add(&backend.name, unanswered);
        }
        Err(account.error(request.tier))
    }
}

/// A ceiling's refusal is the caller's to read; whatever else ends the search is told with what others said before.
fn stopped(backend: &Backend, unanswered: Unanswered, mut account: Account, tier: ModelTier) -> Error {
    match unanswered.error {
        Some(error) if is_ceiling(&error) => error,
        _ => {
            account.add(&backend.name, unanswered);
            account.error(tier)
        }
    }
}
