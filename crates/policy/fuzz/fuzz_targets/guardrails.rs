//! A guardrails document is refused or loads, and what loads decides and can be linted.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use selfheal_core::time::Timestamp;
use selfheal_policy::asked::{Asked, Said};
use selfheal_policy::documents::DocumentKind;
use selfheal_policy::guardrails::{Beside, Guardrails, lint};

static ASKED: LazyLock<Option<Asked>> = LazyLock::new(|| {
    let plan = "{kind: edit_file, environment: dev, target: src/app.py, text: 'a: 1', rehearsed: true, confidence: 0.5, \
                at: '2026-11-22T10:00:00Z', activity: [{ago: 5m}], parameters: {path: src/app.py}}";
    Asked::from_text("plan", plan, &Said { now: Timestamp::default(), ..Said::default() }).ok()
});

fuzz_target!(|text: &str| {
    let _ = DocumentKind::of("fuzzed", text);
    let Ok(guardrails) = Guardrails::from_text("fuzzed", text) else { return };
    let beside = Beside { now: Some(Timestamp::default()), ..Beside::default() };
    assert!(lint("fuzzed", text, &beside).is_ok(), "what loads can be linted");
    if let Some(asked) = &*ASKED {
        let decision = guardrails.decision(&asked.question());
        assert_eq!(decision.verdict, guardrails.verdict(&asked.question()).verdict(), "words change no verdict");
    }
});
