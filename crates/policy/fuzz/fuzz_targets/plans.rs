//! A plan in any of its forms is refused or read, and what is read is decided about, by the shipped guardrails.
#![no_main]

use std::sync::LazyLock;

use futures_executor::block_on;
use libfuzzer_sys::fuzz_target;
use selfheal_core::ports::PolicyEngine;
use selfheal_core::time::Timestamp;
use selfheal_policy::asked::{Asked, Said};
use selfheal_policy::guardrails::Guardrails;

static SHIPPED: LazyLock<Option<Guardrails>> = LazyLock::new(|| Guardrails::shipped().ok());

fuzz_target!(|text: &str| {
    let Some(shipped) = &*SHIPPED else { return };
    let said = Said { now: Timestamp::from_millis(1_795_348_800_000), ..Said::default() };
    let Ok(asked) = Asked::from_text("fuzzed", text, &said) else { return };
    let decision = shipped.decision(&asked.question());
    assert_eq!(decision, shipped.decision(&asked.question()), "same question, same answer");
    assert!(block_on(shipped.clear(&asked.moment())).is_ok());
});
