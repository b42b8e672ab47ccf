//! The rules that benches compare mean the same in every language. The bench `engines` looks at many more plans, compiled for speed.
#![cfg(feature = "engines")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use selfheal_benches::compared::agreement::Engines;
use selfheal_benches::compared::rules;

#[test]
fn guardrails_rego_and_cedar_decide_the_same() {
    let verdicts = Engines::new(&rules(20, 20, 1)).unwrap().agree(100, 2).unwrap();
    assert!(verdicts.len() > 1, "plans that differ in nothing show nothing: {verdicts:?}");
}
