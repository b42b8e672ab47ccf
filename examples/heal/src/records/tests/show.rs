//! `heal show`.

use super::super::{ShowOptions, show};
use super::stage::{HOSTILE, Run, Stage, options, written};
use crate::run::Refusal;
use selfheal_core::decision::Verdict;
use selfheal_core::engine::replay;
use selfheal_core::ports::{Journal, Snapshot};

async fn shown(stage: &Stage, arguments: &[&str]) -> Result<String, Refusal> {
    let options: ShowOptions = options(arguments).unwrap();
    written(None, async |page| show(&*stage.journal, &options, page).await).await
}

async fn only(run: Run, arguments: &[&str]) -> String {
    shown(&Stage::of([run]).await, &[&["inc-"], arguments].concat()).await.unwrap()
}

fn taken_back() -> Run {
    Run { healthy: &[false], ..Run::default() }
}

#[tokio::test]
async fn a_heal_is_told_from_the_failure_to_the_outcome() {
    insta::assert_snapshot!("healed", only(Run::default(), &[]).await);
}

#[tokio::test]
async fn a_fix_that_did_not_help_is_told_with_its_way_back() {
    insta::assert_snapshot!("taken_back", only(taken_back(), &[]).await);
}

#[tokio::test]
async fn a_decision_record_reads_as_prose() {
    insta::assert_snapshot!("adr_healed", only(Run::default(), &["--format", "adr"]).await);
    insta::assert_snapshot!("adr_taken_back", only(taken_back(), &["--format", "adr"]).await);
    let denied = Run { verdict: Verdict::Deny, ..Run::default() };
    insta::assert_snapshot!("adr_denied", only(denied, &["--format", "adr"]).await);
    let proposed = Run { verdict: Verdict::Propose, ..Run::default() };
    insta::assert_snapshot!("adr_proposed", only(proposed, &["--format", "adr"]).await);
}

#[tokio::test]
async fn an_open_incident_says_where_it_stands() {
    let text = only(Run { until: Some(6), ..Run::default() }, &[]).await;
    assert!(text.contains("open, in phase audit") && text.contains("so far"), "{text}");
    assert!(text.contains("result being worked on"), "{text}");
}

#[tokio::test]
async fn json_says_the_same_to_machines() {
    let object: serde_json::Value = serde_json::from_str(&only(taken_back(), &["--json"]).await).unwrap();
    assert_eq!(object["state"], "escalated");
    assert_eq!(object["plans"][0]["result"], "rolled_back");
    assert_eq!(object["plans"][0]["decision"]["policy_version"], "sha256:5f1c");
    assert_eq!(object["evidence"][0]["text"], "error: mode is bad");
    let parts = object["split_ms"].as_object().unwrap().values().map(|ms| ms.as_u64().unwrap());
    assert_eq!(parts.sum::<u64>(), object["total_ms"].as_u64().unwrap());
    let timeline = object["timeline"].as_array().unwrap();
    let took: u64 = timeline.iter().map(|entry| entry["took_ms"].as_u64().unwrap()).sum();
    assert_eq!(took, object["total_ms"].as_u64().unwrap());
    assert!(timeline.iter().any(|entry| entry["event"] == "undone"), "{object}");
}

#[tokio::test]
async fn what_a_log_says_can_not_act_on_a_terminal_or_a_page() {
    let hostile =
        || Run { log: format!("first\n{}", HOSTILE.replace("{long}", &"x".repeat(100_000))), ..Run::default() };
    let text = only(hostile(), &[]).await;
    let acts = |c: char| {
        c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!text.chars().any(acts), "{text:?}");
    assert!(text.len() < 20_000, "{} bytes", text.len());
    assert!(text.contains("\\u{202e}drow"), "{text}");
    let json = only(hostile(), &["--json"]).await;
    assert!(!json.chars().any(acts) && json.len() < 60_000, "{} bytes", json.len());
    insta::assert_snapshot!("adr_hostile", only(hostile(), &["--format", "adr"]).await);
}

#[tokio::test]
async fn an_id_may_be_shortened_as_long_as_it_is_clear() {
    let stage = Stage::of([Run::default(), Run::default()]).await;
    let ids = stage.ids().await;
    let first = ids[0].as_str();
    assert!(shown(&stage, &[first]).await.unwrap().contains(first));
    let prefix = &first["inc-".len()..first.len() - 2];
    assert!(shown(&stage, &[prefix]).await.unwrap().contains(first), "{ids:?}");
    let unclear = shown(&stage, &["inc-"]).await.unwrap_err();
    assert_eq!(unclear.status, 2);
    assert!(
        unclear.message.contains("fits several incidents: ") && unclear.message.contains(first),
        "{}",
        unclear.message
    );
    let unknown = shown(&stage, &["nope"]).await.unwrap_err();
    assert_eq!(unknown.status, 2);
    assert!(unknown.message.contains("no incident `nope`"), "{}", unknown.message);
}

#[tokio::test]
async fn a_compacted_incident_says_what_is_gone_and_shows_the_rest() {
    let stage = Stage::of([taken_back()]).await;
    let id = stage.ids().await.remove(0);
    let history = stage.journal.read(&id).await.unwrap();
    let (records, at) = (history.records.len() as u64, history.records.last().unwrap().at);
    let state = replay(history).unwrap().0.unwrap();
    stage.journal.compact(&Snapshot { records, at, state }).await.unwrap();
    insta::assert_snapshot!("compacted", shown(&stage, &["inc-"]).await.unwrap());
}
