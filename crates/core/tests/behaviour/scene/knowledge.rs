//! Hypotheses, and runbooks that know a failure by its line.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, Value};
use selfheal_core::category::FailureCategory;
use selfheal_core::criterion::SuccessCriterion;
use selfheal_core::diagnosis::{ActionTemplate, Hypothesis, ParameterSource, Remedy, RootCause, Source};
use selfheal_core::error::Result;
use selfheal_core::evidence::{Evidence, Untrusted};
use selfheal_core::plan::Compensation;
use selfheal_core::ports::{Case, Runbooks};
use selfheal_core::testing::SET_VALUE;

/// A cause with its remedies, each a list of `key = value` steps.
pub(crate) fn hypothesis(cause: &str, remedies: &[&[(&str, &str)]]) -> Hypothesis {
    with_remedies(cause, FailureCategory::MISSING_CONFIGURATION, remedies.iter().map(|steps| remedy(steps)).collect())
}

/// A failing test that is worth up to `attempts` starts.
pub(crate) fn retry_hypothesis(attempts: i64, initial_backoff_ms: i64) -> Hypothesis {
    let parameters = BTreeMap::from([
        ("attempts".to_owned(), ParameterSource::Value(Value::Integer(attempts))),
        ("initial_backoff_ms".to_owned(), ParameterSource::Value(Value::Integer(initial_backoff_ms))),
    ]);
    let actions = vec![ActionTemplate { kind: ActionKind::RETRY_STAGE, parameters }];
    with_remedies("flaky", FailureCategory::TEST_FAILURE, vec![of(actions)])
}

fn with_remedies(cause: &str, category: FailureCategory, remedies: Vec<Remedy>) -> Hypothesis {
    Hypothesis {
        category,
        cause: RootCause {
            kind: cause.to_owned(),
            summary: Untrusted::new(cause.to_owned()),
            extracted: BTreeMap::new(),
        },
        citations: Vec::new(),
        source: Source::Runbook { id: cause.to_owned(), version: 1 },
        priority: 50,
        remedies: remedies.into_iter().map(Arc::new).collect(),
        advice: None,
        reference: None,
    }
}

fn remedy(steps: &[(&str, &str)]) -> Remedy {
    let text = |text: &str| ParameterSource::Value(Value::Text(text.to_owned()));
    let action = |(key, value): &(&str, &str)| ActionTemplate {
        kind: SET_VALUE,
        parameters: BTreeMap::from([("key".to_owned(), text(key)), ("value".to_owned(), text(value))]),
    };
    of(steps.iter().map(action).collect())
}

fn of(actions: Vec<ActionTemplate>) -> Remedy {
    let criteria = vec![SuccessCriterion::Probe("healthy".to_owned())];
    Remedy { from: None, actions, criteria, compensation: Compensation::Undo }
}

/// Knows each failure by a line; what none of its lines stands in is unknown.
pub(crate) struct KnownLines(pub(crate) Vec<(&'static str, Hypothesis)>);

#[async_trait]
impl Runbooks for KnownLines {
    async fn explain(&self, case: &Case<'_>) -> Result<Vec<Hypothesis>> {
        let stands = |known: &str| case.evidence.iter().flat_map(Evidence::lines).any(|(_, line)| line == known);
        Ok(self.0.iter().filter(|(line, _)| stands(line)).map(|(_, hypothesis)| hypothesis.clone()).collect())
    }
}
