//! What the strategist's model may choose from: the operator's remedies that are allowed and whose inputs were read, and the
//! analyst's edit.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::{ActionKind, ActionSpec, RiskTier, Value};
use crate::agents::Assignment;
use crate::diagnosis::{ActionTemplate, Field, ParameterSource, Reading, Remedy, SuggestedEdit};
use crate::engine::State;
use crate::ports::{Offer, OfferInput};

/// Most offers; the first.
const MOST_OFFERS: usize = 60;

/// The name of the analyst's edit among the offers.
pub(super) const EDIT: &str = "edit";

/// The name of choosing nothing.
pub(super) const NONE: &str = "none";

/// What may be chosen.
pub(super) struct Menu<'a> {
    pub(super) offers: Vec<Offer>,
    /// The analyst's edit, and how it is verified and taken back.
    pub(super) edit: Option<(&'a SuggestedEdit, Arc<Remedy>)>,
    pub(super) fields: &'a [Field],
}

impl<'a> Menu<'a> {
    /// The menu of `offers`, for what was read.
    pub(super) fn of(offers: Vec<Offer>, reading: &'a Reading, state: &State, assignment: &Assignment<'_>) -> Self {
        let edit = reading.edit.as_ref().and_then(|edit| Some((edit, Arc::new(remedy_of(edit, &offers)?))));
        let open = |remedy: &Remedy| may_be_planned(remedy, assignment) && !was_tried(remedy, state, assignment);
        let edit = edit.filter(|(_, remedy)| open(remedy));
        let fits =
            |offer: &Offer| open(&offer.remedy) && offer.inputs.iter().all(|input| is_read(input, &reading.fields));
        let is_named = |offer: &Offer| offer.id != EDIT && offer.id != NONE;
        let offers = offers.into_iter().filter(|offer| is_named(offer) && fits(offer)).take(MOST_OFFERS).collect();
        Self { offers, edit, fields: &reading.fields }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.offers.is_empty() && self.edit.is_none()
    }

    /// The names that may be chosen.
    pub(super) fn choices(&self) -> impl Iterator<Item = &str> {
        let offers = self.offers.iter().map(|offer| offer.id.as_str());
        offers.chain(self.edit.iter().map(|_| EDIT)).chain([NONE])
    }

    pub(super) fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.id == id)
    }
}

/// Whether the word of `field` may be what `input` asks for.
pub(super) fn takes(input: &OfferInput, field: &Field) -> bool {
    input.value_type.takes(field.value_type) && input.value_type.accepts(field.value.read())
}

fn is_read(input: &OfferInput, fields: &[Field]) -> bool {
    fields.iter().any(|field| takes(input, field))
}

/// The highest risk of a remedy's kinds.
pub(super) fn risk(remedy: &Remedy, specs: &[ActionSpec]) -> RiskTier {
    let spec = |template: &ActionTemplate| specs.iter().find(|spec| spec.kind == template.kind);
    let risks = remedy.actions.iter().map(|template| spec(template).map_or(RiskTier::Critical, |spec| spec.risk));
    risks.max().unwrap_or(RiskTier::Critical)
}

/// The remedy's kinds, joined by `+`.
pub(super) fn kinds(remedy: &Remedy) -> String {
    let kinds: Vec<&str> = remedy.actions.iter().map(|template| template.kind.as_str()).collect();
    kinds.join("+")
}

fn may_be_planned(remedy: &Remedy, assignment: &Assignment<'_>) -> bool {
    let permitted = |template: &ActionTemplate| {
        let spec = assignment.specs.iter().find(|spec| spec.kind == template.kind);
        spec.is_some_and(|spec| assignment.allowed.permit(spec).is_some())
    };
    !remedy.actions.is_empty() && remedy.actions.iter().all(permitted)
}

/// Whether the remedy's only plan ended already. One that draws on observed rows may have more than one.
fn was_tried(remedy: &Remedy, state: &State, assignment: &Assignment<'_>) -> bool {
    let base = assignment.attack.base.len();
    remedy.from.is_none()
        && state.tried.iter().any(|tried| {
            let steps = tried.proposal.plan.steps.get(base..).unwrap_or_default();
            steps.len() == remedy.actions.len()
                && steps.iter().zip(&remedy.actions).all(|(step, template)| {
                    let has = |(name, source): (&String, &ParameterSource)| match source {
                        ParameterSource::Value(value) | ParameterSource::Model(value) => {
                            step.action.parameters().get(name).is_some_and(|parameter| parameter.value == *value)
                        }
                        ParameterSource::Row(_) => true,
                    };
                    *step.action.kind() == template.kind && template.parameters.iter().all(has)
                })
        })
}

/// An edit is verified and taken back as most of the operator's own remedies are; with none to go by it can't be called healed.
fn remedy_of(edit: &SuggestedEdit, offers: &[Offer]) -> Option<Remedy> {
    let mut counted: Vec<(usize, &Remedy)> = Vec::new();
    for remedy in offers.iter().map(|offer| &*offer.remedy).filter(|remedy| !remedy.criteria.is_empty()) {
        match counted.iter_mut().find(|(_, known)| known.criteria == remedy.criteria) {
            Some((count, _)) => *count += 1,
            None => counted.push((1, remedy)),
        }
    }
    // Of equals the first: `max_by_key` would take the last.
    let (_, usual) = counted.into_iter().rev().max_by_key(|(count, _)| *count)?;
    let text = |value: &str| ParameterSource::Model(Value::Text(value.to_owned()));
    let parameters = BTreeMap::from([
        ("path".to_owned(), text(edit.path.read())),
        ("line".to_owned(), ParameterSource::Model(Value::Integer(i64::try_from(edit.line).ok()?))),
        ("expected".to_owned(), text(edit.expected.read())),
        ("replacement".to_owned(), text(edit.replacement.read())),
    ]);
    Some(Remedy {
        from: None,
        actions: vec![ActionTemplate { kind: ActionKind::EDIT_FILE, parameters }],
        criteria: usual.criteria.clone(),
        compensation: crate::plan::Compensation::Undo,
    })
}
