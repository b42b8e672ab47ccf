//! What a server can do, for people who set it up.

use std::time::Duration;

use selfheal_core::ports::{Embedder, ModelTier};
use selfheal_core::spending::Meter;

use super::chat::Chat;
use super::config::{ChatConfig, JsonForm};
use super::embeddings::Embeddings;
use crate::check::{Ability, Examiner, Finding, Outcome, ServerReport, timed};

const FORMS: [(JsonForm, Ability); 4] = [
    (JsonForm::JsonSchema, Ability::JsonSchema),
    (JsonForm::JsonObject, Ability::JsonObject),
    (JsonForm::ToolCall, Ability::ToolCall),
    (JsonForm::Text, Ability::JsonText),
];

impl Chat {
    /// Finds out what the server can do with each of its models, by a handful of short questions to each, one after the other. One
    /// question takes at most `patience`.
    pub async fn check(&self, meter: &Meter, patience: Duration) -> ServerReport {
        let examiner = Examiner { meter, patience };
        let listed = async { self.list_models(meter).await.map(|_| Outcome::Works) };
        let mut findings = vec![timed(Ability::ListModels, "", patience, listed).await];
        findings.extend(self.check_model(&examiner, ModelTier::Small).await);
        if self.config.models.small != self.config.models.large {
            findings.extend(self.check_model(&examiner, ModelTier::Large).await);
        }
        ServerReport { server: self.config.server.name.clone(), findings }
    }

    async fn check_model(&self, examiner: &Examiner<'_>, tier: ModelTier) -> Vec<Finding> {
        let (model, patience) = (self.model(tier), examiner.patience);
        let chat = timed(Ability::Chat, model, patience, examiner.chat(self, tier)).await;
        if !chat.works() {
            return vec![chat];
        }
        let mut findings = vec![chat];
        for (form, ability) in FORMS {
            findings.push(timed(ability, model, patience, self.check_form(examiner, tier, form)).await);
        }
        findings.push(timed(Ability::Tools, model, patience, examiner.tools(self, tier)).await);
        findings.push(timed(Ability::Streaming, model, patience, examiner.streaming(self, tier)).await);
        findings
    }

    async fn check_form(
        &self,
        examiner: &Examiner<'_>,
        tier: ModelTier,
        form: JsonForm,
    ) -> selfheal_core::error::Result<Outcome> {
        let config = ChatConfig { form: Some(form), ..self.config.clone() };
        examiner.json(&self.with(config), tier).await
    }
}

impl Embeddings {
    /// Finds out whether the model turns a text into a vector.
    pub async fn check(&self, meter: &Meter, patience: Duration) -> Finding {
        let texts = ["ready".to_owned()];
        let embedded = async { self.embed(&texts, meter).await.map(|_| Outcome::Works) };
        timed(Ability::Embeddings, self.model(), patience, embedded).await
    }
}
