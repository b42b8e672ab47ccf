//! Models by environment variables.

use std::collections::BTreeMap;

use super::{Ceilings, ConfigError, Deadlines, Document, EmbeddingModel, Model, Protocol, Provider};

/// The base URL of the server, ending in `/v1`.
pub const URL: &str = "SELFHEAL_LLM_URL";
/// The key, for a server that needs one.
pub const KEY: &str = "SELFHEAL_LLM_KEY";
/// The model for classification and second opinions.
pub const MODEL_SMALL: &str = "SELFHEAL_LLM_MODEL_SMALL";
/// The model for analysis and choice of a fix.
pub const MODEL_LARGE: &str = "SELFHEAL_LLM_MODEL_LARGE";

/// The model that turns texts into vectors, if one does.
pub const MODEL_EMBEDDING: &str = "SELFHEAL_LLM_MODEL_EMBEDDING";

pub(super) const PROVIDER: &str = "environment";

/// The models that the variables name; `None` if none of them is set. One model alone serves both tiers.
///
/// `read` gives a variable's value; an empty one counts as not set.
///
/// # Errors
/// If some are set and the others are missing: a model that one believes to be asked and isn't helps nobody.
pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Result<Option<Document>, ConfigError> {
    let set = |name: &str| read(name).filter(|value| !value.trim().is_empty());
    let (url, small, large) = (set(URL), set(MODEL_SMALL), set(MODEL_LARGE));
    let Some(url) = url else {
        return match [KEY, MODEL_SMALL, MODEL_LARGE, MODEL_EMBEDDING].into_iter().find(|name| set(name).is_some()) {
            Some(name) => Err(ConfigError::new(
                URL,
                format!("{name} is set; expected the base URL of its server too, ending in /v1"),
            )),
            None => Ok(None),
        };
    };
    let (Some(small), Some(large)) = (small.clone().or_else(|| large.clone()), large.or(small)) else {
        return Err(ConfigError::new(MODEL_LARGE, format!("{URL} is set; expected the name of a model too")));
    };
    let model = |name: String| Model {
        provider: PROVIDER.to_owned(),
        model: name,
        usd_per_million_input: None,
        usd_per_million_output: None,
        context_tokens: None,
    };
    let provider = Provider {
        protocol: protocol_of(&url),
        key_env: set(KEY).map(|_| KEY.to_owned()),
        key_file: None,
        url,
        plain_http: false,
        calls_per_minute: None,
        concurrent_calls: None,
        stream: false,
    };
    Ok(Some(Document {
        version: 1,
        providers: BTreeMap::from([(PROVIDER.to_owned(), provider)]),
        small: vec![model(small)],
        large: vec![model(large)],
        embeddings: set(MODEL_EMBEDDING).map(|model| EmbeddingModel { provider: PROVIDER.to_owned(), model }),
        deadlines: Deadlines::default(),
        ceilings: Ceilings::default(),
    }))
}

/// By whose address it is; every other server is expected to be compatible with OpenAI's.
fn protocol_of(url: &str) -> Protocol {
    let host = url.split("://").nth(1).unwrap_or(url).split(['/', ':']).next().unwrap_or_default();
    match host {
        "api.anthropic.com" => Protocol::Anthropic,
        host if host.ends_with(".openai.azure.com") => Protocol::Azure,
        _ => Protocol::Openai,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Option<Document>, String> {
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        from_environment(value).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_set_means_no_models_and_half_of_it_is_an_error() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[(URL, " ")]), Ok(None));
        let error = read(&[(MODEL_SMALL, "m")]).unwrap_err();
        assert!(error.starts_with("SELFHEAL_LLM_URL: SELFHEAL_LLM_MODEL_SMALL is set; expected"), "{error}");
        let error = read(&[(URL, "http://127.0.0.1:1/v1")]).unwrap_err();
        assert!(error.starts_with("SELFHEAL_LLM_MODEL_LARGE: "), "{error}");
    }

    #[test]
    fn one_model_serves_both_tiers_and_the_key_is_named_not_kept() {
        let document =
            read(&[(URL, "http://127.0.0.1:1/v1"), (KEY, "sk-secret"), (MODEL_LARGE, "m")]).unwrap().unwrap();
        assert_eq!((document.small.len(), &document.small), (1, &document.large));
        assert_eq!(document.providers["environment"].key_env.as_deref(), Some(KEY));
        assert!(!format!("{document:?}").contains("sk-secret"));
    }

    #[test]
    fn who_is_spoken_to_is_told_by_the_address() {
        for (url, protocol) in [
            ("https://api.anthropic.com", Protocol::Anthropic),
            ("https://x.openai.azure.com/openai/deployments/d?api-version=1", Protocol::Azure),
            ("https://api.anthropic.com.example.org/v1", Protocol::Openai),
        ] {
            let document = read(&[(URL, url), (MODEL_LARGE, "m")]).unwrap().unwrap();
            assert_eq!(document.providers["environment"].protocol, protocol, "{url}");
        }
    }
}
