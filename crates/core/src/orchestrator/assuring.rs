//! How sure it is that a plan heals, and whether that is enough to act without asking.

use std::time::Duration;

use crate::action::{ActionSpec, Reversibility, RiskTier};
use crate::confidence::{Assurance, Features, Gate, Impact, Similarity, Situation, SourceClass, Why};
use crate::decision::{Decision, RuleVoice, Verdict};
use crate::diagnosis::{Hypothesis, Source};
use crate::engine::{Proposal, State, TriedResult};
use crate::facts::Fact;
use crate::incident::Severity;
use crate::ledger::History;
use crate::ports::RehearsalEvidence;
use crate::time::Timestamp;

use super::Orchestrator;
use super::experience::Precedents;
use super::opining::is_by_model;

/// What was concluded about one plan, and from what.
pub(super) struct Assessment {
    pub(super) assurance: Assurance,
    features: Features,
    kind_outcomes: u32,
    /// Heals by the model that chose the plan, if one did.
    model_heals: Option<u32>,
    history: History,
}

/// How far back a failure or a relapse of the resource makes healers more careful: most pipelines run once a day at least.
const LATELY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Orchestrator {
    /// How sure it is that the plan heals. While its rehearsal is pending: how sure it will be once that is verified.
    pub(super) async fn assessment(
        &self,
        state: &State,
        proposal: &Proposal,
        specs: &[ActionSpec],
        rehearsal: RehearsalEvidence,
    ) -> Assessment {
        let now = self.ports.clock.now();
        // Boxed: mostly nothing is to be read, and every incident would reserve room for it throughout.
        Box::pin(self.experience.refresh(self.ports.memory.as_deref(), now)).await;
        let history = Box::pin(self.history(state, now)).await;
        let plan = &proposal.plan;
        let precedents = self.experience.precedents(&plan.kinds(), &plan.source, now);
        let features = features(state, proposal, specs, rehearsal, &precedents);
        let assurance = precedents.head.assess(&features);
        let model_heals = is_by_model(state, proposal).then_some(precedents.source_heals);
        Assessment { assurance, features, kind_outcomes: precedents.kind_outcomes, model_heals, history }
    }

    /// How fixes of the resource did in other incidents; nothing is known of that where there is no ledger. Where it can't be read,
    /// the effect itself is held.
    async fn history(&self, state: &State, now: Timestamp) -> History {
        let Some(watch) = &self.fleet else { return History::default() };
        watch.history(&state.incident, LATELY, now).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "how fixes of the resource did lately can't be read");
            History::default()
        })
    }

    /// The decision, tightened if it isn't sure enough that the plan heals.
    pub(super) fn gated(
        &self,
        mut decision: Decision,
        state: &State,
        assessed: Assessment,
        rehearsed: bool,
    ) -> Decision {
        decision.assurance = Some(assessed.assurance);
        let situation = Situation {
            features: &assessed.features,
            environment: &state.incident.environment,
            impact: impact(state),
            recent_failures: failures(state).saturating_add(assessed.history.failures),
            relapses: assessed.history.relapses,
            kind_outcomes: assessed.kind_outcomes,
            model_heals: assessed.model_heals,
        };
        let gate = self.autonomy.gate(&assessed.assurance, &situation);
        if let (Gate::Suggest { .. }, Verdict::Allow, true) = (&gate, decision.verdict, rehearsed) {
            decision = {
                let asked = asked_about(&gate, state, &decision.policy_version);
                decision.and(asked)
            };
        }
        decision.features = Some(Box::new(assessed.features));
        decision
    }
}

fn asked_about(gate: &Gate, state: &State, policy_version: &str) -> Decision {
    let steps = state.proposal.as_ref().map_or(0, |proposal| proposal.plan.steps.len());
    let because = gate.to_string();
    let voice = |step| RuleVoice {
        rule: "autonomy/confidence".to_owned(),
        verdict: Verdict::RequireApproval,
        step,
        because: because.clone(),
    };
    let mut asked = Decision::new(Verdict::RequireApproval, because.clone(), policy_version);
    asked.rules = (0..steps).map(voice).collect();
    let missing = match gate {
        Gate::Suggest { why: Why::NewModel { .. }, .. } => {
            "more plans by this model that people agreed to and that healed"
        }
        _ => "verified outcomes of this kind of fix, or a rehearsal that passes on a copy",
    };
    asked.to_be_allowed.push(missing.to_owned());
    asked
}

fn features(
    state: &State,
    proposal: &Proposal,
    specs: &[ActionSpec],
    rehearsal: RehearsalEvidence,
    precedents: &Precedents,
) -> Features {
    let plan = &proposal.plan;
    let previewed = proposal.previews.iter().map(|preview| preview.reversibility);
    let reversibility = specs.iter().map(|spec| spec.reversibility).chain(previewed).max();
    let risk = specs.iter().map(|spec| spec.risk).max().unwrap_or(RiskTier::Critical);
    let hoped = match rehearsal {
        RehearsalEvidence::Pending => RehearsalEvidence::Verified,
        known => known,
    };
    let best = state.diagnosis().and_then(|diagnosis| diagnosis.best());
    Features {
        source_record: precedents.of_source,
        kind_record: precedents.of_kinds,
        agreement: agreement(state, &plan.source, &plan.kinds()),
        citations: best.map_or(0, citations),
        rehearsal: hoped,
        similarity: state.is_recalled().then_some(Similarity::EXACT),
        ..Features::new(source(state, &plan.source), risk, reversibility.unwrap_or(Reversibility::Irreversible))
    }
}

/// A model chooses how many lines it names, so that it names more says nothing.
fn citations(best: &Hypothesis) -> u32 {
    let most = if best.source.is_model() { 1 } else { u32::MAX };
    u32::try_from(best.citations.len()).unwrap_or(u32::MAX).min(most)
}

fn source(state: &State, of_plan: &Source) -> SourceClass {
    if state.is_recalled() { SourceClass::Memory } else { SourceClass::from(of_plan) }
}

/// How many sources propose a fix of the same kind, this plan's own included.
fn agreement(state: &State, own: &Source, kinds: &str) -> u32 {
    let hypotheses = state.diagnosis().map(|diagnosis| diagnosis.hypotheses.iter()).into_iter().flatten();
    let proposes = |hypothesis: &&Hypothesis| hypothesis.source != *own && hypothesis.proposes(kinds);
    let mut others: Vec<&Source> = hypotheses.filter(proposes).map(|hypothesis| &hypothesis.source).collect();
    others.sort();
    others.dedup();
    u32::try_from(others.len()).unwrap_or(u32::MAX).saturating_add(1)
}

fn failures(state: &State) -> u32 {
    let failed = |result| matches!(result, TriedResult::RolledBack | TriedResult::Stuck);
    u32::try_from(state.tried.iter().filter(|tried| failed(tried.result)).count()).unwrap_or(u32::MAX)
}

/// As the fact `business_impact` says; without one, by severity.
fn impact(state: &State) -> Impact {
    match state.incident.facts.get("business_impact") {
        Some(Fact::Text(name)) if name == "low" => Impact::Low,
        Some(Fact::Text(name)) if name == "normal" => Impact::Normal,
        Some(Fact::Text(name)) if name == "high" => Impact::High,
        // What is not understood is not taken lightly.
        Some(_) => Impact::Critical,
        None if state.incident.severity == Severity::Critical => Impact::High,
        None => Impact::Normal,
    }
}
