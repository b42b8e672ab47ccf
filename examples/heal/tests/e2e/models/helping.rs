//! Models explain what no runbook does, and choose among what the operator wrote.

use serde_json::json;

use super::project::{COMPLAINT, chosen, found, healed, puzzling, sensible};
use super::server::{Asked, KEY, ModelServer, Reply};
use crate::common::{BROKEN, Ended, MENDED, Service};

#[test]
fn a_fix_that_a_model_chose_is_rehearsed_and_people_are_asked() {
    let (service, server) = (puzzling(), ModelServer::new(sensible));
    let ended = healed(&service, &server.url(), &["--json"]);
    ended.assert_gist(21, "awaiting_approval", "missing_configuration", 2);
    assert_eq!(server.agents(), ["analyst", "auditor", "classifier", "strategist"]);
    let json = ended.json();
    assert_eq!((&json["source"], &json["model_calls"]), (&json!("model"), &json!(4)), "{ended}");
    assert_eq!(json["models"], json!({
        "answered": ["scripted"], "calls": 4, "cached": 0, "tokens": 4000, "cost_usd": 0.0, "in_vain": [],
    }));
    assert_eq!(json["actions"][0]["kind"], "edit_file", "{ended}");
    assert_eq!(service.conf(), BROKEN, "nobody agreed yet");
}
