//! A file of declared cases is refused or read, and what is read runs.
#![no_main]

use std::sync::LazyLock;

use futures_executor::block_on;
use libfuzzer_sys::fuzz_target;
use selfheal_policy::cases::Cases;
use selfheal_policy::guardrails::Guardrails;

static SHIPPED: LazyLock<Option<Guardrails>> = LazyLock::new(|| Guardrails::shipped().ok());

fuzz_target!(|text: &str| {
    let (Some(shipped), Ok(cases)) = (&*SHIPPED, Cases::from_text("fuzzed", text)) else { return };
    for case in cases.cases.iter().take(4) {
        let _ = block_on(case.run(shipped)).holds();
    }
});
