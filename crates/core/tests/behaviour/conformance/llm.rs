use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{LlmProvider, LlmRequest, LlmResponse, TokenUsage};
use selfheal_core::spending::{CallEnd, Meter, PlannedCall, Price};
use selfheal_core::testing::{ScriptedModel, conformance};

use super::broken;

/// What a careless provider does with the meter.
#[derive(Clone, Copy)]
enum Metering {
    Kept,
    Ignored,
    RefusalIgnored,
}

/// Answers the same to everything, whatever was asked for.
struct Careless {
    content: &'static str,
    usage: TokenUsage,
    metering: Metering,
}

#[async_trait]
impl LlmProvider for Careless {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let planned = PlannedCall {
            provider: "careless",
            model: "careless",
            input_tokens: request.input_bytes() as u64,
            output_tokens: u64::from(request.max_output_tokens),
            price: Price::default(),
        };
        let call = match self.metering {
            Metering::Ignored => None,
            Metering::Kept => Some(meter.begin(&planned).await?),
            Metering::RefusalIgnored => meter.begin(&planned).await.ok(),
        };
        if let Some(call) = call {
            call.ended(CallEnd::Answered { usage: self.usage });
        }
        let content = Untrusted::new(self.content.to_owned());
        Ok(LlmResponse { content, tool_calls: Vec::new(), usage: self.usage, model: "careless".to_owned() })
    }
}

#[tokio::test]
async fn the_scripted_model_keeps_its_obligations() {
    conformance::llm_provider(&ScriptedModel::new(vec![r#"{"ok": true}"#.to_owned()])).await.unwrap();
}

#[tokio::test]
async fn each_planted_bug_is_found() {
    use Metering::{Ignored, Kept, RefusalIgnored};
    let json = r#"{"ok": true}"#;
    let models = [
        (json, (9, 4), Kept, 1, "one token was allowed and four came"),
        ("Sure!", (9, 4), Kept, 2, "not JSON"),
        ("[true]", (9, 4), Kept, 2, "no object"),
        (json, (9, 0), Kept, 3, "nothing counted out"),
        (json, (0, 4), Kept, 3, "nothing counted in"),
        (json, (9, 65), Kept, 1, "above the bound"),
        (json, (9, 4), Ignored, 6, "the meter knows of no call"),
        (json, (9, 4), RefusalIgnored, 6, "a refusal is no matter"),
    ];
    for (content, (input, output), metering, obligation, bug) in models {
        let model = Careless { content, usage: TokenUsage { input, output }, metering };
        assert_eq!(broken(conformance::llm_provider(&model).await), Some(obligation), "{bug}");
    }
}
