//! An approvers document is refused or loads, with one person per name and key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selfheal_policy::approvers::Approvers;

fuzz_target!(|text: &str| {
    let Ok(people) = Approvers::from_text("fuzzed", text, |_, _, _| false) else { return };
    for (name, person) in people.iter() {
        assert_eq!(people.holder(&person.key), Some(name), "one key, one person");
    }
});
