//! `heal incidents`.

use super::super::{IncidentsOptions, incidents};
use super::stage::{HOSTILE, Run, Stage, options, written};
use selfheal_core::decision::Verdict;
use selfheal_core::resource::Environment;

async fn list(stage: &Stage, arguments: &[&str], width: Option<usize>) -> String {
    let options: IncidentsOptions = options(arguments).unwrap();
    written(width, async |page| incidents(&*stage.journal, &options, page).await).await.unwrap()
}

async fn several() -> Stage {
    let other = Environment::Other("\u{1b}[2J\u{202e}lab".to_owned());
    Stage::of([
        Run::default(),
        Run { known: false, log: HOSTILE.to_owned(), ..Run::default() },
        Run {
            verdict: Verdict::Propose, environment: Environment::Production, name: "配置サービス", ..Run::default()
        },
        Run { until: Some(5), environment: other, ..Run::default() },
    ])
    .await
}

#[tokio::test]
async fn a_table_lines_up_newest_first() {
    insta::assert_snapshot!("incidents", list(&several().await, &[], None).await);
}

#[tokio::test]
async fn a_narrow_terminal_keeps_every_incident_on_its_line() {
    insta::assert_snapshot!("incidents_narrow", list(&several().await, &[], Some(80)).await);
}

#[tokio::test]
async fn open_since_and_limit_choose() {
    let stage = several().await;
    let rows = async |arguments: &[&str]| list(&stage, arguments, None).await.lines().count() - 1;
    assert_eq!(rows(&[]).await, 4);
    assert_eq!(rows(&["--open"]).await, 1);
    assert_eq!(rows(&["--since", "8d"]).await, 2);
    assert_eq!(rows(&["--since", "2026-11-22"]).await, 2);
    let limited = list(&stage, &["--limit", "2"], None).await;
    assert!(limited.ends_with("the newest 2; --limit shows more\n"), "{limited}");
    assert!(options::<IncidentsOptions>(&["--since", "soon"]).unwrap_err().contains("expected `7d`"));
}

#[tokio::test]
async fn json_is_one_array_and_nothing_is_an_empty_one() {
    let stage = several().await;
    let text = list(&stage, &["--json"], None).await;
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    let array: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(array.len(), 4);
    assert_eq!((&array[0]["state"], &array[0]["phase"]), (&"open".into(), &"preview".into()));
    assert_eq!(array[3]["state"], "healed");
    assert_eq!(array[3]["opened_at"], "2026-11-20T09:00:00.250Z");
    let empty = Stage::default();
    assert_eq!(list(&empty, &["--json"], None).await, "[]\n");
    assert_eq!(list(&empty, &[], None).await, "no incidents\n");
}
