use selfheal_core::category::FailureCategory;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::ports::RehearsalEvidence::Verified;
use selfheal_core::testing::AllowAll;

use crate::pipelines::over;
use crate::scene::Scene;

const OOM: FailureCategory = FailureCategory::OOM_KILLED;
const DEPENDENCY: FailureCategory = FailureCategory::DEPENDENCY_FAILURE;

const POLICIES: &str = r#"
{"resource_kind": "*", "issue_type": "*", "auto_heal": true, "max_retries": 4}
{"resource_kind": "Pipeline", "issue_type": "*", "auto_heal": true, "max_retries": 2}
{"resource_kind": "pipeline", "issue_type": "OOMKilled", "auto_heal": false, "max_retries": 0}
{"resource_kind": "pod", "issue_type": "oom_killed", "auto_heal": true, "max_retries": 9}
"#;

async fn said(text: &str, categories: &[FailureCategory]) -> Decision {
    Scene::of(&["increase_memory"]).about(categories).decided_by(&over(AllowAll, text), Verified).await
}

#[tokio::test]
async fn the_most_specific_policy_speaks_and_a_person_is_asked_where_it_says_so() {
    let oom = said(POLICIES, &[OOM]).await;
    assert_eq!((oom.verdict, oom.max_attempts), (Verdict::RequireApproval, Some(1)));
    assert_eq!(oom.rules[0].rule, "healing/pipeline/OOMKilled");
    assert_eq!(
        oom.rationale,
        "the plan needs a person's approval by healing/pipeline/OOMKilled (auto_heal is false: a person agrees first)"
    );
    let dependency = said(POLICIES, &[DEPENDENCY]).await;
    assert_eq!((dependency.verdict, dependency.max_attempts), (Verdict::Allow, Some(3)));
}

#[tokio::test]
async fn a_plan_that_mends_two_failures_answers_to_the_policies_of_both() {
    let both = said(POLICIES, &[OOM, DEPENDENCY]).await;
    assert_eq!((both.verdict, both.max_attempts), (Verdict::RequireApproval, Some(1)));
}

#[tokio::test]
async fn what_nobody_diagnosed_answers_to_the_strictest() {
    for unknown in [&[][..], &[FailureCategory::UNKNOWN]] {
        let said = said(POLICIES, unknown).await;
        assert_eq!((said.verdict, said.max_attempts), (Verdict::RequireApproval, Some(1)), "{unknown:?}");
    }
}

#[tokio::test]
async fn an_array_and_one_object_are_read_too() {
    let one = r#"{"resource_kind": "pipeline", "issue_type": "oom_killed", "auto_heal": false, "max_retries": 1}"#;
    for text in [one.to_owned(), format!("[\n  {one}\n]"), one.replace(", ", ",\n  ")] {
        assert_eq!(said(&text, &[OOM]).await.verdict, Verdict::RequireApproval, "{text}");
        assert_eq!(said(&text, &[DEPENDENCY]).await.verdict, Verdict::Allow, "{text}");
    }
}
