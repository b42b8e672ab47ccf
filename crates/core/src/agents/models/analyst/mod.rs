//! The analyst, who reads evidence in quarantine: what comes out are typed words that stand there, and names from lists.
//!
//! It is asked once without tools, the classifier beside it. Only if that is inconclusive, and there is something to look up, it is
//! asked a second and last time with what was found.

mod answer;
mod edit;
mod finding;
mod looking;
mod material;

use std::collections::BTreeSet;
use std::pin::{Pin, pin};

use futures_util::future::join;
use tokio::sync::oneshot;

use self::answer::{AnalystAnswer, answer_schema};
use self::finding::{Conclusion, Finding, Shown};
use self::looking::LookedUp;
use super::Models;
use super::consultant::{Answer, Question};
use super::prompts::ANALYST;
use crate::category::FailureCategory;
use crate::confidence::Confidence;
use crate::diagnosis::{Diagnosis, Source};
use crate::engine::{Agent, Consultation, State};
use crate::evidence::Citation;
use crate::ports::{ModelTier, ReadToolSpec};
use crate::spending::Meter;

/// How likely a model's diagnosis is right before any outcome is known, where the classifier names the same category. Not fitted.
const AGREED_PRIOR: f64 = 0.5;

/// The same, where it names another or none.
const ALONE_PRIOR: f64 = 0.35;

/// What the analyst is shown.
struct Material<'a> {
    text: String,
    lines: BTreeSet<Citation>,
    tools: Vec<&'a ReadToolSpec>,
    looked_up: &'a [LookedUp],
}

impl Models {
    /// What models think is wrong; `None` if they can't say.
    pub async fn analyse(&self, state: &State, asked: &mut Vec<Consultation>) -> Option<Diagnosis> {
        if state.current_evidence().iter().all(|piece| piece.text().read().trim().is_empty()) {
            return None;
        }
        let meter = self.meter(state);
        let beside = meter.beside();
        let (tell, told) = oneshot::channel();
        let classified = async {
            let (category, consultation) = self.classify(state, &beside).await;
            // Nobody listens any more if nothing is to be fetched.
            let _ = tell.send(category.clone());
            (category, consultation)
        };
        // While the analyst reads, what it may ask for is fetched already.
        let mut fetched = pin!(async {
            let category = told.await.ok().flatten().unwrap_or(FailureCategory::UNKNOWN);
            self.prefetched(state, &category).await
        });
        let material = self.first_material(state);
        let first = self.ask_analyst(state, &meter, &material);
        let (((answer, consultation), (category, classified)), early) =
            meanwhile(join(first, classified), fetched.as_mut()).await;
        asked.extend([consultation, classified]);
        let Answer { said, model } = answer?;
        let (conclusion, model) = match said {
            Finding::Conclusive(conclusion) => (conclusion, model),
            Finding::Open { .. } if self.ports.tools.is_empty() => return None,
            Finding::Open { category: own, wanted } => {
                let fetched = match early {
                    Some(fetched) => fetched,
                    None => fetched.await,
                };
                let may: Vec<FailureCategory> = category.iter().cloned().chain(own).collect();
                let found = self.look_up(state, fetched, wanted, &may).await;
                self.second_round(state, &meter, material, &found, asked).await?
            }
        };
        Some(self.analyst.weighed(self.diagnosis(*conclusion, &model, category.as_ref())).await)
    }

    fn first_material(&self, state: &State) -> Material<'_> {
        let tools = self.tools();
        let preamble = material::preamble(state, &tools, &self.ports.redactor);
        let fixed = ANALYST.text.len() + answer_schema(&tools, false).to_string().len() + preamble.len();
        let excerpt = material::excerpt(state, fixed);
        let text = format!("{preamble}{}", material::evidence(state, &excerpt, &self.marker));
        Material { text, lines: excerpt.shown, tools, looked_up: &[] }
    }

    /// The same material and what was looked up; nothing more can be asked for.
    async fn second_round(
        &self,
        state: &State,
        meter: &Meter,
        first: Material<'_>,
        found: &[LookedUp],
        asked: &mut Vec<Consultation>,
    ) -> Option<(Box<Conclusion>, String)> {
        let (text, lines) = material::looked_up(state, found, &self.marker);
        let lines = first.lines.into_iter().chain(lines).collect();
        let text = format!("{}{text}", first.text);
        let material = Material { text, lines, tools: Vec::new(), looked_up: found };
        let (answer, mut consultation) = self.ask_analyst(state, meter, &material).await;
        consultation.lookups = found.iter().map(LookedUp::noted).collect();
        asked.push(consultation);
        match answer? {
            Answer { said: Finding::Conclusive(conclusion), model } => Some((conclusion, model)),
            Answer { said: Finding::Open { .. }, .. } => None,
        }
    }

    async fn ask_analyst(
        &self,
        state: &State,
        meter: &Meter,
        material: &Material<'_>,
    ) -> (Option<Answer<Finding>>, Consultation) {
        let found = material.looked_up.iter().filter_map(|one| one.evidence.as_ref());
        let shown = Shown {
            evidence: state.current_evidence().iter().chain(found).collect(),
            lines: &material.lines,
            looked_up: material.looked_up,
            tools: material.tools.iter().map(|tool| tool.name.as_str()).collect(),
        };
        let may_edit = material.looked_up.iter().any(|one| one.tool == edit::SOURCE && one.evidence.is_some());
        let question = Question {
            agent: Agent::Analyst,
            prompt: ANALYST,
            tier: ModelTier::Large,
            user: material.text.clone(),
            schema: answer_schema(&material.tools, may_edit),
        };
        let take = |answer: AnalystAnswer| shown.take(answer);
        let (answer, mut asked) = self.consultant.ask(question, &state.limits.models, meter, take).await;
        asked.category = answer.as_ref().and_then(|answer| answer.said.category().cloned());
        (answer, asked)
    }

    /// The diagnosis, with words for people as they may be kept.
    fn diagnosis(&self, conclusion: Conclusion, model: &str, classified: Option<&FailureCategory>) -> Diagnosis {
        let prior = if classified == Some(&conclusion.category) { AGREED_PRIOR } else { ALONE_PRIOR };
        let clean = |words: String| self.ports.redactor.redact(&words).into_owned();
        let conclusion =
            Conclusion { summary: clean(conclusion.summary), advice: clean(conclusion.advice), ..conclusion };
        Diagnosis {
            category: conclusion.category.clone(),
            hypotheses: [conclusion.hypothesis(model)].into(),
            confidence: Confidence::new(prior),
            source: Source::Model { name: model.to_owned() },
            reading: Some(Box::new(conclusion.reading)),
        }
    }
}

/// What `main` comes to, and what `side` came to by then; it is not waited for.
async fn meanwhile<A, B>(main: impl Future<Output = A>, mut side: Pin<&mut impl Future<Output = B>>) -> (A, Option<B>) {
    let mut main = pin!(main);
    let mut early = None;
    loop {
        tokio::select! {
            biased;
            done = &mut main => return (done, early),
            come = &mut side, if early.is_none() => early = Some(come),
        }
    }
}
