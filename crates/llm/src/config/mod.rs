//! Models as a host configures them: a document, or environment variables.
//!
//! ```yaml
//! version: 1
//! providers:
//!   local:  {protocol: openai, url: "http://127.0.0.1:11434/v1"}
//!   claude: {protocol: anthropic, url: "https://api.anthropic.com", key_env: ANTHROPIC_API_KEY, calls_per_minute: 50}
//! small:
//!   - {provider: local, model: "qwen3:8b"}
//! large:
//!   - {provider: claude, model: claude-sonnet-4-5, usd_per_million_input: 3, usd_per_million_output: 15}
//!   - {provider: local, model: "qwen3:32b"}      # where the first can't answer
//! embeddings: {provider: local, model: nomic-embed-text}
//! deadlines: {small_seconds: 15, large_seconds: 60}
//! ceilings:
//!   per_incident: {calls: 12, tokens: 60000}
//!   per_day: {calls: 2000, tokens: 5000000}
//! ```

mod build;
mod document;
mod environment;
mod error;

use std::io::Read;
use std::path::Path;
use std::time::Duration;

pub use build::{Client, Configured};
pub use document::{Ceiling, Ceilings, Deadlines, Document, EmbeddingModel, Model, Protocol, Provider};
pub use environment::{KEY, MODEL_EMBEDDING, MODEL_LARGE, MODEL_SMALL, URL, from_environment};
pub use error::ConfigError;
use selfheal_core::limits::ModelLimits;
use selfheal_core::spending;

/// A longer document is refused.
const MAX_BYTES: u64 = 1 << 20;

/// A document in a file.
///
/// # Errors
/// If it can't be read, or says what can't be: with file, line where it is known, and what was expected.
pub fn from_file(path: &Path) -> Result<Document, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::new(path.display(), error);
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(ConfigError::new(path.display(), format!("expected at most {MAX_BYTES} bytes")));
    }
    from_text(&path.display().to_string(), &text)
}

/// As [`from_file`], for a text that is in memory; `name` stands for its path in errors.
///
/// # Errors
/// As [`from_file`].
pub fn from_text(name: &str, text: &str) -> Result<Document, ConfigError> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        merge_keys: serde_saphyr::MergeKeyPolicy::Error,
        budget: serde_saphyr::budget! { max_depth: 16, max_nodes: 10_000, max_documents: 1, max_aliases: 0, max_anchors: 0 },
    };
    let document: Document =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| ConfigError::of_yaml(name, &error))?;
    document.check().map_err(|problem| ConfigError::new(name, problem))?;
    Ok(document)
}

/// Longest deadline of one question.
const MAX_DEADLINE_SECONDS: u64 = 600;

impl Document {
    /// What can't be, in words.
    fn check(&self) -> Result<(), String> {
        if self.version != 1 {
            return Err(format!("version {}: expected 1", self.version));
        }
        for (tier, models) in [("small", &self.small), ("large", &self.large)] {
            if models.is_empty() {
                return Err(format!("`{tier}`: expected at least one model"));
            }
            for model in models {
                self.check_model(model).map_err(|problem| format!("`{tier}`, model {}: {problem}", model.model))?;
            }
        }
        for (name, provider) in &self.providers {
            if provider.key_env.is_some() && provider.key_file.is_some() {
                return Err(format!("provider `{name}`: expected key_env or key_file, not both"));
            }
            if provider.calls_per_minute == Some(0) || provider.concurrent_calls == Some(0) {
                return Err(format!("provider `{name}`: expected at least 1 call"));
            }
        }
        self.check_embeddings().map_err(|problem| format!("`embeddings`: {problem}"))?;
        let deadlines = [("small", self.deadlines.small_seconds), ("large", self.deadlines.large_seconds)];
        for (tier, seconds) in deadlines {
            if seconds.is_some_and(|seconds| !(1..=MAX_DEADLINE_SECONDS).contains(&seconds)) {
                return Err(format!("deadlines.{tier}_seconds: expected 1 to {MAX_DEADLINE_SECONDS}"));
            }
        }
        for (name, ceiling) in [("per_incident", self.ceilings.per_incident), ("per_day", self.ceilings.per_day)] {
            if ceiling.usd.is_some_and(|usd| micro(usd).is_none()) {
                return Err(format!("ceilings.{name}.usd: expected an amount, 0 or more"));
            }
        }
        Ok(())
    }

    fn check_embeddings(&self) -> Result<(), String> {
        let Some(model) = &self.embeddings else { return Ok(()) };
        match self.provider_named(&model.provider)?.protocol {
            Protocol::Openai | Protocol::Azure => Ok(()),
            Protocol::Anthropic => {
                Err(format!("provider `{}` has none; expected one that speaks OpenAI's protocol", model.provider))
            }
        }
    }

    fn provider_named(&self, name: &str) -> Result<&Provider, String> {
        self.providers.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.providers.keys().map(String::as_str).collect();
            format!("no provider `{name}`; expected one of {}", known.join(", "))
        })
    }

    fn check_model(&self, model: &Model) -> Result<(), String> {
        self.provider_named(&model.provider)?;
        let prices = [model.usd_per_million_input, model.usd_per_million_output];
        if prices.iter().flatten().any(|usd| micro(*usd).is_none()) {
            return Err("expected a price of 0 or more".to_owned());
        }
        let capped = self.ceilings.per_incident.usd.is_some() || self.ceilings.per_day.usd.is_some();
        if capped && prices.contains(&None) {
            // A ceiling that can't be kept is none.
            return Err("a ceiling in US dollars needs usd_per_million_input and usd_per_million_output".to_owned());
        }
        Ok(())
    }

    /// What one incident's questions may take: the ceilings, and how long one is waited for.
    #[must_use]
    pub fn limits(&self) -> ModelLimits {
        let default = ModelLimits::default();
        let or = |seconds: Option<u64>, usual| seconds.map_or(usual, Duration::from_secs);
        ModelLimits {
            ceilings: self.ceilings(),
            small_deadline: or(self.deadlines.small_seconds, default.small_deadline),
            large_deadline: or(self.deadlines.large_seconds, default.large_deadline),
            ..default
        }
    }

    /// What may be spent.
    #[must_use]
    pub fn ceilings(&self) -> spending::Ceilings {
        let default = spending::Ceilings::default();
        spending::Ceilings {
            per_incident: self.ceilings.per_incident.over(default.per_incident),
            per_day: self.ceilings.per_day.over(default.per_day),
        }
    }
}

impl Ceiling {
    fn over(self, default: spending::Amount) -> spending::Amount {
        spending::Amount {
            calls: self.calls.unwrap_or(default.calls),
            tokens: self.tokens.unwrap_or(default.tokens),
            micro_usd: self.usd.and_then(micro).unwrap_or(default.micro_usd),
        }
    }
}

impl Model {
    /// What its tokens cost; nothing where that is not said.
    #[must_use]
    pub fn price(&self) -> spending::Price {
        let per_million = |usd: Option<f64>| usd.and_then(micro).unwrap_or_default();
        spending::Price {
            input_per_million: per_million(self.usd_per_million_input),
            output_per_million: per_million(self.usd_per_million_output),
        }
    }
}

/// US dollars in millionths; `None` for what is no amount.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range before")]
fn micro(usd: f64) -> Option<u64> {
    (0.0..1e12).contains(&usd).then(|| (usd * 1e6).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "version: 1
providers:
  local: {protocol: openai, url: \"http://127.0.0.1:11434/v1\"}
small: [{provider: local, model: s}]
large: [{provider: local, model: l, usd_per_million_input: 3, usd_per_million_output: 15}]
ceilings: {per_incident: {calls: 3}}
";

    #[test]
    fn what_is_left_out_has_its_default() {
        let document = from_text("models.yaml", GOOD).unwrap();
        let ceilings = document.ceilings();
        assert_eq!(ceilings.per_incident.calls, 3);
        assert_eq!(ceilings.per_day, spending::Ceilings::default().per_day);
        assert_eq!(document.large[0].price().of(1_000_000, 1_000_000), 18_000_000);
    }

    #[test]
    fn what_can_not_be_is_refused_with_its_place() {
        for (from, to, problem) in [
            ("version: 1", "version: 2", "models.yaml: version 2: expected 1"),
            ("model: s", "modle: s", "models.yaml:4:"),
            (
                "provider: local, model: s",
                "provider: lokal, model: s",
                "models.yaml: `small`, model s: no provider `lokal`; expected one of local",
            ),
            ("{calls: 3}", "{usd: 1}", "models.yaml: `small`, model s: a ceiling in US dollars needs"),
            ("{calls: 3}", "{usd: -1}", "models.yaml: "),
            (
                "ceilings:",
                "deadlines: {small_seconds: 0}\nceilings:",
                "models.yaml: deadlines.small_seconds: expected 1 to 600",
            ),
            (
                "ceilings:",
                "embeddings: {provider: lokal, model: v}\nceilings:",
                "models.yaml: `embeddings`: no provider `lokal`",
            ),
            ("small: [{provider: local, model: s}]", "small: []", "models.yaml: `small`: expected at least one model"),
        ] {
            let refused = from_text("models.yaml", &GOOD.replace(from, to)).unwrap_err().to_string();
            assert!(refused.starts_with(problem), "{refused}");
        }
    }
}
