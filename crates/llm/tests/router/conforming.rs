//! A router is a provider.

use selfheal_core::testing::conformance;

use crate::scene::{Scene, answering};

#[tokio::test(start_paused = true)]
async fn it_does_what_a_provider_must() {
    let scene = Scene::new();
    let router = scene.over(&[("a", answering("a"))]);
    conformance::llm_provider(&router).await.unwrap();
}
