//! What the strategist's model answers, the schema of it, and what is taken of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::super::legible::words;
use super::super::schema;
use super::menu::{EDIT, Menu, NONE, takes};
use crate::diagnosis::{Field, Remedy};
use crate::evidence::Untrusted;
use crate::ports::Offer;

/// Most bytes of a rationale or an advice.
const WORDS_BYTES: usize = 800;

/// The answer.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct StrategistAnswer {
    /// An offer's id.
    pub(super) choice: String,
    /// Which field is which input.
    pub(super) inputs: Vec<InputAnswer>,
    /// Why, for people.
    pub(super) rationale: String,
    /// What people should do.
    pub(super) advice: String,
}

/// A field for an input.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct InputAnswer {
    /// The input.
    pub(super) name: String,
    /// The field.
    pub(super) field: String,
}

/// What was chosen.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The fix; `None` if none fits.
    pub(super) fix: Option<Fix>,
    pub(super) rationale: String,
    pub(super) advice: String,
}

/// A remedy with the words that it selects observed rows by.
#[derive(Debug)]
pub(super) struct Fix {
    pub(super) id: String,
    pub(super) remedy: Arc<Remedy>,
    pub(super) extracted: BTreeMap<String, Vec<Untrusted<String>>>,
}

/// What the field at `index` is called before the strategist. Whoever read it named it too, and a name can be a sentence.
pub(super) fn field_name(index: usize) -> String {
    format!("f{}", index + 1)
}

/// The schema of an answer that chooses from `menu`.
pub(super) fn answer_schema(menu: &Menu<'_>) -> Value {
    let field = "The field that holds it";
    let field = match menu.fields.is_empty() {
        true => schema::text(field),
        false => {
            let names: Vec<String> = (0..menu.fields.len()).map(field_name).collect();
            schema::choice(field, names.iter().map(String::as_str))
        }
    };
    let input = schema::object([("name", schema::text("The input")), ("field", field)]);
    schema::object([
        ("choice", schema::choice("The fix, by its name", menu.choices())),
        ("inputs", schema::list("One for each input of the fix; otherwise empty", input)),
        ("rationale", schema::text("Why, in plain words for people, at most 600 characters")),
        (
            "advice",
            schema::text("What a person should do if the fix is not made or does not help, at most 400 characters"),
        ),
    ])
}

/// What is taken of `answer`.
///
/// # Errors
/// Says what is wrong with it, for the model.
pub(super) fn taken(answer: StrategistAnswer, menu: &Menu<'_>) -> Result<Chosen, String> {
    let fix = match (answer.choice.as_str(), &menu.edit) {
        (NONE, _) => None,
        (EDIT, Some((_, remedy))) => {
            Some(Fix { id: EDIT.to_owned(), remedy: Arc::clone(remedy), extracted: BTreeMap::new() })
        }
        (id, _) => {
            let offer = menu.offer(id).ok_or_else(|| format!("`{id}` is none of the fixes that were offered"))?;
            let extracted = inputs(offer, &answer.inputs, menu.fields)?;
            Some(Fix { id: offer.id.clone(), remedy: Arc::clone(&offer.remedy), extracted })
        }
    };
    let (rationale, advice) = (words(&answer.rationale, WORDS_BYTES), words(&answer.advice, WORDS_BYTES));
    if fix.is_some() && rationale.is_empty() {
        return Err("it has no rationale".to_owned());
    }
    Ok(Chosen { fix, rationale, advice })
}

/// The word of each input, by the input's name.
fn inputs(
    offer: &Offer,
    named: &[InputAnswer],
    fields: &[Field],
) -> Result<BTreeMap<String, Vec<Untrusted<String>>>, String> {
    if let Some(stray) = named.iter().find(|one| !offer.inputs.iter().any(|input| input.name == one.name)) {
        return Err(format!("fix `{}` has no input `{}`", offer.id, stray.name));
    }
    let word = |input: &crate::ports::OfferInput| {
        let mut given = named.iter().filter(|one| one.name == input.name);
        let (Some(one), None) = (given.next(), given.next()) else {
            return Err(format!("input `{}` of fix `{}` needs one field", input.name, offer.id));
        };
        let field =
            fields.iter().enumerate().find(|(index, _)| field_name(*index) == one.field).map(|(_, field)| field);
        let field = field.ok_or_else(|| format!("there is no field `{}`", one.field))?;
        match takes(input, field) {
            true => Ok((input.name.clone(), vec![field.value.clone()])),
            false => Err(format!(
                "input `{}` is a {}, which field `{}` is not",
                input.name,
                input.value_type.as_str(),
                one.field
            )),
        }
    };
    offer.inputs.iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_describes_the_answer() {
        let word = || "x".to_owned();
        let inputs = vec![InputAnswer { name: word(), field: word() }];
        let answer = StrategistAnswer { choice: word(), inputs, rationale: word(), advice: word() };
        let menu = Menu { offers: Vec::new(), edit: None, fields: &[] };
        schema::assert_describes(&answer_schema(&menu), &serde_json::to_value(answer).unwrap(), "strategist");
    }
}
