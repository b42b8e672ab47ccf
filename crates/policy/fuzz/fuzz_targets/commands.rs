//! Any text is judged as a script, and what may run is read-only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selfheal_policy::command::{assess, may_run};

fuzz_target!(|script: &str| {
    let judged = assess(script);
    assert_eq!(judged.is_read_only(), may_run(script).is_ok(), "one judge");
});
