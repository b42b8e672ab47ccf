//! A model that says what a test tells it to, and keeps what it was asked.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::{Error, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{AnswerForm, Clock, LlmMessage, LlmProvider, LlmRequest, LlmResponse, TokenUsage};
use selfheal_core::spending::{CallEnd, Meter, PlannedCall, Price};
use selfheal_core::testing::TokioClock;
use serde_json::Value;

type Script = Box<dyn Fn(&str, usize) -> Said + Send + Sync>;

/// What it says.
pub(crate) enum Said {
    Json(Value),
    Text(String),
    Fails(Error),
    /// After so many milliseconds.
    Late(u64, Box<Said>),
    Panics,
}

pub(crate) struct Model {
    script: Script,
    requests: Mutex<Vec<(String, LlmRequest)>>,
    /// What it calls itself.
    pub(super) name: String,
}

impl Model {
    pub(super) fn of(script: impl Fn(&str, usize) -> Said + Send + Sync + 'static) -> Self {
        Self { script: Box::new(script), requests: Mutex::default(), name: "m-1".to_owned() }
    }

    /// Who was asked, in order.
    pub(crate) fn agents(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|(agent, _)| agent.clone()).collect()
    }

    /// All requests to `agent`.
    pub(crate) fn asked(&self, agent: &str) -> Vec<LlmRequest> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|(of, _)| of == agent).map(|(_, request)| request.clone()).collect()
    }

    /// The prompt of the `nth` request to `agent`, without instructions.
    pub(crate) fn prompt(&self, agent: &str, nth: usize) -> String {
        self.asked(agent)[nth].messages[1].content().to_owned()
    }

    /// All that was ever sent, schemas included.
    pub(crate) fn all_text(&self) -> String {
        serde_json::to_string(&*self.requests.lock().unwrap()).unwrap()
    }

    fn next(&self, request: &LlmRequest) -> Said {
        let AnswerForm::Json { name, .. } = &request.form else { panic!("agents ask for JSON") };
        let mut requests = self.requests.lock().unwrap();
        let nth = requests.iter().filter(|(agent, _)| agent == name).count();
        requests.push((name.clone(), request.clone()));
        (self.script)(name, nth)
    }
}

#[async_trait]
impl LlmProvider for Model {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let input_tokens = request.messages.iter().map(|message: &LlmMessage| message.content().len() as u64).sum();
        let output_tokens = u64::from(request.max_output_tokens);
        let planned =
            PlannedCall { provider: "test", model: "m", input_tokens, output_tokens, price: Price::default() };
        let call = meter.begin(&planned).await?;
        let mut said = self.next(request);
        while let Said::Late(after_ms, then) = said {
            let clock = TokioClock::default();
            clock.sleep_until(clock.now().after(Duration::from_millis(after_ms))).await;
            said = *then;
        }
        let content = match said {
            Said::Json(value) => value.to_string(),
            Said::Text(text) => text,
            Said::Fails(error) => return Err(error),
            Said::Panics | Said::Late(..) => panic!("the provider has a defect"),
        };
        let usage = TokenUsage { input: 10, output: 10 };
        call.ended(CallEnd::Answered { usage });
        Ok(LlmResponse { content: Untrusted::new(content), tool_calls: Vec::new(), usage, model: self.name.clone() })
    }
}
