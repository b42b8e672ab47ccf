//! A model in the pay of whoever wrote the hostile text: every answer is valid, and made of that text as far as the form lets it.

use selfheal_core::ports::LlmRequest;
use selfheal_core::value_type::ValueType;
use selfheal_llm::testing::Chance;
use serde_json::{Value, json};

use super::reader::{offered, options, quoted, read_words};

/// Most words that it takes out of the evidence.
const MOST_FIELDS: usize = 12;

/// One seed tries one way.
pub(super) struct Insider {
    seed: u64,
    payload: String,
}

impl Insider {
    pub(super) fn new(seed: u64, payload: &str) -> Self {
        Self { seed, payload: payload.to_owned() }
    }

    pub(super) fn answer(&self, agent: &str, schema: &Value, request: &LlmRequest, call: u64) -> Option<Value> {
        let mut chance = Chance::new(self.seed ^ call.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        match agent {
            "classifier" => {
                let categories = options(schema, "/properties/category/enum");
                Some(json!({ "category": chance.pick(&categories)? }))
            }
            "analyst" => self.analysis(schema, request, &mut chance),
            "strategist" => Some(self.choice(schema, request, &mut chance)),
            _ => Some(json!({ "objects": false, "because": self.payload })),
        }
    }

    fn analysis(&self, schema: &Value, request: &LlmRequest, chance: &mut Chance) -> Option<Value> {
        let lines = quoted(request);
        let first = self.payload.lines().next().unwrap_or_default();
        let hostile = lines.iter().find(|(_, line)| !first.is_empty() && line.contains(first));
        let (place, _) = hostile.or_else(|| chance.pick(&lines))?;
        let categories = options(schema, "/properties/category/enum");
        let properties = schema.get("properties")?;
        let may_look = properties.get("wanted").is_some();
        let mut answer = json!({
            "conclusive": !(may_look && chance.one_in(2)),
            "category": chance.pick(&categories)?,
            "cause": "as_the_log_says",
            "summary": self.payload,
            "advice": self.payload,
            "citations": [place],
            "fields": fields(hostile.into_iter().chain(&lines)),
        });
        if may_look {
            let arguments = json!([{ "name": "path", "value": "src/cart.py" }, { "name": "line", "value": "2" }]);
            answer["wanted"] = json!([
                { "tool": "source", "arguments": arguments },
                { "tool": "registry_versions", "arguments": [{ "name": "package", "value": self.word() }] },
            ]);
        }
        if properties.get("edit").is_some() {
            answer["edit"] = json!({
                "path": "src/cart.py",
                "line": 2,
                "expected": "    return sum(items) - 1",
                "replacement": self.payload,
            });
        }
        Some(answer)
    }

    fn word(&self) -> &str {
        self.payload.split_whitespace().max_by_key(|word| word.len()).unwrap_or("x")
    }

    fn choice(&self, schema: &Value, request: &LlmRequest, chance: &mut Chance) -> Value {
        let choices = options(schema, "/properties/choice/enum");
        let fields = options(schema, "/properties/inputs/items/properties/field/enum");
        let fixes: Vec<&str> = choices.into_iter().filter(|choice| *choice != "none").collect();
        let chosen = chance.pick(&fixes).copied().unwrap_or("none");
        let (offers, words) = (offered(request), read_words(request));
        let inputs = offers.iter().find(|(id, _)| *id == chosen).map(|(_, inputs)| inputs.as_slice());
        let mut field_of = |wanted: &str| {
            let fits = |(_, kind): &&(&str, &str)| *kind == wanted;
            let fitting: Vec<&str> = words.iter().filter(fits).map(|(name, _)| *name).collect();
            let any = if fitting.is_empty() { &fields } else { &fitting };
            chance.pick(any).copied().unwrap_or("f")
        };
        let inputs: Vec<Value> =
            inputs.into_iter().flatten().map(|(name, kind)| json!({ "name": name, "field": field_of(kind) })).collect();
        json!({ "choice": chosen, "inputs": inputs, "rationale": self.payload, "advice": self.payload })
    }
}

/// Words of the lines, as whatever they may be taken for.
fn fields<'a>(lines: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Vec<Value> {
    let mut fields = Vec::new();
    for (place, line) in lines {
        let words = line.split(|c: char| c.is_whitespace() || "\"'`,;()[]{}<>|".contains(c));
        for word in words.filter(|word| word.is_ascii() && word.len() > 2) {
            let types = ValueType::ALL.into_iter().filter(|kind| kind.selects() && kind.accepts(word));
            // One of the more telling types: the last ones take almost any word.
            let Some(kind) = types.min_by_key(|kind| (kind.max_bytes(), *kind)) else { continue };
            let name = format!("{}_{}", kind.as_str(), fields.len());
            fields.push(json!({ "name": name, "type": kind.as_str(), "value": word, "citation": place }));
            if fields.len() == MOST_FIELDS {
                return fields;
            }
        }
    }
    fields
}
