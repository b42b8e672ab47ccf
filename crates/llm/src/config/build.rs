//! From a document to providers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use selfheal_core::ports::{Clock, Entropy, LlmProvider, ModelTier};
use selfheal_detect::redact::RedactorBuilder;

use super::document::{Document, Model, Protocol, Provider};
use super::error::ConfigError;
use crate::anthropic::{Messages, MessagesConfig};
use crate::cache::{CacheLimits, Cached};
use crate::http::{Address, KeyHeader, PlainHttp, Server, SettingNames, TierModels};
use crate::key::ApiKey;
use crate::openai::{Chat, ChatConfig, Embeddings, EmbeddingsConfig};
use crate::router::{BackendLimits, Router};

/// Longest key file that is read, in bytes.
const MAX_KEY_BYTES: u64 = 16 << 10;

/// One server with the model that each tier asks it for.
pub struct Configured {
    /// The provider's name in the document; of further models of the same tier with a number after it.
    pub name: String,
    /// Who is spoken to.
    pub client: Client,
    models: TierModels,
    tiers: Vec<ModelTier>,
    limits: BackendLimits,
}

/// Who is spoken to.
#[derive(Clone)]
pub enum Client {
    /// An OpenAI-compatible server.
    Chat(Arc<Chat>),
    /// Anthropic.
    Messages(Arc<Messages>),
}

impl Client {
    fn provider(&self) -> Arc<dyn LlmProvider> {
        match self {
            Self::Chat(chat) => Arc::clone(chat) as Arc<dyn LlmProvider>,
            Self::Messages(messages) => Arc::clone(messages) as Arc<dyn LlmProvider>,
        }
    }
}

impl Configured {
    /// Which tiers ask it.
    #[must_use]
    pub fn tiers(&self) -> &[ModelTier] {
        &self.tiers
    }

    /// Which model it is asked for; `None` for a tier that doesn't ask it.
    #[must_use]
    pub fn model(&self, tier: ModelTier) -> Option<&str> {
        self.tiers.contains(&tier).then(|| self.models.of(tier).name.as_str())
    }
}

impl Document {
    /// The servers that it names, with their keys read; those that no tier asks are left out.
    ///
    /// # Errors
    /// If a key is missing or unreadable, or an address can't be one. It never says the key.
    pub fn clients(&self) -> Result<Vec<Configured>, ConfigError> {
        let mut clients = Vec::new();
        for (name, provider) in &self.providers {
            let (small, large) = (models_of(&self.small, name), models_of(&self.large, name));
            for place in 0..small.len().max(large.len()) {
                let pair = (small.get(place).copied(), large.get(place).copied());
                let name = if place == 0 { name.clone() } else { format!("{name}#{}", place + 1) };
                clients.extend(configured(&name, provider, pair)?);
            }
        }
        Ok(clients)
    }

    /// The model that turns texts into vectors, if one is named.
    ///
    /// # Errors
    /// As [`clients`](Self::clients).
    pub fn embedder(&self) -> Result<Option<Embeddings>, ConfigError> {
        let Some(model) = &self.embeddings else { return Ok(None) };
        let Some(provider) = self.providers.get(&model.provider) else { return Ok(None) };
        let config = EmbeddingsConfig::new(server(&model.provider, provider)?, crate::http::Model::free(&model.model));
        let refused = |error| ConfigError::new(format!("provider `{}`", model.provider), error);
        Embeddings::new(config).map(Some).map_err(refused)
    }

    /// Finds out, without speaking to anybody, whether keys and addresses are there; the keys are made known to whoever redacts.
    ///
    /// # Errors
    /// As [`clients`](Self::clients).
    pub fn prepare(&self, mut redactor: RedactorBuilder) -> Result<RedactorBuilder, ConfigError> {
        for (name, provider) in self.providers.iter().filter(|(name, _)| self.asks(name)) {
            server(name, provider)?;
            if let Some(key) = key(name, provider)? {
                redactor = redactor.known(provider.key_env.as_deref().unwrap_or(name), key.reveal());
            }
        }
        Ok(redactor)
    }

    /// Whether any model of the provider is asked for anything.
    fn asks(&self, provider: &str) -> bool {
        let tiers = self.small.iter().chain(&self.large).map(|model| &model.provider);
        tiers.chain(self.embeddings.iter().map(|model| &model.provider)).any(|name| name == provider)
    }

    /// A router over [`clients`](Self::clients), each tier in the document's order, with a cache of answers in front.
    ///
    /// # Errors
    /// As [`clients`](Self::clients).
    pub fn provider(
        &self,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Arc<dyn LlmProvider>, ConfigError> {
        let mut builder = Router::builder(Arc::clone(&clock), entropy);
        for configured in self.clients()? {
            builder = builder.backend(&configured.name, configured.client.provider(), configured.limits);
        }
        for (tier, models) in [(ModelTier::Small, &self.small), (ModelTier::Large, &self.large)] {
            let names = backends_of(models);
            builder = builder.tier(tier, &names.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let router = builder.build().map_err(|error| ConfigError::new("models", error))?;
        Ok(Arc::new(Cached::new(router, clock, CacheLimits::default())))
    }
}

fn models_of<'a>(models: &'a [Model], provider: &str) -> Vec<&'a Model> {
    models.iter().filter(|model| model.provider == provider).collect()
}

/// The names of the backends that a tier asks, in its order.
fn backends_of(models: &[Model]) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let name = |model: &Model, place: usize| match place {
        1 => model.provider.clone(),
        place => format!("{}#{place}", model.provider),
    };
    models
        .iter()
        .map(|model| {
            let place = seen.entry(&model.provider).or_default();
            *place += 1;
            name(model, *place)
        })
        .collect()
}

fn configured(
    name: &str,
    provider: &Provider,
    (small, large): (Option<&Model>, Option<&Model>),
) -> Result<Option<Configured>, ConfigError> {
    let (Some(of_small), Some(of_large)) = (small.or(large), large.or(small)) else { return Ok(None) };
    let models = TierModels { small: wire(of_small), large: wire(of_large) };
    let refused = |error: &dyn std::fmt::Display| ConfigError::new(format!("provider `{name}`"), error);
    let server = server(name, provider)?;
    let client = match provider.protocol {
        Protocol::Openai | Protocol::Azure => {
            let mut config = ChatConfig::new(server, models.clone());
            config.stream = provider.stream;
            Client::Chat(Arc::new(Chat::new(config).map_err(|error| refused(&error))?))
        }
        Protocol::Anthropic => {
            let mut config = MessagesConfig::new(server, models.clone());
            config.stream = provider.stream;
            Client::Messages(Arc::new(Messages::new(config).map_err(|error| refused(&error))?))
        }
    };
    let tiers = [(ModelTier::Small, small), (ModelTier::Large, large)];
    let context = [small, large].into_iter().flatten().map(|model| model.context_tokens).min().flatten();
    let limits = BackendLimits {
        calls_per_minute: provider.calls_per_minute,
        concurrent: provider.concurrent_calls.unwrap_or(BackendLimits::default().concurrent),
        context_tokens: context,
        ..BackendLimits::default()
    };
    let tiers = tiers.into_iter().filter_map(|(tier, model)| model.map(|_| tier)).collect();
    Ok(Some(Configured { name: name.to_owned(), client, models, tiers, limits }))
}

fn wire(model: &Model) -> crate::http::Model {
    crate::http::Model { name: model.model.clone(), price: model.price() }
}

fn server(name: &str, provider: &Provider) -> Result<Server, ConfigError> {
    let refused = |error: &dyn std::fmt::Display| ConfigError::new(format!("provider `{name}`"), error);
    let address = Address::parse(&provider.url).map_err(|error| refused(&error))?;
    let mut server = Server::new(address).named(name);
    if let Some(key) = key(name, provider)? {
        server = server.with_key(key);
    }
    server.key_header = match provider.protocol {
        Protocol::Azure => KeyHeader::ApiKey,
        Protocol::Openai | Protocol::Anthropic => KeyHeader::default(),
    };
    server.plain_http = if provider.plain_http { PlainHttp::Anywhere } else { PlainHttp::ToLoopback };
    if name != super::environment::PROVIDER {
        server.settings = settings(name, provider);
    }
    Ok(server)
}

/// How errors name what is to be set.
fn settings(name: &str, provider: &Provider) -> SettingNames {
    SettingNames {
        url: format!("`providers.{name}.url`"),
        key: provider.key_env.clone().unwrap_or_else(|| format!("`providers.{name}.key_env`")),
        small_model: "`small[].model`".to_owned(),
        large_model: "`large[].model`".to_owned(),
        embedding_model: "`embeddings.model`".to_owned(),
    }
}

fn key(name: &str, provider: &Provider) -> Result<Option<ApiKey>, ConfigError> {
    if let Some(variable) = &provider.key_env {
        let key = ApiKey::from_env(variable).map_err(|error| ConfigError::new(variable, error))?;
        let missing = || ConfigError::new(variable, format!("is not set; provider `{name}` expects its key there"));
        return key.ok_or_else(missing).map(Some);
    }
    provider.key_file.as_deref().map(key_in).transpose()
}

fn key_in(file: &Path) -> Result<ApiKey, ConfigError> {
    use std::io::Read;
    let refused = |error: &dyn std::fmt::Display| ConfigError::new(file.display(), error);
    let opened = std::fs::File::open(file).map_err(|error| refused(&error))?;
    let mut text = zeroize::Zeroizing::new(String::new());
    opened.take(MAX_KEY_BYTES).read_to_string(&mut text).map_err(|error| refused(&error))?;
    ApiKey::new(text.as_str()).map_err(|error| refused(&error))
}

#[cfg(test)]
mod tests {
    use super::super::from_text;
    use super::*;

    fn document(models: &str) -> Document {
        let providers = "providers:\n  a: {protocol: openai, url: \"http://127.0.0.1:1/v1\"}\n  b: {protocol: anthropic, url: \"http://127.0.0.1:2\"}\n";
        from_text("models.yaml", &format!("version: 1\n{providers}{models}")).unwrap()
    }

    #[test]
    fn a_server_is_one_client_for_both_tiers_and_further_models_are_further_clients() {
        let document = document(
            "small: [{provider: a, model: s}]\nlarge: [{provider: b, model: l}, {provider: a, model: m}, {provider: a, model: n}]\n",
        );
        let clients = document.clients().unwrap();
        let named: Vec<_> = clients.iter().map(|client| (client.name.as_str(), client.tiers().len())).collect();
        assert_eq!(named, [("a", 2), ("a#2", 1), ("b", 1)]);
        assert_eq!(backends_of(&document.large), ["b", "a", "a#2"]);
    }

    #[test]
    fn whoever_redacts_knows_the_keys() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "correct horse battery staple".replace(' ', "-")).unwrap();
        let mut document = document("small: [{provider: a, model: s}]\nlarge: [{provider: a, model: s}]\n");
        document.providers.get_mut("a").unwrap().key_file = Some(file.path().to_owned());
        let redactor = document.prepare(selfheal_detect::redact::Redactor::builder()).unwrap().build();
        assert!(!redactor.redact("it said correct-horse-battery-staple").contains("horse"));
        document.providers.get_mut("b").unwrap().url = "models.example.org".to_owned();
        assert!(document.prepare(selfheal_detect::redact::Redactor::builder()).is_ok(), "no tier asks it");
        document.large[0].provider = "b".to_owned();
        let refused = document.prepare(selfheal_detect::redact::Redactor::builder()).err().unwrap().to_string();
        assert!(refused.starts_with("provider `b`: "), "{refused}");
    }

    #[test]
    fn a_key_that_is_named_and_not_there_is_told_by_its_name() {
        let mut document = document("small: [{provider: a, model: s}]\nlarge: [{provider: a, model: s}]\n");
        let a = document.providers.get_mut("a").unwrap();
        a.key_env = Some("SELFHEAL_TEST_NO_SUCH_KEY".to_owned());
        let refused = document.clients().err().unwrap().to_string();
        assert_eq!(refused, "SELFHEAL_TEST_NO_SUCH_KEY: is not set; provider `a` expects its key there");
    }
}
