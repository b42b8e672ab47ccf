//! Right answers about a scenario.

use selfheal_core::action::ActionKind;
use selfheal_core::ports::LlmRequest;
use serde_json::{Value, json};

use super::reader::{offered, options, quoted};
use super::scenario::Scenario;

/// What an honest model answers as `agent`; `None` if it doesn't see what it needs.
pub(super) fn answer(
    scenario: &Scenario,
    agent: &str,
    schema: &Value,
    request: &LlmRequest,
    looks_up: bool,
) -> Option<Value> {
    match agent {
        "classifier" => Some(json!({ "category": scenario.category })),
        "analyst" => analysis(scenario, schema, request, looks_up),
        "strategist" => Some(choice(scenario, schema, request)),
        _ => Some(json!({ "objects": false, "because": "it mends what failed" })),
    }
}

fn analysis(scenario: &Scenario, schema: &Value, request: &LlmRequest, looks_up: bool) -> Option<Value> {
    let properties = schema.get("properties")?;
    let (place, _) = quoted(request).into_iter().find(|(_, line)| line.contains(scenario.tell))?;
    let field =
        |(kind, value): (&str, &str)| json!({ "name": "what", "type": kind, "value": value, "citation": place });
    let may_look = properties.get("wanted").is_some();
    let mut answer = json!({
        "conclusive": !(may_look && looks_up),
        "category": scenario.category,
        "cause": "what_the_line_says",
        "summary": "It failed as the line says.",
        "advice": "Look at that line.",
        "citations": [place],
        "fields": scenario.word.map(field).into_iter().collect::<Vec<_>>(),
    });
    if may_look {
        answer["wanted"] = wanted(scenario);
    }
    if properties.get("edit").is_some() {
        answer["edit"] = json!({
            "path": "src/cart.py",
            "line": 2,
            "expected": "    return sum(items) - 1",
            "replacement": "    return sum(items)",
        });
    }
    Some(answer)
}

fn wanted(scenario: &Scenario) -> Value {
    match scenario.kind == ActionKind::EDIT_FILE {
        true => json!([{ "tool": "source", "arguments": [
            { "name": "path", "value": "src/cart.py" }, { "name": "line", "value": "2" },
        ]}]),
        false => json!([{ "tool": "recent_commits", "arguments": [] }]),
    }
}

fn choice(scenario: &Scenario, schema: &Value, request: &LlmRequest) -> Value {
    let offers = offered(request);
    let kind = format!("[{}", scenario.kind);
    let does = |id: &str| {
        let line = request.messages.iter().flat_map(|message| message.content().lines());
        line.filter_map(|line| line.strip_prefix("- ")).any(|line| line.starts_with(id) && line.contains(&kind))
    };
    let fits = |id: &&str| id.starts_with(scenario.fix) && does(id);
    let chosen = options(schema, "/properties/choice/enum").into_iter().find(fits).unwrap_or("none");
    let inputs = offers.iter().find(|(id, _)| *id == chosen).map(|(_, inputs)| inputs.clone()).unwrap_or_default();
    let inputs: Vec<Value> = inputs.iter().map(|(name, _)| json!({ "name": name, "field": "f1" })).collect();
    json!({ "choice": chosen, "inputs": inputs, "rationale": "It removes the cause.", "advice": "Look at the line." })
}
