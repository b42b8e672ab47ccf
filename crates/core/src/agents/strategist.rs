//! Strategist: diagnosis → a plan of typed actions that was not tried yet.

use std::sync::Arc;

use crate::action::{ActionKind, ActionSpec, Parameter, Parameters, Provenance, Value};
use crate::allowed::Allowed;
use crate::diagnosis::{ActionTemplate, Diagnosis, Hypothesis, ParameterSource, Remedy, Source};
use crate::engine::{Attack, Tried};
use crate::error::{Error, ErrorKind, Result};
use crate::evidence::Untrusted;
use crate::limits::Limits;
use crate::plan::{Compensation, Plan, Step, StepRetry};
use crate::ports::{CandidateQuery, Candidates, Row};

/// What the strategist is asked.
#[derive(Debug, Clone, Copy)]
pub struct Assignment<'a> {
    /// What may be done about the incident at all: nothing else can be planned.
    pub allowed: &'a Allowed,
    /// What is believed, and what has to be done before.
    pub attack: &'a Attack,
    /// What ended already; it is not proposed again.
    pub tried: &'a [Tried],
    /// The kinds that executors of the resource's system perform.
    pub specs: &'a [ActionSpec],
}

/// Draws up plans from the remedies of the best hypothesis.
///
/// It is confined by construction: target and kind come with a [`Permit`](crate::allowed::Permit), and a parameter is a constant of
/// the runbook or the column of an observed row.
pub struct Strategist {
    candidates: Vec<Arc<dyn Candidates>>,
    limits: Limits,
}

impl Strategist {
    /// A strategist that asks `candidates` for observed rows.
    #[must_use]
    pub fn new(candidates: Vec<Arc<dyn Candidates>>, limits: Limits) -> Self {
        Self { candidates, limits }
    }

    /// The next plan, or `None` if there is nothing (more) to propose.
    ///
    /// # Errors
    /// If a source of candidates fails.
    pub async fn plan(&self, assignment: &Assignment<'_>) -> Result<Option<Plan>> {
        let diagnosis = &assignment.attack.diagnosis;
        for hypothesis in leading(diagnosis) {
            for remedy in &hypothesis.remedies {
                for row in self.rows(assignment, hypothesis, remedy).await? {
                    let plan = self.draw_up(assignment, hypothesis, remedy, &row);
                    if let Some(plan) = plan.filter(|plan| !was_tried(plan, assignment.tried)) {
                        return Ok(Some(plan));
                    }
                }
            }
        }
        Ok(None)
    }

    async fn rows(&self, assignment: &Assignment<'_>, hypothesis: &Hypothesis, remedy: &Remedy) -> Result<Vec<Row>> {
        let Some(query) = &remedy.from else { return Ok(vec![Row::new()]) };
        let extracted = &hypothesis.cause.extracted;
        let selected = |name: &String| extracted.get(name).cloned().unwrap_or_default();
        let query = CandidateQuery {
            resource: assignment.allowed.target().clone(),
            set: query.set.clone(),
            given: query.given.iter().map(|(column, name)| (column.clone(), selected(name))).collect(),
            after: assignment.attack.base.clone(),
        };
        for candidates in &self.candidates {
            match candidates.rows(&query).await {
                Ok(mut rows) => {
                    rows.truncate(self.limits.rows_per_remedy);
                    return Ok(rows);
                }
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                Err(error) => return Err(error),
            }
        }
        let message = format!("no source of candidates knows the set `{}`", query.set);
        Err(Error::new(ErrorKind::Unsupported, "candidates.rows", message))
    }

    fn draw_up(
        &self,
        assignment: &Assignment<'_>,
        hypothesis: &Hypothesis,
        remedy: &Remedy,
        row: &Row,
    ) -> Option<Plan> {
        let author = Author { hypothesis, remedy, row, assignment };
        let added: Option<Vec<Step>> = remedy.actions.iter().map(|template| author.step(template)).collect();
        let base = &assignment.attack.base;
        let steps = [base.as_slice(), &added.filter(|added| !added.is_empty())?].concat();
        if steps.len() > self.limits.steps_per_plan {
            return None;
        }
        Some(Plan {
            rationale: rationale(&steps, hypothesis),
            steps,
            source: hypothesis.source.clone(),
            confidence: assignment.attack.diagnosis.confidence,
        })
    }
}

// A remedy of a weaker hypothesis must not override the best one: that a credential expired explains a failed
// download better than "network", and it must not be retried.
fn leading(diagnosis: &Diagnosis) -> impl Iterator<Item = &Hypothesis> {
    let top = diagnosis.best().map(|best| best.priority);
    diagnosis.hypotheses.iter().take_while(move |hypothesis| Some(hypothesis.priority) == top)
}

fn was_tried(plan: &Plan, tried: &[Tried]) -> bool {
    tried.iter().any(|ended| ended.proposal.plan.steps == plan.steps)
}

fn rationale(steps: &[Step], hypothesis: &Hypothesis) -> String {
    let kinds: Vec<&str> = steps.iter().map(|step| step.action.kind().as_str()).collect();
    let source = match &hypothesis.source {
        Source::Runbook { id, version } => format!("runbook {id} v{version}"),
        Source::Memory => "a proven fix".to_owned(),
        Source::Model { name } => format!("model {name}"),
        Source::Nothing => "nothing known".to_owned(),
    };
    format!("{source} mends {} by {}", hypothesis.cause.kind, kinds.join(", then "))
}

struct Author<'a> {
    hypothesis: &'a Hypothesis,
    remedy: &'a Remedy,
    row: &'a Row,
    assignment: &'a Assignment<'a>,
}

impl Author<'_> {
    fn step(&self, template: &ActionTemplate) -> Option<Step> {
        let spec = self.assignment.specs.iter().find(|spec| spec.kind == template.kind)?;
        let permit = self.assignment.allowed.permit(spec)?;
        let mut parameters = Parameters::new();
        for (name, source) in &template.parameters {
            if let Some(parameter) = self.parameter(source) {
                parameters.insert(name.clone(), parameter);
            }
        }
        // A row without a required column is no alternative.
        let action = permit.action(parameters).ok()?;
        Some(Step {
            retry: StepRetry::of(&action),
            action,
            criteria: self.remedy.criteria.clone(),
            compensation: match template.kind == ActionKind::RETRY_STAGE {
                true => Compensation::NothingToUndo,
                false => self.remedy.compensation,
            },
        })
    }

    fn parameter(&self, source: &ParameterSource) -> Option<Parameter> {
        match source {
            ParameterSource::Value(value) => {
                Some(Parameter { value: value.clone(), provenance: Provenance::Configured { by: self.document() } })
            }
            ParameterSource::Model(value) => {
                Some(Parameter { value: value.clone(), provenance: Provenance::Model { by: self.knowledge() } })
            }
            ParameterSource::Row(column) => {
                let value = self.row.get(column)?.clone();
                Some(Parameter { provenance: self.provenance_of(column, &value), value })
            }
        }
    }

    /// Observed; unless text named this very value, be it under the name of another column.
    fn provenance_of(&self, column: &str, value: &Value) -> Provenance {
        let Some(query) = &self.remedy.from else { return Provenance::Observed { by: String::new() } };
        let named_by = |name: &&String| {
            let values = self.hypothesis.cause.extracted.get(*name);
            let is_value = |text: &Untrusted<String>| text.read().eq_ignore_ascii_case(&value.to_string());
            values.is_some_and(|values| values.iter().any(is_value))
        };
        let text = query.given.get(column).or_else(|| query.given.values().find(named_by));
        match text {
            Some(name) => Provenance::Extracted { by: format!("{}#{name}", self.knowledge()), set: query.set.clone() },
            None => Provenance::Observed { by: query.set.clone() },
        }
    }

    /// Where the remedy's constants are written. A model only chose it; what it chose from is an operator's.
    fn document(&self) -> String {
        match (&self.hypothesis.source, &self.hypothesis.reference) {
            (Source::Model { .. }, Some(offer)) => offer.clone(),
            _ => self.knowledge(),
        }
    }

    fn knowledge(&self) -> String {
        match &self.hypothesis.source {
            Source::Runbook { id, version } => format!("{id}@{version}"),
            Source::Memory => "memory".to_owned(),
            Source::Model { name } => name.clone(),
            Source::Nothing => String::new(),
        }
    }
}
