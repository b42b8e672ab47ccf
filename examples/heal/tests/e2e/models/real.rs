//! `heal` against a server that this project did not write.

#[path = "../../../../../crates/llm/tests/litellm/proxy.rs"]
mod proxy;

use super::project::puzzling;
use super::server::with_models;
use crate::common::{BROKEN, Ended};
use proxy::{KEY, Proxy};

/// The analysis is the same whoever is asked for whatever; so the strategist's question has no answer that fits.
const MODELS: &str = r#"
- {model_name: checks, litellm_params: {model: openai/x, api_key: none, mock_response: '{"selfheal_check": true}'}}
- {model_name: sorts, litellm_params: {model: openai/x, api_key: none, mock_response: '{"category": "missing_configuration"}'}}
- model_name: analyses
  litellm_params:
    model: openai/x
    api_key: none
    mock_response: >-
      {"conclusive": true, "category": "missing_configuration", "cause": "no_workers", "summary": "There are no workers.",
      "advice": "Set workers to 1 or more.", "citations": ["e1:1"], "fields": [], "wanted": []}
- {model_name: broken, litellm_params: {model: openai/x, api_key: none, mock_response: litellm.InternalServerError}}
"#;

#[test]
fn a_real_server_is_checked_and_asked() {
    let Some(proxy) = Proxy::start(MODELS) else { return };
    let service = puzzling();
    let with = |command, small: &str, large: &str| {
        let mut command = with_models(command, &proxy.url());
        command.env("SELFHEAL_LLM_KEY", KEY);
        command.env("SELFHEAL_LLM_MODEL_SMALL", small).env("SELFHEAL_LLM_MODEL_LARGE", large);
        Ended::of(command)
    };
    let check = |small: &str| {
        let mut command = service.world.command(env!("CARGO_BIN_EXE_heal"));
        command.args(["llm", "check", "--json"]);
        with(command, small, "checks")
    };
    let checked = check("checks");
    assert_eq!((checked.status, checked.json()["usable"].as_bool()), (Some(0), Some(true)), "{checked}");
    let absent = check("absent");
    assert_eq!((absent.status, absent.json()["usable"].as_bool()), (Some(1), Some(false)), "{absent}");
    assert!(absent.json().to_string().contains("set SELFHEAL_LLM_MODEL_SMALL"), "{absent}");

    let run = || service.world.run(&service.options(&["--json"]), &["./start.sh"]);
    let analysed = with(run(), "sorts", "analyses");
    analysed.assert_gist(20, "escalated", "missing_configuration", 1);
    assert_eq!(analysed.json()["root_cause"], "There are no workers.", "{analysed}");
    assert_eq!(service.conf(), BROKEN);
    let failed = with(run(), "sorts", "broken");
    failed.assert_gist(20, "escalated", "unknown", 1);
    assert!(failed.json()["escalation"].as_str().unwrap().contains("A language model could not be asked"), "{failed}");
}
