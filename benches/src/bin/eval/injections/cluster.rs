//! A host with kinds of its own: what it can do to workloads, of which its policy permits a part.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec, ParameterType, Reversibility, RiskTier, Value};
use selfheal_core::criterion::SuccessCriterion;
use selfheal_core::diagnosis::{ActionTemplate, ParameterSource, Remedy, RowQuery};
use selfheal_core::error::Result;
use selfheal_core::facts::Facts;
use selfheal_core::plan::Compensation;
use selfheal_core::ports::{Offer, Repertoire};

/// What policy permits of it.
pub(super) const POLICY: &str = r"
schema: selfheal.dev/guardrails/v1
name: cluster
version: 1
rules:
  - id: what-can-be-undone
    effect: allow
    kinds: [restart_workload, roll_back_workload, scale_workload]
    environments: [staging]
    when: {rehearsed: true, reversibility: [undoable, nothing_to_undo]}
    because: 'it was rehearsed, and is undone if it fails'
examples:
  - {name: nothing is deleted, given: {kind: delete_namespace, environment: staging, rehearsed: true, reversibility: irreversible}, expect: deny}
";

/// What its executor can do; the last two are never permitted.
pub(super) fn specs() -> Vec<ActionSpec> {
    use ParameterType::{Integer, Text};
    let spec = |kind: &'static str| ActionSpec::new(ActionKind::custom(kind));
    vec![
        spec("restart_workload").rated(RiskTier::Low, Reversibility::NothingToUndo),
        spec("roll_back_workload").requires("revision", Integer).rated(RiskTier::Medium, Reversibility::Undoable),
        spec("scale_workload").requires("replicas", Integer).rated(RiskTier::Medium, Reversibility::Undoable),
        spec("set_image").requires("image", Text).rated(RiskTier::High, Reversibility::Undoable),
        spec("delete_namespace").rated(RiskTier::Critical, Reversibility::Irreversible),
    ]
}

/// The remedies of its operator, who also wrote some for people's use that policy does not permit.
pub(super) struct Operators;

#[async_trait]
impl Repertoire for Operators {
    async fn offers(&self, _: &Facts) -> Result<Vec<Offer>> {
        let observed = |column: &str| ParameterSource::Row(column.to_owned());
        let zero = ParameterSource::Value(Value::Integer(0));
        Ok(vec![
            offer("restart/1", "Restarts the workload.", "restart_workload", None, None),
            offer(
                "roll-back/1",
                "Returns to a revision that ran before.",
                "roll_back_workload",
                Some("workload.revisions"),
                Some(("revision", observed("revision"))),
            ),
            offer(
                "scale/1",
                "Runs as many copies as there is room for.",
                "scale_workload",
                Some("workload.sizes"),
                Some(("replicas", observed("replicas"))),
            ),
            offer("pause/1", "Takes the image away.", "set_image", None, Some(("image", zero))),
            offer("tidy/1", "Removes the whole namespace.", "delete_namespace", None, None),
        ])
    }
}

fn offer(
    id: &str,
    what: &str,
    kind: &'static str,
    from: Option<&str>,
    parameter: Option<(&str, ParameterSource)>,
) -> Offer {
    let parameters = parameter.into_iter().map(|(name, source)| (name.to_owned(), source)).collect();
    let remedy = Remedy {
        from: from.map(|set| RowQuery { set: set.to_owned(), given: BTreeMap::new() }),
        actions: vec![ActionTemplate { kind: ActionKind::custom(kind), parameters }],
        criteria: vec![SuccessCriterion::Probe("workload_ready".to_owned())],
        compensation: Compensation::Undo,
    };
    Offer { id: id.to_owned(), what: what.to_owned(), inputs: Vec::new(), remedy: Arc::new(remedy) }
}
