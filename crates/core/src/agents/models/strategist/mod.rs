//! The strategist, who chooses a fix. It sees typed fields and what the operator wrote, never the text that the fields come from.

mod answer;
mod menu;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use selfheal_detect::redact::Redactor;

use self::answer::{Fix, StrategistAnswer, answer_schema, field_name, taken};
use self::menu::{EDIT, Menu, kinds, risk};
use super::consultant::Question;
use super::legible::words;
use super::marking::Marker;
use super::patience::within;
use super::prompts::STRATEGIST;
use super::{Choice, Models, facts};
use crate::action::RiskTier;
use crate::agents::Assignment;
use crate::diagnosis::{Diagnosis, Hypothesis, RootCause, SuggestedEdit};
use crate::engine::{Agent, Consultation, State};
use crate::evidence::Untrusted;
use crate::facts::Facts;
use crate::ports::{ModelTier, Offer};

/// How long a repertoire may take.
const REPERTOIRE_DEADLINE: Duration = Duration::from_secs(5);

/// Most bytes of an offer's description.
const OFFER_BYTES: usize = 300;

/// Most bytes of the path of an edit.
const PATH_BYTES: usize = 300;

impl Models {
    /// The remedy that a model chooses for what it thinks is wrong; `None` if it chooses none.
    pub async fn choose(
        &self,
        state: &State,
        assignment: &Assignment<'_>,
        asked: &mut Vec<Consultation>,
    ) -> Option<Choice> {
        let diagnosis = &assignment.attack.diagnosis;
        let (best, reading) = (diagnosis.best()?, diagnosis.reading.as_ref()?);
        let offers = self.offers(&state.current_facts()).await;
        let menu = Menu::of(offers, reading, state, assignment);
        if menu.is_empty() {
            return None;
        }
        let question = Question {
            agent: Agent::Strategist,
            prompt: STRATEGIST,
            tier: ModelTier::Large,
            user: material(state, best, &menu, assignment, (&self.marker, &self.ports.redactor)),
            schema: answer_schema(&menu),
        };
        let meter = self.meter(state);
        let take = |answer: StrategistAnswer| taken(answer, &menu);
        let (answer, mut consultation) = self.consultant.ask(question, &state.limits.models, &meter, take).await;
        let said = answer.map(|answer| answer.said);
        let advice = said.as_ref().map(|said| said.advice.as_str()).filter(|advice| !advice.is_empty());
        consultation.advice = advice.map(|advice| Untrusted::new(self.ports.redactor.redact(advice).into_owned()));
        asked.push(consultation);
        let said = said?;
        let rationale = self.ports.redactor.redact(&said.rationale).into_owned();
        Some(Choice { diagnosis: with_fix(diagnosis, best, said.fix?), rationale })
    }

    /// What all repertoires offer; one that fails offers nothing.
    async fn offers(&self, facts: &Facts) -> Vec<Offer> {
        let mut offers: Vec<Offer> = Vec::new();
        for repertoire in &self.ports.repertoire {
            let answer = repertoire.offers(facts);
            match within(&*self.ports.clock, REPERTOIRE_DEADLINE, "repertoire.offers", answer).await {
                Ok(more) => offers.extend(more),
                Err(error) => tracing::warn!(%error, "a repertoire offers nothing"),
            }
        }
        offers
    }
}

/// The diagnosis with the chosen remedy, and what it selects by under the names that it gives them.
fn with_fix(diagnosis: &Diagnosis, best: &Hypothesis, fix: Fix) -> Diagnosis {
    let chosen = Hypothesis {
        remedies: vec![fix.remedy],
        cause: RootCause { extracted: fix.extracted, ..best.cause.clone() },
        reference: Some(fix.id),
        ..best.clone()
    };
    Diagnosis { hypotheses: Arc::from([chosen]), ..diagnosis.clone() }
}

fn material(
    state: &State,
    best: &Hypothesis,
    menu: &Menu<'_>,
    assignment: &Assignment<'_>,
    (marker, redactor): (&Marker, &Redactor),
) -> String {
    let mut read = format!("category = {}\ncause = {}\n", best.category, best.cause.kind);
    for (index, field) in menu.fields.iter().enumerate() {
        let _ = writeln!(read, "{} ({}) = {}", field_name(index), field.value_type.as_str(), field.value.read());
    }
    if let Some((edit, _)) = &menu.edit {
        let _ = writeln!(read, "file of the edit = {}", words(edit.path.read(), PATH_BYTES));
    }
    let mut text = facts::known(state, redactor);
    text.push_str(&marker.marked("the root cause, as fields", &read));
    text.push_str("Fixes:\n");
    for offer in &menu.offers {
        text.push_str(&offered(offer, assignment));
    }
    if let Some((edit, _)) = &menu.edit {
        text.push_str(&offered_edit(edit));
    }
    // Why they ended stands in the words of tools, people and other models.
    text.push_str(&facts::tried(state));
    text
}

fn offered(offer: &Offer, assignment: &Assignment<'_>) -> String {
    let input = |input: &crate::ports::OfferInput| format!("{} ({})", input.name, input.value_type.as_str());
    let inputs: Vec<String> = offer.inputs.iter().map(input).collect();
    let inputs = if inputs.is_empty() { "none".to_owned() } else { inputs.join(", ") };
    let risk = match risk(&offer.remedy, assignment.specs) {
        RiskTier::Low => "low",
        RiskTier::Medium => "medium",
        RiskTier::High => "high",
        RiskTier::Critical => "critical",
    };
    let (what, kinds) = (words(&offer.what, OFFER_BYTES), kinds(&offer.remedy));
    format!("- {}: {what} [{kinds}; {risk} risk; inputs: {inputs}]\n", offer.id)
}

/// How much it changes: what it changes was written by the model that read the evidence.
fn offered_edit(edit: &SuggestedEdit) -> String {
    let line = edit.line;
    let (out, new) = (edit.expected.read().lines().count(), edit.replacement.read().lines().count());
    format!(
        "- {EDIT}: the analyst's edit of the file above, from line {line} on; lines out: {out}, in: {new} [edit_file]\n"
    )
}
