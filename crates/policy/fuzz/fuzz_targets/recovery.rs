//! Recovery policies and healing policies are refused or load, and what loads answers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use selfheal_policy::documents::DocumentKind;
use selfheal_policy::recovery::{Names, RecoveryPolicies};

fuzz_target!(|text: &str| {
    let kind = DocumentKind::of("fuzzed", text);
    let Ok(policies) = RecoveryPolicies::from_text("fuzzed", text, &Names::default()) else { return };
    assert!(matches!(kind, Ok(DocumentKind::Recovery)), "what loads is recognised: {kind:?}");
    assert!(!policies.is_empty());
    for pipeline in ["shop", "", "payments/eu-1"] {
        let _ = policies.allowed_kinds(pipeline);
        let _ = policies.waiting(pipeline, 1);
    }
});
