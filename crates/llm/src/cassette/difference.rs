//! How a request differs from those that were recorded.

use std::collections::BTreeSet;

use serde_json::Value;
use similar::TextDiff;

/// Most bytes of a difference that are told.
const MAX_TOLD_BYTES: usize = 4_000;

/// How `asked` differs from the request among `recorded` that has the most lines in common with it.
pub(super) fn nearest<'a>(asked: &Value, recorded: impl Iterator<Item = &'a Value>) -> String {
    let asked = readable(asked);
    let lines: BTreeSet<&str> = asked.lines().collect();
    let common = |text: &String| text.lines().filter(|line| lines.contains(line)).count();
    let Some(nearest) = recorded.map(readable).max_by_key(common) else { return "nothing was".to_owned() };
    let diff = TextDiff::from_lines(nearest.as_str(), asked.as_str());
    let mut told = diff.unified_diff().context_radius(1).header("recorded", "asked").to_string();
    told.truncate(told.floor_char_boundary(MAX_TOLD_BYTES));
    format!("the nearest one differs:\n{told}")
}

/// The request, with the lines of its messages as lines.
fn readable(request: &Value) -> String {
    let mut text = String::new();
    for message in request["messages"].as_array().into_iter().flatten() {
        text.push_str(&format!("{}:\n{}\n", texts(&message["role"]), texts(&message["content"])));
        if let Some(calls) = message.get("tool_calls") {
            text.push_str(&format!("{calls:#}\n"));
        }
    }
    for (name, value) in request.as_object().into_iter().flatten().filter(|(name, _)| *name != "messages") {
        text.push_str(&format!("{name}: {value:#}\n"));
    }
    text
}

fn texts(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
