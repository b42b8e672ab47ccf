//! Stores and servers that are refused, and how clearly.

use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::ports::{Journal, Query};
use selfheal_memory::audit::SigningKey;
use selfheal_memory::postgres::PostgresJournal;

use crate::scene::{LONG, Store, Story, claim, key};
use crate::server::Server;

async fn refusal(store: &Store) -> Error {
    store.try_open().await.expect_err("it was opened")
}

#[tokio::test]
async fn workers_that_start_at_once_create_one_store() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let opened = futures_util::future::join_all((0..6).map(|_| store.try_open())).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    let journals: Vec<_> = opened.into_iter().flatten().collect();
    Story::begun(&journals[0], "inc-1", &claim("w", LONG)).await;
    assert_eq!(journals[5].list(&Query::newest(9)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_newer_store_and_a_strangers_schema_are_refused_and_left_alone() {
    let Some(server) = Server::shared() else { return };
    let newer = Store::new(&server);
    newer.open().await;
    newer.sql("UPDATE meta SET version = 99").await;
    let error = refusal(&newer).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("version 99"), "{error}");
    assert_eq!(newer.number("SELECT version::bigint FROM meta").await, 99);

    let strange = Store::new(&server);
    let schema = &strange.options.schema;
    strange.sql(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.accounts (id int)")).await;
    let error = refusal(&strange).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains(schema), "the error says where: {error}");
    assert_eq!(strange.number("SELECT count(*) FROM pg_class WHERE relname = 'incidents' AND relnamespace = to_regnamespace(current_schema())").await, 0);
}

#[tokio::test]
async fn a_worker_with_another_key_is_refused() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    store.open().await;
    let other = SigningKey::from_seed("example.org/healer", &[8; 32]).unwrap();
    let opened = PostgresJournal::connect(&store.url, other, None, store.options.clone()).await;
    let error = opened.expect_err("it was opened");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.to_string().contains(&key().public().to_string()), "it says which key is needed: {error}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unreachable_server_are_told_apart_in_time() {
    let Some(server) = Server::shared() else { return };
    let mut store = Store::new(&server);
    store.url = server.guarded_url();
    let error = refusal(&store).await;
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    assert!(!error.to_string().contains("guessed"), "the password is in the error: {error}");

    store.options.connect_timeout = Duration::from_millis(200);
    store.url = "postgres://healer@localhost/postgres?host=/nowhere".to_owned();
    assert_eq!(refusal(&store).await.kind(), ErrorKind::Unavailable);

    // It takes the connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    store.url = format!("postgres://healer@{}/postgres", silent.local_addr().unwrap());
    let error = refusal(&store).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("127.0.0.1"), "it says which server: {error}");

    store.url = "https://example.org/".to_owned();
    assert_eq!(refusal(&store).await.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_reader_needs_no_key_and_changes_nothing() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let read_only = || PostgresJournal::connect_read_only(&store.url, store.options.clone());
    assert_eq!(read_only().await.err().map(|error| error.kind()), Some(ErrorKind::NotFound));
    let journal = store.open().await;
    let mut story = Story::begun(&journal, "inc-1", &claim("w", Duration::ZERO)).await;

    let reader = read_only().await.unwrap();
    assert_eq!(story.read(&reader).await, story.records);
    assert_eq!(story.goes_on(&reader).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(reader.pick_up(&claim("r", LONG), 1).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(reader.forget(story.id()).await.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_damaged_record_is_refused_and_says_where() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let journal = store.open().await;
    let story = Story::begun(&journal, "inc-1", &claim("w", LONG)).await;
    store.sql("UPDATE records SET record = left(record, 40)").await;
    let error = journal.read(story.id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("inc-1"), "{error}");
}

#[tokio::test]
async fn one_record_that_cannot_be_stored_does_not_fail_the_others() {
    let Some(server) = Server::shared() else { return };
    let journal = Store::new(&server).open().await;
    let begin = async |id: &str| Story::new(id, &claim("w", LONG)).goes_on(&journal).await;
    // Text in Postgres has no NUL.
    let (first, bad, last) = tokio::join!(begin("inc-1"), begin("inc-\0"), begin("inc-3"));
    assert!(first.and(last).is_ok());
    assert_eq!(bad.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(journal.list(&Query::newest(9)).await.unwrap().len(), 2);
}
