//! Finds the JSON object in what a model said.

use std::ops::Range;

use serde_json::{Map, Value};

use super::schema::has_outline;

/// Most bytes of text around JSON that are searched.
const SEARCHED_BYTES: usize = 256 << 10;

/// Most places at which an object is tried to be read.
const MAX_STARTS: usize = 64;

/// Where the object stands in `text`, and the object.
///
/// Models put it in fences, between explanations, or behind their reasoning. Of several, the first that has all of `required`
/// counts, otherwise the first.
pub(super) fn find(text: &str, required: &[&str]) -> Result<(Range<usize>, Map<String, Value>), String> {
    let cause = match serde_json::from_str(text) {
        Ok(object) => return Ok((0..text.len(), object)),
        Err(cause) => cause.to_string(),
    };
    let mut first = None;
    for (range, object) in objects(text) {
        if has_outline(&object, required) {
            return Ok((range, object));
        }
        first = first.or(Some((range, object)));
    }
    first.ok_or(cause)
}

fn objects(text: &str) -> impl Iterator<Item = (Range<usize>, Map<String, Value>)> {
    let text = &text[..text.floor_char_boundary(SEARCHED_BYTES)];
    let mut from = after_reasoning(text);
    let mut starts = 0;
    std::iter::from_fn(move || {
        while starts < MAX_STARTS {
            let start = from + text[from..].find('{')?;
            starts += 1;
            match object_at(text, start) {
                Some((range, object)) => {
                    from = range.end;
                    return Some((range, object));
                }
                None => from = start + 1,
            }
        }
        None
    })
}

fn object_at(text: &str, start: usize) -> Option<(Range<usize>, Map<String, Value>)> {
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter();
    let object = values.next()?.ok()?;
    Some((start..start + values.byte_offset(), object))
}

/// Behind the reasoning of models that think aloud; drafts of an answer stand in it.
fn after_reasoning(text: &str) -> usize {
    const END: &str = "</think>";
    text.rfind(END).map_or(0, |end| end + END.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<'a>(text: &'a str, required: &[&str]) -> Option<&'a str> {
        find(text, required).ok().map(|(range, _)| &text[range])
    }

    #[test]
    fn an_object_is_found_wherever_models_put_it() {
        let object = r#"{"a": {"b": "}"}}"#;
        let texts = [
            object.to_owned(),
            format!("  {object}\n"),
            format!("```json\n{object}\n```"),
            format!("Sure! Here it is:\n```\n{object}\n```\nAnything else?"),
            format!("<think>maybe {{\"a\": 1}}?</think>\n{object}"),
            format!("In {{short}}: {object} and {{\"a\": 2}}"),
        ];
        for text in texts {
            assert_eq!(found(&text, &["a"]).map(str::trim), Some(object), "{text}");
        }
    }

    #[test]
    fn the_one_with_the_required_properties_counts() {
        let text = r#"For {"example": 1} the answer is {"ok": true}"#;
        assert_eq!(found(text, &["ok"]), Some(r#"{"ok": true}"#));
        assert_eq!(found(text, &["other"]), Some(r#"{"example": 1}"#));
    }

    #[test]
    fn what_holds_no_object_is_told_apart() {
        for text in ["", "I can't say", "[1, 2]", "\"{\"", "{\"a\": ", "null"] {
            assert_eq!(found(text, &[]), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_an_object(text in r#"[ -~é\n]{0,40}(\{"a": ?[0-9]{1,3}\}|[{}":, a1]{0,12}){0,3}[ -~é\n]{0,40}"#) {
            if let Ok((range, object)) = find(&text, &["a"]) {
                prop_assert_eq!(serde_json::from_str::<Map<String, Value>>(&text[range]).unwrap(), object);
            }
        }

        #[test]
        fn an_object_between_words_is_found(before in "[^{]{0,60}", after in ".{0,60}", value in any::<i64>()) {
            let object = format!("{{\"ok\": {value}}}");
            let text = format!("{before}{object}{after}");
            prop_assert_eq!(found(&text, &["ok"]), Some(object.as_str()));
        }
    }

    #[test]
    fn hostile_text_costs_a_bounded_time() {
        assert_eq!(found(&"{".repeat(4 << 20), &[]), None);
        assert_eq!(found(&"{\"a\":".repeat(1 << 20), &[]), None);
    }
}
