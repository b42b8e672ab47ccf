//! A feature-flag service heals itself: checkout fails while `new_checkout` is on, so it is turned off again.
#![allow(clippy::print_stdout, reason = "says what happened")]

#[cfg(test)]
mod conformance;
mod executor;
mod flags;

use std::error::Error as StdError;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::Value;
use selfheal_core::confidence::Autonomy;
use selfheal_core::criterion::{Observation, SuccessCriterion};
use selfheal_core::diagnosis::{ActionTemplate, Hypothesis, ParameterSource, Remedy};
use selfheal_core::error::Result;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::Signal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::ports::{HealthProbe, ProbeRequest};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{AllowAll, ScriptedRunbooks, wrong_value};

use executor::{FlagExecutor, TOGGLE_FLAG};
use flags::Flags;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let flags = Flags::default();
    flags.set("new_checkout", true);
    println!("checkout fails; new_checkout is {}", flags.shown("new_checkout"));

    let healer = Orchestrator::builder()
        .runbooks(Arc::new(ScriptedRunbooks::new(vec![vec![known_bad_flag()]])))
        .executor(Arc::new(FlagExecutor::new(flags.clone())))
        .policy(Arc::new(AllowAll))
        // A flag can't be rehearsed, and this host has no record yet; without this line a person would be asked first.
        .autonomy(Autonomy::by_policy_alone())
        .probe(Arc::new(CheckoutWorks(flags.clone())))
        .build()?;
    let signal = Signal::new(ResourceRef::new("flags", "service", "checkout"), Environment::Staging);
    let report = healer.heal(signal, &Cancellation::new()).await?;

    for preview in report.tried().iter().flat_map(|tried| tried.proposal.previews.iter()) {
        println!("{}", preview.summary);
    }
    println!("outcome: {:?}; new_checkout is {}", report.outcome(), flags.shown("new_checkout"));
    Ok(())
}

/// What a runbook document of this host would say.
fn known_bad_flag() -> Hypothesis {
    let parameters = [
        ("flag".to_owned(), ParameterSource::Value(Value::Text("new_checkout".to_owned()))),
        ("on".to_owned(), ParameterSource::Value(Value::Flag(false))),
    ];
    let known = wrong_value("new_checkout", "off");
    Hypothesis {
        remedies: vec![Arc::new(Remedy {
            actions: vec![ActionTemplate { kind: TOGGLE_FLAG, parameters: parameters.into() }],
            criteria: vec![SuccessCriterion::Probe("checkout_works".to_owned())],
            ..Remedy::clone(&known.remedies[0])
        })],
        ..known
    }
}

/// Checkout works while `new_checkout` is off.
struct CheckoutWorks(Flags);

#[async_trait]
impl HealthProbe for CheckoutWorks {
    async fn observe(&self, _: &ProbeRequest<'_>) -> Result<Observation> {
        let on = self.0.get("new_checkout").is_some_and(|flag| flag.on);
        let facts = Facts::new().with("new_checkout", Fact::Flag(on));
        Ok(if on { Observation::Unhealthy { facts, evidence: Vec::new() } } else { Observation::Healthy { facts } })
    }
}
