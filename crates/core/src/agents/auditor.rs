//! Auditor: policy first. An error, a panic or silence is a denial.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::decision::{Decision, Verdict};
use crate::ports::{Clock, PolicyEngine, PolicyQuestion};

/// Asks every policy engine and keeps the strictest answer.
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

    /// The strictest decision of all engines. Never fails: whatever goes wrong is a denial.
    pub async fn decide(&self, question: &PolicyQuestion<'_>) -> Decision {
        let mut joined: Option<Decision> = None;
        for engine in &self.engines {
            let said = self.ask(engine.as_ref(), question).await;
            joined = Some(match joined {
                None => said,
                Some(before) => stricter(before, said),
            });
        }
        joined.unwrap_or_else(|| Decision::denied("no policy engine is configured", "none"))
    }

    async fn ask(&self, engine: &dyn PolicyEngine, question: &PolicyQuestion<'_>) -> Decision {
        let answer = AssertUnwindSafe(async { engine.decide(question).await }).catch_unwind();
        // Lazy: an engine that answers at once costs no timer.
        let silence = async { self.clock.sleep_until(self.clock.now().after(self.timeout)).await };
        futures_util::pin_mut!(answer);
        tokio::select! {
            biased;
            answered = &mut answer => match answered {
                Ok(Ok(decision)) => decision,
                Ok(Err(error)) => Decision::denied(format!("the policy engine failed: {error}"), "none"),
                Err(_panic) => Decision::denied("the policy engine panicked", "none"),
            },
            () = silence => Decision::denied("the policy engine did not answer in time", "none"),
        }
    }
}

fn stricter(one: Decision, other: Decision) -> Decision {
    let (mut strict, loose) = if other.verdict > one.verdict { (other, one) } else { (one, other) };
    strict.needs_rehearsal |= loose.needs_rehearsal && strict.verdict != Verdict::Deny;
    strict.rules.extend(loose.rules);
    if loose.policy_version != strict.policy_version {
        strict.policy_version = format!("{}+{}", strict.policy_version, loose.policy_version);
    }
    strict
}
