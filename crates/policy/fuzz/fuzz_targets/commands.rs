//! Any text is judged as a script, and what may run is read-only.
#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use selfheal_policy::command::{assess, may_run};

static QUIET: Once = Once::new();

fuzz_target!(|script: &str| {
    // The parser's own panics are caught and fail closed; libFuzzer's hook would end the process before that.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let judged = assess(script);
    assert_eq!(judged.is_read_only(), may_run(script).is_ok(), "one judge");
});
