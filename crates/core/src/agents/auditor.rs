//! Auditor: policy first. An error, a panic or silence is a denial.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::action::ActionKind;
use crate::allowed::Permitted;
use crate::decision::{Clearance, Decision};
use crate::error::{Error, ErrorKind, Result};
use crate::ports::{Clock, Moment, PolicyEngine, PolicyQuestion, Reach};

/// Asks every policy engine and keeps the strictest answer, so that each of them can only tighten what the others say.
pub struct Auditor {
    engines: Vec<Arc<dyn PolicyEngine>>,
    clock: Arc<dyn Clock>,
    timeout: std::time::Duration,
}

impl Auditor {
    /// An auditor that gives each engine `timeout` to answer.
    #[must_use]
    pub fn new(engines: Vec<Arc<dyn PolicyEngine>>, clock: Arc<dyn Clock>, timeout: std::time::Duration) -> Self {
        Self { engines, clock, timeout }
    }

    /// The kinds that every engine could permit, and why not the others. Never fails: what goes wrong permits nothing.
    pub async fn permits(&self, reach: &Reach<'_>) -> Permitted {
        let mut joined = Permitted { kinds: reach.every_kind(), left_out: Vec::new() };
        if self.engines.is_empty() {
            joined.keep(&BTreeSet::new(), |_| "no policy engine is configured".to_owned());
        }
        for engine in &self.engines {
            match self.ask(engine.permits(reach)).await {
                Ok(permits) => joined.keep(&permits, |kind| leaves_out(engine.as_ref(), reach, kind)),
                Err(problem) => {
                    tracing::warn!(problem, "nothing is permitted");
                    joined.keep(&BTreeSet::new(), |_| problem.clone());
                }
            }
        }
        joined
    }

    /// The strictest decision of all engines. Never fails: whatever goes wrong is a denial.
    pub async fn decide(&self, question: &PolicyQuestion<'_>) -> Decision {
        let mut joined: Option<Decision> = None;
        for engine in &self.engines {
            let said = self.ask(engine.decide(question)).await;
            joined = Some(with(joined, said.unwrap_or_else(|problem| Decision::denied(problem, "none"))));
        }
        joined.unwrap_or_else(nobody_asked)
    }

    /// As [`decide`](Self::decide), about a plan that was decided already: an engine that can't say doesn't overturn that.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if an engine fails, panics or keeps silent: it is asked later then.
    pub async fn decide_again(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let unavailable = |problem| Error::new(ErrorKind::Unavailable, "policy.decide", problem);
        let mut joined: Option<Decision> = None;
        for engine in &self.engines {
            joined = Some(with(joined, self.ask(engine.decide(question)).await.map_err(unavailable)?));
        }
        Ok(joined.unwrap_or_else(nobody_asked))
    }

    /// The strictest clearance of all engines. Never fails: whatever goes wrong holds the effect.
    pub async fn clear(&self, moment: &Moment<'_>) -> Clearance {
        let mut joined = Clearance::Clear;
        for engine in &self.engines {
            let said = self.ask(engine.clear(moment)).await;
            joined = joined.and(said.unwrap_or_else(|because| Clearance::Hold { until: None, because }));
        }
        joined
    }

    async fn ask<T>(&self, answer: impl Future<Output = Result<T>>) -> std::result::Result<T, String> {
        let answer = AssertUnwindSafe(answer).catch_unwind();
        // Lazy: an engine that answers at once costs no timer.
        let silence = async { self.clock.sleep_until(self.clock.now().after(self.timeout)).await };
        futures_util::pin_mut!(answer);
        tokio::select! {
            biased;
            answered = &mut answer => match answered {
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(error)) => Err(format!("the policy engine failed: {error}")),
                Err(_panic) => Err("the policy engine panicked".to_owned()),
            },
            () = silence => Err("the policy engine did not answer in time".to_owned()),
        }
    }
}

/// It is left out whatever an engine says about that, and however.
fn leaves_out(engine: &dyn PolicyEngine, reach: &Reach<'_>, kind: &ActionKind) -> String {
    let words = std::panic::catch_unwind(AssertUnwindSafe(|| engine.leaves_out(reach, kind)));
    words.ok().flatten().unwrap_or_else(|| "policy does not permit it".to_owned())
}

fn with(before: Option<Decision>, said: Decision) -> Decision {
    match before {
        None => said,
        Some(before) => before.and(said),
    }
}

fn nobody_asked() -> Decision {
    Decision::denied("no policy engine is configured", "none")
}
