//! The journal on a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "helpers of tests fail like tests")]

mod auditing;
mod breaking;
mod ledger;
mod opening;
mod proxy;
mod scene;
#[path = "../common/postgres.rs"]
mod server;
mod sharing;

use std::sync::Arc;

use selfheal_core::ports::{Journal, Ledger};
use selfheal_core::testing::conformance;

#[tokio::test]
async fn it_keeps_the_ports_obligations() {
    let Some(server) = server::Server::shared() else { return };
    let fresh = || async { (Arc::new(scene::Store::new(&server).open().await) as Arc<dyn Journal>, ()) };
    conformance::journal(fresh).await.unwrap();
}

#[tokio::test]
async fn its_ledger_keeps_the_ports_obligations() {
    let Some(server) = server::Server::shared() else { return };
    let fresh = || async { (Arc::new(scene::Store::new(&server).open().await) as Arc<dyn Ledger>, ()) };
    conformance::ledger(fresh).await.unwrap();
}
