use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{LlmProvider, LlmRequest, LlmResponse, TokenUsage};
use selfheal_core::testing::{ScriptedModel, conformance};

use super::broken;

/// Answers the same to everything, whatever was asked for.
struct Careless {
    content: &'static str,
    usage: TokenUsage,
}

#[async_trait]
impl LlmProvider for Careless {
    async fn complete(&self, _: &LlmRequest) -> Result<LlmResponse> {
        let content = Untrusted::new(self.content.to_owned());
        Ok(LlmResponse { content, usage: self.usage, model: "careless".to_owned() })
    }
}

#[tokio::test]
async fn the_scripted_model_keeps_its_obligations() {
    conformance::llm_provider(&ScriptedModel::new(vec![r#"{"ok": true}"#.to_owned()])).await.unwrap();
}

#[tokio::test]
async fn each_planted_bug_is_found() {
    let json = r#"{"ok": true}"#;
    let models = [
        (
            Careless { content: json, usage: TokenUsage { input: 9, output: 4 } },
            1,
            "one token was allowed and four came",
        ),
        (Careless { content: "Sure!", usage: TokenUsage { input: 9, output: 4 } }, 2, "not JSON"),
        (Careless { content: json, usage: TokenUsage { input: 9, output: 0 } }, 3, "nothing counted out"),
        (Careless { content: json, usage: TokenUsage { input: 0, output: 4 } }, 3, "nothing counted in"),
        (Careless { content: json, usage: TokenUsage { input: 9, output: 65 } }, 1, "above the bound"),
    ];
    for (model, obligation, bug) in models {
        assert_eq!(broken(conformance::llm_provider(&model).await), Some(obligation), "{bug}");
    }
}
