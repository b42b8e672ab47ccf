//! Content that is no text: nobody can say what it doesn't hold.

use selfheal_core::decision::Verdict;
use selfheal_core::plan::Change;
use selfheal_core::resource::Environment;

use crate::scene::{Case, allowing_but, case, guardrails};

fn replacing(diff: &str) -> Case {
    let mut case = case(Environment::Dev, "edit_file", &[("logo.bin", "")]);
    let hash = |text: &str| Some(text.to_owned());
    case.previews[0].changes =
        vec![Change { what: "logo.bin".to_owned(), before: hash("a"), after: hash("b"), diff: diff.to_owned() }];
    case
}

const BINARY: &str = "Binary files a/logo.bin and b/logo.bin differ\n";

#[test]
fn it_falls_under_every_rule_that_restricts_by_text() {
    for effect in ["deny", "propose", "require_approval"] {
        let rule =
            format!("  - {{id: t, effect: {effect}, kinds: ['*'], when: {{text_matches: ['secret']}}, because: b}}");
        let guardrails = guardrails(&allowing_but(&rule));
        for diff in [BINARY, ""] {
            let decision = replacing(diff).decision(&guardrails);
            assert!(decision.rules.iter().any(|voice| voice.rule == "p/t"), "{effect}: {decision:?}");
        }
        let read = replacing("+plain\n").decision(&guardrails);
        assert!(read.rules.iter().all(|voice| voice.rule != "p/t"), "{read:?}");
    }
}

#[test]
fn the_shipped_hard_blocks_deny_it_and_say_why() {
    let decision = replacing(BINARY).decision(&guardrails(&allowing_but("")));
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(decision.rationale.contains("what changes is no text"), "{}", decision.rationale);
}

#[test]
fn no_rule_permits_it_by_its_text() {
    let only = "rules:\n  - {id: t, effect: allow, kinds: ['*'], when: {text_matches: ['.*']}, because: b}\n";
    let decision = replacing(BINARY).decision(&guardrails(only));
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(decision.rules.iter().all(|voice| voice.rule != "p/t"), "{decision:?}");
}
