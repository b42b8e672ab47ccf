//! A service that no runbook explains, and models that answer sensibly about it.

use serde_json::{Value, json};

use super::server::{Asked, Reply, with_models};
use crate::common::{Ended, Service};

/// What it says in place of what the runbook knows.
const COMPLAINT: &str = "panic: service.conf line 2: a pool of size zero serves nobody";

/// The runbook's remedy, as it is offered.
pub(super) const OFFER: &str = "test-edit-line/1";

/// The service, failing in words that nobody has a runbook for. The remedy of one would help all the same.
pub(super) fn puzzling() -> Service {
    let service = Service::new();
    puzzle(&service);
    service
}

/// Makes it fail in those words.
pub(super) fn puzzle(service: &Service) {
    let script = service.world.read("start.sh").replace("error: workers must be at least 1", COMPLAINT);
    service.world.script("start.sh", &script);
}

/// Models that find the cause, choose the runbook's remedy, and object to nothing.
pub(super) fn sensible(asked: &Asked) -> Reply {
    Reply::Says(match asked.agent.as_str() {
        "classifier" => json!({ "category": "missing_configuration" }),
        "analyst" => found(asked),
        "strategist" => chosen(OFFER),
        _ => json!({ "objects": false, "because": "" }),
    })
}

/// What the analyst answers.
pub(super) fn found(asked: &Asked) -> Value {
    let answer = json!({
        "conclusive": true,
        "category": "missing_configuration",
        "cause": "no_workers",
        "summary": "The service is configured without workers.",
        "advice": "Set `workers` in service.conf to 1 or more.",
        "citations": [asked.citation("panic:")],
        "fields": [],
        "wanted": [],
        "edit": null,
    });
    asked.fitting(answer)
}

/// The analyst who wants to see the file first, and then changes its line.
pub(super) fn reading(asked: &Asked, path: &str, replacement: &str) -> Value {
    let argument = |name: &str, value: &str| json!({ "name": name, "value": value });
    let mut answer = found(asked);
    if answer.get("edit").is_none() {
        answer["conclusive"] = json!(false);
        answer["citations"] = json!([]);
        let source = json!({ "tool": "source", "arguments": [argument("path", path), argument("line", "2")] });
        answer["wanted"] = json!([source]);
    } else {
        answer["edit"] = json!({ "path": path, "line": 2, "expected": "workers = 0", "replacement": replacement });
    }
    answer
}

/// What the strategist answers.
pub(super) fn chosen(choice: &str) -> Value {
    json!({
        "choice": choice,
        "inputs": [],
        "rationale": "The service has no workers; this gives it four.",
        "advice": "Set `workers` to 1 or more.",
    })
}

/// Heals the service by models at `url`.
pub(super) fn healed(service: &Service, url: &str, more: &[&str]) -> Ended {
    let run = service.world.run(&service.options(more), &["./start.sh"]);
    Ended::of(with_models(run, url))
}
