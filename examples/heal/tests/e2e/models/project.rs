//! A service that no runbook explains, and models that answer sensibly about it.

use serde_json::{Value, json};

use super::server::{Asked, Reply};
use crate::common::{Ended, Service};

/// What it says in place of what the runbook knows.
pub(super) const COMPLAINT: &str = "panic: a pool of size zero can't serve anybody";

/// The service, failing in words that nobody has a runbook for. The runbook's remedy would help all the same.
pub(super) fn puzzling() -> Service {
    let service = Service::new();
    let script = service.world.read("start.sh").replace("error: workers must be at least 1", &COMPLAINT.replace('\'', ""));
    service.world.script("start.sh", &script);
    service
}

/// Models that find the cause, choose the runbook's remedy, and object to nothing.
pub(super) fn sensible(asked: &Asked) -> Reply {
    Reply::Says(match asked.agent.as_str() {
        "classifier" => json!({ "category": "missing_configuration" }),
        "analyst" => found(asked),
        "strategist" => chosen("test-edit-line/1"),
        _ => json!({ "objects": false, "because": "" }),
    })
}

/// What the analyst answers.
pub(super) fn found(asked: &Asked) -> Value {
    let mut answer = json!({
        "conclusive": true,
        "category": "missing_configuration",
        "cause": "no_workers",
        "summary": "The service is configured without workers.",
        "advice": "Set `workers` in service.conf to 1 or more.",
        "citations": [asked.citation("panic:")],
        "fields": [],
    });
    for name in ["wanted", "edit"] {
        let schema = &asked.body["response_format"]["json_schema"]["schema"]["properties"][name];
        if !schema.is_null() {
            answer[name] = if name == "wanted" { json!([]) } else { Value::Null };
        }
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
    Ended::of(super::server::with_models(run, url))
}
