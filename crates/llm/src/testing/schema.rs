//! Values for a JSON schema, as far as strict modes of servers know it: objects, arrays, enums, constants, plain types, `anyOf` and
//! local references.

use serde_json::{Map, Number, Value, json};

use super::chance::Chance;

/// Schemas are followed this deep; a recursive one ends there in `null`.
const MAX_DEPTH: usize = 24;

/// Most elements of an array, unless the schema wants more.
const MAX_ELEMENTS: u64 = 4;

/// Chooses what a schema leaves open. `field` is the name of the property that it is for, or of the array that it is in.
pub trait Leaves {
    /// A text.
    fn text(&mut self, field: &str, schema: &Value) -> String;

    /// Which of the `options`, by place.
    fn choose(&mut self, field: &str, options: &[Value]) -> usize;

    /// A number from `least` to `most`.
    fn number(&mut self, field: &str, least: i64, most: i64) -> i64;

    /// Yes or no.
    fn truth(&mut self, field: &str) -> bool;
}

/// A value that fits `schema`, but for patterns of texts, with what it leaves open chosen by `leaves`.
pub fn value(schema: &Value, leaves: &mut dyn Leaves) -> Value {
    Making { root: schema, leaves }.value("", schema, 0)
}

struct Making<'a> {
    root: &'a Value,
    leaves: &'a mut dyn Leaves,
}

impl<'a> Making<'a> {
    fn value(&mut self, field: &str, schema: &'a Value, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            return self.one_of(field, options).cloned().unwrap_or_default();
        }
        if let Some(named) = self.referenced(schema) {
            return self.value(field, named, depth + 1);
        }
        let alternatives = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array());
        if let Some(alternative) = alternatives.and_then(|all| self.one_of(field, all)) {
            return self.value(field, alternative, depth + 1);
        }
        self.of_type(field, schema, depth)
    }

    fn of_type(&mut self, field: &str, schema: &'a Value, depth: usize) -> Value {
        let types = match schema.get("type") {
            Some(Value::Array(types)) => types.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        match self.one_of(field, types).and_then(Value::as_str) {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(field, schema, depth),
            Some("string") => Value::String(self.text(field, schema)),
            Some("integer" | "number") => self.number(field, schema),
            Some("boolean") => Value::Bool(self.leaves.truth(field)),
            Some(_) => Value::Null,
            None if schema.get("properties").is_some() => self.object(schema, depth),
            None => Value::Null,
        }
    }

    fn object(&mut self, schema: &'a Value, depth: usize) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object);
        let made = properties.into_iter().flatten().map(|(name, of)| (name.clone(), self.value(name, of, depth + 1)));
        Value::Object(made.collect::<Map<_, _>>())
    }

    fn array(&mut self, field: &str, schema: &'a Value, depth: usize) -> Value {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        let least = bound("minItems").unwrap_or(0).min(1_000);
        let most = bound("maxItems").unwrap_or(u64::MAX).min(least.max(MAX_ELEMENTS));
        let of = schema.get("items").unwrap_or(&Value::Null);
        let count = self.leaves.number(field, as_i64(least), as_i64(most));
        (0..count.max(0)).map(|_| self.value(field, of, depth + 1)).collect()
    }

    fn text(&mut self, field: &str, schema: &Value) -> String {
        let mut text = self.leaves.text(field, schema);
        if let Some(most) = schema.get("maxLength").and_then(Value::as_u64) {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            text = text.chars().take(most).collect();
        }
        text
    }

    fn number(&mut self, field: &str, schema: &Value) -> Value {
        let bound = |key: &str, otherwise: i64| schema.get(key).and_then(Value::as_i64).unwrap_or(otherwise);
        let (least, most) = (bound("minimum", 0), bound("maximum", 1_000));
        Value::Number(Number::from(self.leaves.number(field, least, most.max(least))))
    }

    fn one_of(&mut self, field: &str, options: &'a [Value]) -> Option<&'a Value> {
        match options {
            [] | [_] => options.first(),
            _ => options.get(self.leaves.choose(field, options).min(options.len() - 1)),
        }
    }

    fn referenced(&self, schema: &Value) -> Option<&'a Value> {
        self.root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
    }
}

fn as_i64(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Words without a meaning.
const WORDS: [&str; 8] = ["lorem", "ipsum", "dolor", "sit", "amet", "consetetur", "sadipscing", "elitr"];

impl Leaves for Chance {
    fn text(&mut self, _: &str, _: &Value) -> String {
        let count = 1 + self.below(4);
        let words: Vec<&str> = (0..count).filter_map(|_| self.pick(&WORDS).copied()).collect();
        words.join("_")
    }

    fn choose(&mut self, _: &str, options: &[Value]) -> usize {
        self.below(options.len())
    }

    fn number(&mut self, _: &str, least: i64, most: i64) -> i64 {
        let span = u64::try_from(most.saturating_sub(least)).unwrap_or(0).saturating_add(1);
        least.saturating_add(as_i64(self.bits() % span))
    }

    fn truth(&mut self, _: &str) -> bool {
        self.one_in(2)
    }
}

/// Breaks `value` in one place, so that it doesn't fit its schema any more, unless that takes several types there.
pub fn break_one(value: &mut Value, chance: &mut Chance) {
    let inner = match value {
        Value::Object(entries) if !entries.is_empty() => {
            let name = entries.keys().nth(chance.below(entries.len())).cloned().unwrap_or_default();
            if chance.one_in(4) {
                entries.remove(&name);
                return;
            }
            if chance.one_in(4) {
                entries.insert("also".to_owned(), json!("not asked for"));
                return;
            }
            entries.get_mut(&name)
        }
        Value::Array(elements) if !elements.is_empty() && !chance.one_in(4) => {
            let place = chance.below(elements.len());
            elements.get_mut(place)
        }
        _ => None,
    };
    match inner {
        Some(inner) => break_one(inner, chance),
        None => *value = wrong(value, chance),
    }
}

fn wrong(value: &Value, chance: &mut Chance) -> Value {
    let others =
        [json!(null), json!(-1), json!(1e308), json!(u64::MAX), json!("no such thing"), json!([[]]), json!({"a": {}})];
    let differing: Vec<&Value> = others.iter().filter(|other| kind(other) != kind(value)).collect();
    chance.pick(&differing).map_or(Value::Null, |other| (*other).clone())
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "category": {"enum": ["a", "b"]},
                "sure": {"type": "boolean"},
                "lines": {"type": "array", "items": {"type": "integer", "minimum": 3, "maximum": 5}, "minItems": 1, "maxItems": 2},
                "why": {"type": ["string", "null"], "maxLength": 9},
                "edit": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/edit"}]},
            },
            "required": ["category", "sure", "lines", "why", "edit"],
            "additionalProperties": false,
            "$defs": {"edit": {"type": "object", "properties": {"path": {"type": "string"}}}},
        })
    }

    fn fits(value: &Value) -> bool {
        let lines = value["lines"].as_array();
        let edit = &value["edit"];
        value.as_object().is_some_and(|entries| entries.len() == 5)
            && ["a", "b"].iter().any(|name| value["category"] == **name)
            && value["sure"].is_boolean()
            && lines.is_some_and(|lines| (1..=2).contains(&lines.len()))
            && lines.into_iter().flatten().all(|line| line.as_u64().is_some_and(|line| (3..=5).contains(&line)))
            && (value["why"].is_null() || value["why"].as_str().is_some_and(|why| why.chars().count() <= 9))
            && (edit.is_null() || (edit["path"].is_string() && edit.as_object().is_some_and(|edit| edit.len() == 1)))
    }

    proptest! {
        #[test]
        fn what_is_made_fits(seed: u64) {
            let made = value(&schema(), &mut Chance::new(seed));
            prop_assert!(fits(&made), "{made}");
        }

        #[test]
        fn what_is_broken_does_not_fit(seed: u64) {
            let mut broken = json!({"category": "a", "sure": true, "lines": [3], "why": "so", "edit": {"path": "p"}});
            prop_assert!(fits(&broken));
            break_one(&mut broken, &mut Chance::new(seed));
            let (why, edit) = (broken["why"].is_null(), broken["edit"].is_null());
            prop_assert!(!fits(&broken) || why || edit, "{broken}");
        }
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let endless = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(value(&endless, &mut Chance::new(1)).to_string().len() < 1_000);
        let circle = json!({"$ref": "#"});
        assert_eq!(value(&circle, &mut Chance::new(1)), Value::Null);
    }
}
