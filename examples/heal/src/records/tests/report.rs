//! `heal report`.

use super::super::{Leaves, ReportOptions, report};
use super::stage::{HOSTILE, Run, Stage, options, written};
use selfheal_core::decision::Verdict;
use selfheal_core::ports::Journal;
use selfheal_core::resource::Environment;

async fn reported(stage: &Stage, arguments: &[&str]) -> String {
    let options: ReportOptions = options(arguments).unwrap();
    let leaves = Leaves::count(&stage.audited().await).unwrap();
    written(Some(100), async |page| report(&*stage.journal, Some(&leaves), &options, page).await).await.unwrap()
}

async fn fleet() -> Stage {
    let hostile = Environment::Other("<script>alert(1)</script>\u{1b}[2J\u{202e}".to_owned());
    let unknown = |log: &str| Run { known: false, log: log.to_owned(), ..Run::default() };
    Stage::of([
        Run::default(),
        Run::default(),
        unknown(HOSTILE),
        Run { verdict: Verdict::Propose, environment: Environment::Production, ..Run::default() },
        Run { verdict: Verdict::Deny, environment: Environment::Production, ..Run::default() },
        Run { healthy: &[false], environment: Environment::Staging, ..Run::default() },
        Run { environment: hostile, ..Run::default() },
        Run { until: Some(9), name: "payments", ..Run::default() },
    ])
    .await
}

#[tokio::test]
async fn figures_come_with_the_numbers_they_are_made_of() {
    insta::assert_snapshot!("report", reported(&fleet().await, &[]).await);
}

#[tokio::test]
async fn json_has_the_same_figures() {
    let object: serde_json::Value = serde_json::from_str(&reported(&fleet().await, &["--json"]).await).unwrap();
    assert_eq!(object["rates"]["healed"], serde_json::json!({"count": 2, "of": 7, "share": 2.0 / 7.0}));
    assert_eq!(object["policy"]["rules"][0]["rule"], "guardrails/frozen");
    assert_eq!(object["audit_coverage"]["share"], 1.0);
    assert_eq!(object["over_time"][0]["from"], "2026-11-20T00:00:00.000Z");
    assert_eq!(object["over_time"].as_array().unwrap().len(), 8);
    let parts = object["repair"]["sum_ms_by_part"].as_object().unwrap().values().map(|ms| ms.as_u64().unwrap());
    assert_eq!(parts.sum::<u64>(), 2 * object["repair"]["mean_ms"].as_u64().unwrap());
}

#[tokio::test]
async fn nothing_is_told_as_nothing() {
    let empty = Stage::default();
    assert!(reported(&empty, &[]).await.contains("no incidents"));
    assert!(reported(&empty, &["--format", "html"]).await.contains("No incidents."));
    let later = reported(&fleet().await, &["--since", "2030-01-01"]).await;
    assert!(later.contains("0 incidents opened since 2030-01-01 00:00:00Z"), "{later}");
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_escapes_every_text() {
    let page = reported(&fleet().await, &["--format", "html"]).await;
    for foreign in ["<script", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[2J\\u{202e}"),
        "the environment is shown as text"
    );
    let images = page.matches("<svg").count();
    assert!(images >= 5 && images == page.matches("role=\"img\" aria-label=").count(), "{images}");
    insta::assert_snapshot!("report_page", page.split("</style>").nth(1).unwrap());
}

#[tokio::test]
async fn a_report_goes_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let arguments = ["--format", "html", "--output", path.to_str().unwrap()];
    assert_eq!(reported(&fleet().await, &arguments).await, "");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("<!DOCTYPE html>"));
    let nowhere: ReportOptions = options(&["--output", "/nowhere/at/all"]).unwrap();
    let stage = Stage::default();
    let refusal = written(None, async |page| report(&*stage.journal, None, &nowhere, page).await).await.unwrap_err();
    assert_eq!(refusal.status, 2);
    assert!(refusal.message.starts_with("/nowhere/at/all: can't be written"), "{}", refusal.message);
}

#[tokio::test]
async fn a_record_without_a_leaf_shows_in_the_audit_coverage() {
    let stage = fleet().await;
    let newest = stage.ids().await.remove(0);
    let records = stage.journal.read(&newest).await.unwrap().records.len();
    let leaves = Leaves::count(&stage.audited_but(&newest).await).unwrap();
    let options: ReportOptions = options(&["--json"]).unwrap();
    let text = written(None, async |page| report(&*stage.journal, Some(&leaves), &options, page).await).await.unwrap();
    let coverage = &serde_json::from_str::<serde_json::Value>(&text).unwrap()["audit_coverage"];
    let missing = coverage["of"].as_u64().unwrap() - coverage["count"].as_u64().unwrap();
    assert_eq!(missing, records as u64, "{coverage}");
}
