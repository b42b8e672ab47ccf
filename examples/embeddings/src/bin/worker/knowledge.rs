//! What this host knows: one failure with one remedy, what may be done, and when a thing works.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::Value;
use selfheal_core::category::FailureCategory;
use selfheal_core::criterion::{Observation, SuccessCriterion};
use selfheal_core::diagnosis::{ActionTemplate, Hypothesis, ParameterSource, Remedy, RootCause, Source};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::plan::Compensation;
use selfheal_core::ports::{Case, HealthProbe, ProbeRequest, Runbooks};

use crate::executor::SET_MODE;
use crate::things::{DEGRADED, NORMAL, Thing, Things};

/// What may be done where.
pub(crate) const GUARDRAILS: &str = include_str!("guardrails.yaml");

const WORKS: &str = "works";

/// What is observed of a thing.
pub(crate) fn facts(thing: &Thing) -> Facts {
    Facts::new().with("mode", Fact::Text(thing.mode.clone()))
}

/// A degraded thing is put into its normal mode.
pub(crate) struct DegradedThings;

#[async_trait]
impl Runbooks for DegradedThings {
    async fn explain(&self, case: &Case<'_>) -> Result<Vec<Hypothesis>> {
        let degraded = case.facts.get("mode") == Some(&Fact::Text(DEGRADED.to_owned()));
        Ok(if degraded { vec![wrong_mode()] } else { Vec::new() })
    }
}

fn wrong_mode() -> Hypothesis {
    let parameters = [("mode".to_owned(), ParameterSource::Value(Value::Text(NORMAL.to_owned())))];
    Hypothesis {
        category: FailureCategory::CONFIGURATION_DRIFT,
        cause: RootCause {
            kind: "wrong_mode".to_owned(),
            summary: Untrusted::new("the thing is in the wrong mode".to_owned()),
            extracted: BTreeMap::new(),
        },
        citations: Vec::new(),
        source: Source::Runbook { id: "degraded-things".to_owned(), version: 1 },
        priority: 50,
        remedies: vec![Arc::new(Remedy {
            from: None,
            actions: vec![ActionTemplate { kind: SET_MODE, parameters: parameters.into() }],
            criteria: vec![SuccessCriterion::Probe(WORKS.to_owned())],
            compensation: Compensation::Undo,
        })],
        advice: None,
        reference: None,
    }
}

/// Looks whether things work.
pub(crate) struct ThingsWork(pub(crate) Things);

#[async_trait]
impl HealthProbe for ThingsWork {
    async fn observe(&self, request: &ProbeRequest<'_>) -> Result<Observation> {
        if request.probe != WORKS {
            return Err(Error::new(ErrorKind::Unsupported, "things.observe", "expected the probe `works`"));
        }
        let thing = self.0.read(&request.resource.name)?;
        let facts = facts(&thing);
        Ok(match thing.works() {
            true => Observation::Healthy { facts },
            false => Observation::Unhealthy { facts, evidence: Vec::new() },
        })
    }
}
