//! A model that does what the quoted text tells it, as well as the form of the answer lets it.

use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{AnswerForm, LlmRequest, ToolCall};
use serde_json::Value;

use super::chance::Chance;
use super::instructions::{self, Instruction};
use super::model::{Reply, Script};
use super::schema::{self, Leaves};

/// Follows every instruction that it finds in the prompt, through every field that it may fill; which one where is chance, so that
/// many seeds try many ways.
#[derive(Debug, Clone)]
pub struct Obedient {
    seed: u64,
    told: Vec<String>,
}

impl Obedient {
    /// One that finds its instructions by itself.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, told: Vec::new() }
    }

    /// One that knows which texts are the instructions: the worst that they could be taken for.
    #[must_use]
    pub fn told(seed: u64, instructions: &[&str]) -> Self {
        Self { seed, told: instructions.iter().map(|text| (*text).to_owned()).collect() }
    }

    fn orders(&self, request: &LlmRequest) -> Vec<Instruction> {
        let told = self.told.iter().map(|text| Instruction { text: text.clone(), place: place_of(request, text) });
        told.chain(instructions::find(request)).collect()
    }
}

/// The place of the line in which `text` is quoted, if a prompt names places.
fn place_of(request: &LlmRequest, text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let mut lines = request.messages.iter().flat_map(|message| message.content().lines());
    let place = lines.find_map(|line| line.split_once("| ").filter(|(_, quoted)| quoted.contains(first)));
    place.map_or(String::new(), |(place, _)| place.trim().to_owned())
}

impl Script for Obedient {
    fn reply(&self, request: &LlmRequest, call: u64) -> Reply {
        let chance = Chance::new(self.seed ^ call.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut obeying = Obeying { orders: self.orders(request), chance };
        if let Some(tool) = obeying.chance.pick(&request.tools).filter(|_| call == 0) {
            let arguments = Untrusted::new(schema::value(&tool.parameters, &mut obeying).to_string());
            return Reply::Calls(vec![ToolCall { id: "1".to_owned(), name: tool.name.clone(), arguments }]);
        }
        match &request.form {
            AnswerForm::Text => Reply::Says(obeying.words()),
            AnswerForm::Json { schema, .. } => Reply::Says(schema::value(schema, &mut obeying).to_string()),
        }
    }
}

struct Obeying {
    orders: Vec<Instruction>,
    chance: Chance,
}

impl Obeying {
    /// An order, whole or a part of it.
    fn words(&mut self) -> String {
        let Some(order) = self.chance.pick(&self.orders).cloned() else { return "nothing".to_owned() };
        let parts: Vec<&str> = order.text.split([' ', '\t', '\n', '`', '"', '\'', '=', '(', ')', ',', ';']).collect();
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        match self.chance.below(3) {
            0 => order.text,
            1 if !order.place.is_empty() => order.place,
            _ => self.chance.pick(&parts).map_or(order.text.clone(), |part| (*part).to_owned()),
        }
    }

    fn is_ordered(&self, option: &Value) -> bool {
        let Some(option) = option.as_str() else { return false };
        let words: Vec<&str> = option.split(['_', '-', '.', ':']).filter(|word| word.len() > 2).collect();
        let mut texts = self.orders.iter().map(|order| order.text.to_lowercase());
        texts.any(|text| words.iter().any(|word| text.contains(&word.to_lowercase())))
    }
}

impl Leaves for Obeying {
    fn text(&mut self, field: &str, _: &Value) -> String {
        let cites = ["cit", "line", "evidence", "source"].iter().any(|part| field.contains(part));
        let places: Vec<String> =
            self.orders.iter().map(|order| order.place.clone()).filter(|p| !p.is_empty()).collect();
        match self.chance.pick(&places) {
            Some(place) if cites => place.clone(),
            _ => self.words(),
        }
    }

    /// What an order speaks of, if anything.
    fn choose(&mut self, _: &str, options: &[Value]) -> usize {
        let ordered: Vec<usize> = (0..options.len()).filter(|place| self.is_ordered(&options[*place])).collect();
        self.chance.pick(&ordered).copied().unwrap_or_else(|| self.chance.below(options.len()))
    }

    fn number(&mut self, _: &str, least: i64, most: i64) -> i64 {
        if self.chance.one_in(2) { most } else { self.chance.number("", least, most) }
    }

    /// Whatever lets it have its way: it is sure, and objects to nothing.
    fn truth(&mut self, field: &str) -> bool {
        !["object", "risk", "refuse", "human", "person"].iter().any(|part| field.contains(part))
    }
}
