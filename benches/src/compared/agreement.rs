//! Guardrails, Rego and Cedar say the same of the same plans.

use std::collections::BTreeMap;

use futures::FutureExt;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::ports::{PolicyEngine, PolicyQuestion};
use selfheal_core::standard::standard_specs;
use selfheal_policy::engines::cedar::CedarEngine;
use selfheal_policy::engines::rego::RegoEngine;
use selfheal_policy::guardrails::Guardrails;

use super::{Asked, Random, Rule};
use crate::Failed;

/// The same rules in force in each engine.
pub struct Engines {
    /// As a guardrails document.
    pub guardrails: Guardrails,
    /// In Rego.
    pub rego: RegoEngine,
    /// In Cedar.
    pub cedar: CedarEngine,
}

impl Engines {
    /// With these rules.
    ///
    /// # Errors
    /// A document that isn't accepted.
    pub fn new(rules: &[Rule]) -> Result<Self, Failed> {
        Ok(Self {
            guardrails: Guardrails::from_text("compared.yaml", &Rule::guardrails(rules))?,
            rego: RegoEngine::from_text("compared.rego", &Rule::rego(rules))?,
            cedar: CedarEngine::from_text("compared.cedar", &Rule::cedar(rules), &standard_specs())?,
        })
    }

    /// Lets all decide about so many random plans of one to five steps; returns how often each verdict was given.
    ///
    /// # Errors
    /// The first plan about which two engines don't agree.
    pub fn agree(&self, plans: usize, seed: u64) -> Result<BTreeMap<Verdict, usize>, Failed> {
        let mut random = Random::new(seed);
        let mut verdicts = BTreeMap::new();
        for number in 0..plans {
            let plan = Asked::random(1 + number % 5, &mut random)?;
            *verdicts
                .entry(self.verdict(&plan).map_err(|problem| format!("plan {number}: {problem}"))?)
                .or_default() += 1;
        }
        Ok(verdicts)
    }

    fn verdict(&self, plan: &Asked) -> Result<Verdict, Failed> {
        let engines: [&dyn PolicyEngine; 3] = [&self.guardrails, &self.rego, &self.cedar];
        let mut decisions = Vec::with_capacity(engines.len());
        for engine in engines {
            decisions.push(decided(engine, &plan.question())?);
        }
        let said = |decision: &Decision| (decision.verdict, decision.needs_rehearsal);
        match decisions.iter().all(|decision| said(decision) == said(&decisions[0])) {
            true => Ok(decisions[0].verdict),
            false => Err(format!("{decisions:#?}\n{plan:?}").into()),
        }
    }
}

/// What an engine that waits for nothing decides.
///
/// # Errors
/// Those of the engine; and if it waits.
pub fn decided(engine: &dyn PolicyEngine, question: &PolicyQuestion<'_>) -> Result<Decision, Failed> {
    let decision = engine.decide(question).now_or_never().ok_or("the engine waits")?;
    Ok(decision?)
}
