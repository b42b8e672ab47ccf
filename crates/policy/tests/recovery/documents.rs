use selfheal_policy::recovery::{Names, RecoveryPolicies};

use crate::pipelines::policy;

fn problem(text: &str) -> String {
    RecoveryPolicies::from_text("p.yaml", text, &Names::default()).unwrap_err().to_string()
}

const RETRY: &str = "  allowedStrategies: [retry]\n";

#[test]
fn a_policy_as_an_api_server_shows_it_is_read() {
    let text = "
apiVersion: selfheal.dev/v1alpha1
kind: PipelineRecoveryPolicy
metadata:
  name: shop
  namespace: team-a
  labels: {team: a}
  annotations: {note: x}
  uid: 0b0c
  resourceVersion: '12'
  generation: 2
  creationTimestamp: '2026-01-01T00:00:00Z'
  managedFields: [{manager: kubectl}]
spec:
  targetPipeline: shop
  failureThreshold: 3
  allowedStrategies: [retry, rollback, escalate]
  safetyChecks: {dryRun: true, maxRetries: 2}
status: {observed: 1}
";
    let policies = RecoveryPolicies::from_text("p.yaml", text, &Names::default()).unwrap();
    assert_eq!(policies.len(), 1);
    assert_eq!(policies.waiting("shop", 1).unwrap().policy, "team-a/shop");
}

#[test]
fn a_policy_in_json_is_the_same_policy() {
    let text = r#"{"apiVersion": "rodytech.ai/v1alpha1", "kind": "PipelineRecoveryPolicy", "metadata": {"name": "p"},
        "spec": {"targetPipeline": "shop", "allowedStrategies": ["Retry"], "failureThreshold": 2}}"#;
    let policies = RecoveryPolicies::from_text("p.json", text, &Names::default()).unwrap();
    assert_eq!(policies.waiting("shop", 1).unwrap().threshold, 2);
}

#[test]
fn what_is_no_policy_is_refused_with_its_place_and_what_was_expected() {
    let cases = [
        (policy("p", "shop", "  allowedStrategies: [retyr]\n"), "6:23: expected a strategy, one of retry,"),
        (policy("p", "shop", "  allowedStrategies: []\n"), "6:22: expected 1 to 64 strategies"),
        (policy("p", "shop", "  failureThreshold: 1\n"), "missing field"),
        (
            policy("p", "shop", &format!("  failureThreshold: 0\n{RETRY}")),
            "6:21: expected a threshold from 1 to 256, found 0",
        ),
        (
            policy("p", "shop", &format!("{RETRY}  safetyChecks: {{maxRetries: 100000}}\n")),
            "expected at most 1000 retries",
        ),
        (
            policy("p", "shop", &format!("{RETRY}  safetyChecks: {{maxRetries: -1}}\n")),
            "expected a whole number, 0 or more",
        ),
        (policy("p", "shop", &format!("{RETRY}  safetyChecks: {{dryrun: true}}\n")), "dryrun"),
        (policy("p", "'a['", RETRY), "5:19: expected a glob"),
        (policy("p", "' '", RETRY), "expected the name of a pipeline or a glob"),
        (policy("p", "shop", RETRY).replace("v1alpha1", "v1"), "1:13: expected apiVersion rodytech.ai/v1alpha1 or"),
        (policy("p", "shop", RETRY).replace("kind: Pipe", "kind: Tube"), "2:7: expected kind PipelineRecoveryPolicy"),
        (policy("p, colour: red", "shop", RETRY), "colour"),
        (
            format!("{}---\n{}", policy("p", "a", RETRY), policy("p", "b", RETRY)),
            "expected a unique name, found 'p' again",
        ),
        ("rules: []\n".to_owned(), "expected recovery policies"),
        (String::new(), "expected recovery policies"),
        ("[1, 2]".to_owned(), "p.yaml:1:2"),
    ];
    for (text, expected) in cases {
        let problem = problem(&text);
        assert!(problem.starts_with("p.yaml:") && problem.contains(expected), "{problem}\n{text}");
    }
}

fn healing(kind: &str, issue: &str, retries: u32) -> String {
    format!(r#"{{"resource_kind": "{kind}", "issue_type": "{issue}", "auto_heal": true, "max_retries": {retries}}}"#)
}

#[test]
fn healing_policies_that_contradict_each_other_are_refused() {
    let again = format!("{}\n{}", healing("pod", "oom_killed", 1), healing("Pod", "OOMKilled", 2));
    assert!(problem(&again).contains("p.yaml:2:"), "{}", problem(&again));
    assert!(problem(&again).contains("found healing/pod/oom_killed again"), "{}", problem(&again));

    let crossing = format!("[{}, {}]", healing("pod", "*", 1), healing("*", "oom_killed", 2));
    assert!(problem(&crossing).contains("add a policy for exactly that"), "{}", problem(&crossing));
    let settled =
        format!("[{}, {}, {}]", healing("pod", "*", 1), healing("*", "oom_killed", 2), healing("pod", "oom_killed", 2));
    assert!(RecoveryPolicies::from_text("p.json", &settled, &Names::default()).is_ok());
    let agreeing = format!("[{}, {}]", healing("pod", "*", 1), healing("*", "oom_killed", 1));
    assert!(RecoveryPolicies::from_text("p.json", &agreeing, &Names::default()).is_ok());
}

#[test]
fn a_healing_policy_with_unknown_words_is_refused() {
    assert!(problem(&healing("pod", "oom_kiled", 1)).contains("expected '*' or a category of failure, one of "));
    assert!(problem(&healing("", "*", 1)).contains("expected a kind of resource or '*'"));
    let more = healing("pod", "*", 1).replace('}', ", \"max_retrys\": 1}");
    assert!(problem(&more).contains("max_retrys"), "{}", problem(&more));
}

#[test]
fn the_version_tells_one_text_from_another_and_not_where_it_lies() {
    let version = |name: &str, target: &str| {
        RecoveryPolicies::from_text(name, &policy("p", target, RETRY), &Names::default()).unwrap().version()
    };
    assert_eq!(version("/a/p.yaml", "shop"), version("/b/p.yaml", "shop"));
    assert_ne!(version("p.yaml", "shop"), version("p.yaml", "store"));
}

#[test]
fn policies_of_several_files_are_in_force_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = [file("a.yaml", policy("p", "shop", RETRY)), file("b.jsonl", healing("pod", "*", 1))];
    assert_eq!(RecoveryPolicies::from_files(&files, &Names::default()).unwrap().len(), 2);
    let twice = [files[0].clone(), files[0].clone()];
    assert!(RecoveryPolicies::from_files(&twice, &Names::default()).is_err());
    assert!(RecoveryPolicies::from_files(&[folder.path().join("missing")], &Names::default()).is_err());
    assert!(RecoveryPolicies::from_files::<&str>(&[], &Names::default()).unwrap().is_empty());
}
