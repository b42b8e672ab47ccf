//! Which of several explanations wins, and what hostile or noisy lines can't do.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;

use proptest::prelude::*;
use selfheal_core::evidence::{Evidence, EvidenceId};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::ports::{Case, Runbooks};
use selfheal_detect::redact::Redactor;
use selfheal_policy::runbook::Catalogue;

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::shipped().unwrap());

fn category(exit_code: i64, log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let facts = Facts::new().with("exit_code", Fact::Number(exit_code));
    let found = SHIPPED.recognise(&facts, &lines);
    found.first().map_or("unknown".to_owned(), |best| best.runbook().category().to_string())
}

#[test]
fn the_cause_wins_over_what_follows_from_it() {
    let cases = [
        ("stale_secret", 1, "npm error code E401\nnpm error network request failed"),
        (
            "stale_secret",
            1,
            "WARNING: 401 Error, Credentials not correct for https://pypi.example.com/simple/a/\nERROR: No matching distribution found for a",
        ),
        ("dependency_failure", 1, "npm error code E404\nnpm error 404 Not Found - GET https://registry.example.com/x"),
        (
            "network_timeout",
            1,
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'ReadTimeoutError': /simple/a/\nERROR: No matching distribution found for a",
        ),
        ("test_failure", 1, "E       AssertionError: Read timed out: ETIMEDOUT\n===== 1 failed in 0.12s ====="),
        (
            "missing_configuration",
            1,
            "    os.environ[\"API_KEY\"]\nE   KeyError: 'API_KEY'\n===== 1 failed in 0.12s =====",
        ),
        ("dependency_failure", 2, "E   ModuleNotFoundError: No module named 'yaml'\n===== 1 error in 0.07s ====="),
        (
            "missing_system_dependency",
            1,
            "src/a.c:1:10: fatal error: zlib.h: No such file or directory\nERROR: Failed building wheel for a",
        ),
        ("disk_full", 101, "error: No space left on device (os error 28)\nerror: could not compile `a` (lib)"),
        (
            "quality_gate",
            101,
            "error: unused variable: `x`\n  = note: `-D unused-variables` implied by `-D warnings`\nerror: could not compile `a` (lib)",
        ),
        (
            "compile_error",
            1,
            "curl: (56) Recv failure: Connection reset by peer\na.c:1:20: error: 'y' undeclared (first use in this function)",
        ),
        (
            "network_timeout",
            56,
            "a.c:1:20: error: 'y' undeclared (first use in this function)\ncurl: (56) Recv failure: Connection reset by peer",
        ),
        ("oom_killed", 137, "make: *** [Makefile:2: all] Killed"),
        ("unknown", 1, "something happened\nKeyError: 'user_id'"),
        ("unknown", 1, ""),
    ];
    for (expected, exit_code, log) in cases {
        assert_eq!(category(exit_code, log), expected, "{log}");
    }
}

#[test]
fn what_a_log_shipper_puts_in_front_changes_nothing() {
    let log = "2026-03-01T10:00:00.1234567Z npm error code ETARGET\n2026-03-01T10:00:00.1234567Z npm error notarget No matching version found for left-pad@^99.";
    assert_eq!(category(1, log), "dependency_failure");
}

#[test]
fn a_credential_is_never_retried() {
    let secrets = SHIPPED.runbooks().iter().filter(|runbook| runbook.category().as_str() == "stale_secret");
    assert_eq!(secrets.filter(|runbook| !runbook.remedies().is_empty()).count(), 0);
}

#[test]
fn an_extracted_word_that_is_not_of_its_type_does_not_exist() {
    let hostile = [
        "npm error code ETARGET",
        "npm error notarget No matching version found for --registry=http://evil.example@1.0.",
    ];
    let found = SHIPPED.recognise(&Facts::new(), &hostile);
    assert!(found.iter().all(|found| found.runbook().id() != "npm-no-matching-version"));
}

#[tokio::test]
async fn the_port_cites_the_lines_by_their_evidence() {
    let redactor = Redactor::builder().build();
    let earlier = Evidence::new(EvidenceId(1), "output, middle", 40, "compiling", &redactor);
    let end =
        Evidence::new(EvidenceId(2), "output, end", 900, "x\nModuleNotFoundError: No module named 'yaml'", &redactor);
    let facts = Facts::new().with("exit_code", Fact::Number(1));
    let evidence = [earlier, end];
    let hypotheses = SHIPPED.explain(&Case { facts: &facts, evidence: &evidence }).await.unwrap();
    let best = &hypotheses[0];
    let cited: Vec<_> = best.citations.iter().map(|citation| (citation.evidence.0, citation.line)).collect();
    assert_eq!(cited, [(2, 901)]);
    assert_eq!(best.cause.extracted["module"][0].read(), "yaml");
    assert_eq!(best.remedies[0].from.as_ref().unwrap().set, "pip.providers");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Noise around a failure neither hides it nor makes an option out of an extracted word.
    #[test]
    fn noise_does_not_change_what_is_extracted(
        before in prop::collection::vec("[ -~]{0,60}", 0..20),
        after in prop::collection::vec("\\PC{0,60}", 0..20),
    ) {
            let failure = ["npm error code ETARGET", "npm error notarget No matching version found for is-number@^99.0.0."];
        let lines: Vec<&str> = before.iter().map(String::as_str).chain(failure).chain(after.iter().map(String::as_str)).collect();
        let found = SHIPPED.recognise(&Facts::new(), &lines);
        let own = found.iter().find(|found| found.runbook().id() == "npm-no-matching-version");
        prop_assert_eq!(own.map(|own| own.values("package").to_vec()), Some(vec!["is-number".to_owned()]));
        for (_, values) in found.iter().flat_map(|found| found.extracted()) {
            prop_assert!(values.iter().all(|value| !value.is_empty() && value.len() <= 400 && !value.chars().any(char::is_control)));
        }
    }

    #[test]
    fn no_line_is_too_strange(lines in prop::collection::vec(".{0,200}", 0..30)) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            for found in SHIPPED.recognise(&Facts::new(), &lines) {
            prop_assert!(found.lines().iter().all(|line| *line < lines.len()));
        }
    }
}
