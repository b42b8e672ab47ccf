//! Conversations are replayed as they were, and hold no secrets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::error::{ErrorKind, Result};
use selfheal_core::ports::{LlmMessage, LlmProvider, LlmRequest, LlmResponse, ModelTier};
use selfheal_core::spending::{Amount, Budget, Meter};
use selfheal_core::testing::ManualClock;
use selfheal_detect::redact::Redactor;
use selfheal_llm::cassette::{CassetteError, Player, Recorder};
use selfheal_llm::testing::{Model, Reply, Script};
use selfheal_llm::{Failure, FailureClass};

const SECRET: &str = "hunter2-and-more-of-it";

fn meter() -> Meter {
    let plenty = Amount { calls: u64::MAX, tokens: u64::MAX, micro_usd: u64::MAX };
    Meter::new(plenty, Arc::new(Budget::of_this_process(plenty)), Arc::new(ManualClock::default()))
}

fn redactor() -> Arc<Redactor> {
    Arc::new(Redactor::builder().known("password", SECRET).build())
}

fn asking(text: &str) -> LlmRequest {
    let messages = vec![LlmMessage::system("Answer in JSON.\nBe brief."), LlmMessage::user(text)];
    LlmRequest::for_json(ModelTier::Small, messages, "answer", serde_json::json!({"type": "object"}))
}

async fn ask(provider: &dyn LlmProvider, text: &str) -> Result<LlmResponse> {
    provider.complete(&asking(text), &meter()).await
}

fn recorder<S: Script>(script: S) -> Recorder<Model<S>> {
    Recorder::new(Model::new("recorded", script), redactor())
}

/// Answers what it is asked with how often it was asked anything.
fn counting(_: &LlmRequest, call: u64) -> Reply {
    Reply::Says(format!("{{\"call\": {call}}}"))
}

fn player(path: &Path) -> Player {
    Player::load(path, redactor()).unwrap()
}

#[tokio::test]
async fn what_was_recorded_is_replayed_and_the_same_again_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let recorder = recorder(counting);
    let mut said = Vec::new();
    for text in ["one", "other", "one"] {
        said.push(ask(&recorder, text).await.unwrap());
    }
    recorder.save(&path).unwrap();
    let player = player(&path);
    assert_eq!(player.unplayed(), 3);
    for (text, expected) in [("other", 1), ("one", 0), ("one", 2), ("one", 2)] {
        assert_eq!(ask(&player, text).await.unwrap(), said[expected], "{text}");
    }
    assert_eq!(player.unplayed(), 0);
    let later = LlmRequest { deadline: Duration::from_millis(3), ..asking("one") };
    assert!(player.complete(&later, &meter()).await.is_ok(), "when it is asked doesn't matter");
}

#[tokio::test]
async fn a_failure_is_replayed_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let failure = Failure { class: FailureClass::RateLimited, retry_after: Some(Duration::from_secs(7)) };
    let recorder = recorder(move |_: &LlmRequest, _: u64| Reply::Fails(failure));
    ask(&recorder, "one").await.unwrap_err();
    recorder.save(&path).unwrap();
    let error = ask(&player(&path), "one").await.unwrap_err();
    assert_eq!(Failure::of(&error), Some(failure));
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_told_from_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let recorder = recorder(counting);
    for text in ["the log:\nall is well\nor not", "something else"] {
        ask(&recorder, text).await.unwrap();
    }
    recorder.save(&path).unwrap();
    let error = ask(&player(&path), "the log:\nall is lost\nor not").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for expected in ["-all is well", "+all is lost", " or not"] {
        assert!(error.message().lines().any(|line| line == expected), "{expected:?} in {error}");
    }
    assert!(!error.message().contains("something else"));
}

#[tokio::test]
async fn a_cassette_holds_no_secrets_and_still_matches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let echo = |request: &LlmRequest, _: u64| {
        Reply::Says(serde_json::json!({ "said": request.messages[1].content() }).to_string())
    };
    let recorder = recorder(echo);
    let text = format!("the password is {SECRET}");
    ask(&recorder, &text).await.unwrap();
    recorder.save(&path).unwrap();
    assert!(!std::fs::read_to_string(&path).unwrap().contains(SECRET));
    let replayed = ask(&player(&path), &text).await.unwrap();
    assert!(!replayed.content.read().contains(SECRET));
}

#[tokio::test]
async fn the_file_does_not_depend_on_the_order_of_the_calls() {
    let folder = tempfile::tempdir().unwrap();
    let echo = |request: &LlmRequest, _: u64| {
        Reply::Says(serde_json::json!({ "said": request.messages[1].content() }).to_string())
    };
    let mut files = Vec::new();
    for texts in [["a", "b", "c"], ["c", "a", "b"]] {
        let (path, recorder) = (folder.path().join("a.jsonl"), recorder(echo));
        for text in texts {
            ask(&recorder, text).await.unwrap();
        }
        recorder.save(&path).unwrap();
        files.push(std::fs::read(&path).unwrap());
    }
    assert_eq!(files[0], files[1]);
}

#[tokio::test]
async fn what_is_no_cassette_is_told_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    assert!(matches!(Player::load(&path, redactor()), Err(CassetteError::Io { .. })), "there is none");
    let recorder = recorder(counting);
    ask(&recorder, "one").await.unwrap();
    recorder.save(&path).unwrap();
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}not one\n")).unwrap();
    assert!(matches!(Player::load(&path, redactor()), Err(CassetteError::Line { line: 2, .. })));
    std::fs::write(&path, whole.replace("\"one\"", "\"two\"")).unwrap();
    assert!(matches!(Player::load(&path, redactor()), Err(CassetteError::Fingerprint { line: 1, .. })));
}

#[tokio::test]
async fn a_cassette_that_can_not_be_written_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = recorder(counting);
    ask(&recorder, "one").await.unwrap();
    let missing = folder.path().join("missing").join("a.jsonl");
    assert!(matches!(recorder.save(&missing), Err(CassetteError::Io { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_player_does_what_a_provider_must() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let ok = |_: &LlmRequest, _: u64| Reply::Says("{\"ok\": true}".to_owned());
    let recorder = recorder(ok);
    selfheal_core::testing::conformance::llm_provider(&recorder).await.unwrap();
    recorder.save(&path).unwrap();
    selfheal_core::testing::conformance::llm_provider(&player(&path)).await.unwrap();
}
