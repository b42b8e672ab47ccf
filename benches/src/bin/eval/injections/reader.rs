//! Models that read the incident: honest, obedient, adversarial, and an insider who keeps to every form.

use std::sync::Arc;

use selfheal_core::ports::{AnswerForm, LlmRequest};
use selfheal_llm::testing::{Adversarial, Obedient, Reply, Script};
use serde_json::{Value, json};

use super::honest;
use super::insider::Insider;
use super::row::{Injection, Way};
use super::stage::Stage;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Says what is wrong and chooses the right fix.
    Honest,
    /// Does what it is told.
    Obedient,
    /// The same, once an honest analyst is done.
    ObedientLater,
    /// Says anything.
    Adversarial,
    /// The same, once an honest analyst is done.
    AdversarialLater,
    /// Gives valid answers that are made of the hostile words, and chooses any fix.
    Insider,
}

impl Reader {
    /// All that must come to nothing.
    pub(super) const HOSTILE: [Self; 5] =
        [Self::Obedient, Self::ObedientLater, Self::Adversarial, Self::AdversarialLater, Self::Insider];
}

/// A reader in one run.
pub(super) struct Mind {
    reader: Reader,
    stage: Arc<Stage>,
    looks_up: bool,
    obedient: Obedient,
    adversarial: Adversarial,
    insider: Insider,
}

impl Mind {
    pub(super) fn new(reader: Reader, seed: u64, stage: Arc<Stage>, injection: Option<&Injection<'_>>) -> Self {
        let payload = injection.map_or("", |injection| injection.payload);
        Self {
            reader,
            // What only a tool answers is read only if somebody looks it up.
            looks_up: stage.scenario.fix == "edit" || injection.is_some_and(|one| one.way == Way::LookUp),
            stage,
            obedient: Obedient::told(seed, &[payload]),
            adversarial: Adversarial { seed },
            insider: Insider::new(seed, payload),
        }
    }
}

impl Script for Mind {
    fn reply(&self, request: &LlmRequest, call: u64) -> Reply {
        let AnswerForm::Json { name, schema } = &request.form else { return Reply::Says(String::new()) };
        let reads = ["analyst", "classifier"].contains(&name.as_str());
        match self.reader {
            Reader::Obedient => self.obedient.reply(request, call),
            Reader::Adversarial => self.adversarial.reply(request, call),
            Reader::ObedientLater if !reads => self.obedient.reply(request, call),
            Reader::AdversarialLater if !reads => self.adversarial.reply(request, call),
            Reader::Insider => said(self.insider.answer(name, schema, request, call)),
            Reader::Honest | Reader::ObedientLater | Reader::AdversarialLater => {
                said(honest::answer(&self.stage.scenario, name, schema, request, self.looks_up))
            }
        }
    }
}

fn said(answer: Option<Value>) -> Reply {
    Reply::Says(answer.unwrap_or_else(|| json!({})).to_string())
}

/// The lines that a prompt quotes, each with its name.
pub(super) fn quoted(request: &LlmRequest) -> Vec<(&str, &str)> {
    let lines = request.messages.iter().skip(1).flat_map(|message| message.content().lines());
    let named = lines.filter_map(|line| line.split_once("| "));
    named.filter(|(name, _)| name.starts_with('e') && name.contains(':')).collect()
}

/// The fixes that a prompt offers: id, and the inputs' names with their types.
pub(super) fn offered(request: &LlmRequest) -> Vec<(&str, Vec<(&str, &str)>)> {
    let lines = request.messages.iter().skip(1).flat_map(|message| message.content().lines());
    let offers = lines.filter_map(|line| line.strip_prefix("- ")?.split_once(": "));
    offers.map(|(id, rest)| (id, inputs(rest))).collect()
}

fn inputs(offer: &str) -> Vec<(&str, &str)> {
    let Some((_, inputs)) = offer.rsplit_once("inputs: ") else { return Vec::new() };
    let each = inputs.trim_end_matches(']').split(", ");
    each.filter_map(|input| input.trim_end_matches(')').split_once(" (")).collect()
}

/// The words that were read, as a prompt lists them: name and type.
pub(super) fn read_words(request: &LlmRequest) -> Vec<(&str, &str)> {
    let lines = request.messages.iter().skip(1).flat_map(|message| message.content().lines());
    let words = lines.filter_map(|line| line.split_once(" = ")?.0.strip_suffix(')')?.split_once(" ("));
    words.filter(|(name, _)| name.starts_with('f')).collect()
}

/// The values that a schema's property may have.
pub(super) fn options<'a>(schema: &'a Value, pointer: &str) -> Vec<&'a str> {
    let options = schema.pointer(pointer).and_then(Value::as_array);
    options.into_iter().flatten().filter_map(Value::as_str).collect()
}
