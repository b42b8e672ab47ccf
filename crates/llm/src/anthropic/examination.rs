//! What a server can do, for people who set it up.

use std::time::Duration;

use selfheal_core::ports::ModelTier;
use selfheal_core::spending::Meter;

use super::messages::Messages;
use crate::check::{Ability, Examiner, Finding, Outcome, ServerReport, timed};

impl Messages {
    /// Finds out what the server can do with each of its models, by a few short questions to each, one after the other. One
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
        vec![
            chat,
            timed(Ability::ToolCall, model, patience, examiner.json(self, tier)).await,
            timed(Ability::Tools, model, patience, examiner.tools(self, tier)).await,
            timed(Ability::Streaming, model, patience, examiner.streaming(self, tier)).await,
        ]
    }
}
