//! What an objection means: its class, and what to set.

use selfheal_core::error::Error;

use super::objection::Objection;
use super::server::Server;
use crate::failure::{Failure, FailureClass};

/// Of OpenAI, Anthropic, LiteLLM, OpenRouter.
const QUOTA: [&str; 6] = [
    "insufficient_quota",
    "budget_exceeded",
    "budget has been exceeded",
    "credit balance",
    "insufficient credits",
    "billing_error",
];

/// Of OpenAI, vLLM, llama.cpp, Anthropic, Gemini, Mistral, TGI.
const OVERFLOW: [&str; 13] = [
    "context_length_exceeded",
    "exceed_context_size",
    "context length",
    "context window",
    "context size",
    "contextwindowexceeded",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "reduce the length",
    "string_above_max_length",
    "input token count",
    "maximum number of tokens",
];

/// Of Gemini, xAI, and LiteLLM without a database, which object to a wrong key with 400.
const WRONG_KEY: [&str; 6] = [
    "api_key_invalid",
    "api key not valid",
    "incorrect api key",
    "invalid api key",
    "invalid_api_key",
    "no_db_connection",
];

/// Of OpenAI and Azure.
const FILTERED: [&str; 5] = [
    "content_filter",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "content management policy",
    "content filtering policy",
];

const NO_MODEL: [&str; 12] = [
    "model_not_found",
    "model not found",
    "not found",
    "not_found",
    "not exist",
    "invalid model",
    "unknown model",
    "no such model",
    "not a valid model",
    "model not loaded",
    "no endpoints found for",
    "deploymentnotfound",
];

/// About whom an objection is, to say what to set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) server: &'a Server,
    pub(crate) model: &'a str,
    /// The setting that names the model.
    pub(crate) model_setting: &'a str,
}

/// The same, for what outlives the call that it is about.
pub(crate) struct AboutOwned {
    server: Server,
    model: String,
    model_setting: String,
}

impl About<'_> {
    /// Under which name answers are remembered: what the host configured, `server/model`. What a server calls itself could be the
    /// name of another, whose good record it would get.
    pub(crate) fn identity(self) -> String {
        format!("{}/{}", self.server.name, self.model)
    }

    pub(crate) fn to_owned(self) -> AboutOwned {
        AboutOwned {
            server: self.server.clone(),
            model: self.model.to_owned(),
            model_setting: self.model_setting.to_owned(),
        }
    }
}

impl AboutOwned {
    pub(crate) fn about(&self) -> About<'_> {
        About { server: &self.server, model: &self.model, model_setting: &self.model_setting }
    }
}

impl Objection {
    /// What kind of failure it is.
    pub(crate) fn class(&self) -> FailureClass {
        if let Some(class) = self.class_by_text() {
            return class;
        }
        match self.status {
            200..=399 => FailureClass::NotAnApi,
            401 | 403 | 407 => FailureClass::Auth,
            402 => FailureClass::QuotaExceeded,
            404 | 405 if self.is_web_page => FailureClass::NotAnApi,
            404 | 405 | 410 => FailureClass::NotFound,
            408 => FailureClass::Timeout,
            413 => FailureClass::ContextOverflow,
            429 => FailureClass::RateLimited,
            501 => FailureClass::Unsupported,
            500..=599 => FailureClass::Overloaded,
            _ => FailureClass::BadRequest,
        }
    }

    /// Whether it says that there is no such model.
    pub(crate) fn lacks_model(&self) -> bool {
        let speaks_of_one = self.says(&["model", "deployment"]);
        matches!(self.status, 400 | 404 | 422) && !self.is_web_page && speaks_of_one && self.says(&NO_MODEL)
    }

    /// The error that says what to do about it.
    pub(crate) fn error(&self, about: About<'_>) -> Error {
        let class = self.class();
        let failure = Failure { class, retry_after: self.retry_after };
        let error = failure.error(self.advice(class, about)).with_context("server", &about.server.name);
        let error = error.with_context("status", self.status.to_string());
        if self.excerpt.is_empty() { error } else { error.with_context("it says", &self.excerpt) }
    }

    fn class_by_text(&self) -> Option<FailureClass> {
        let status = self.status;
        // Of Gemini's per-minute limits, too, which then say how long to wait.
        let waits = self.retry_after.is_some() || self.says(&["please retry in"]);
        let spent = self.says(&QUOTA) || (!waits && self.says(&["exceeded your current quota"]));
        match () {
            () if (400..500).contains(&status) && spent => Some(FailureClass::QuotaExceeded),
            () if matches!(status, 400 | 413 | 422 | 500) && self.says(&OVERFLOW) => {
                Some(FailureClass::ContextOverflow)
            }
            () if matches!(status, 400 | 403 | 422) && self.says(&FILTERED) => Some(FailureClass::Refusal),
            () if status == 400 && self.says(&WRONG_KEY) => Some(FailureClass::Auth),
            () if self.lacks_model() => Some(FailureClass::NotFound),
            () => None,
        }
    }

    fn advice(&self, class: FailureClass, about: About<'_>) -> String {
        let settings = &about.server.settings;
        match class {
            FailureClass::Auth if about.server.key.is_none() => {
                format!("the server asks for a key: set {}", settings.key)
            }
            FailureClass::Auth => format!("the server refuses the key: compare {}", settings.key),
            FailureClass::NotFound if self.lacks_model() => {
                format!("the server has no model `{}`: set {}", about.model, about.model_setting)
            }
            FailureClass::NotFound => {
                format!("the server has nothing at this address: {} should end in /v1", settings.url)
            }
            FailureClass::NotAnApi if (300..400).contains(&self.status) => {
                format!("the server redirects, which is not followed: set {} to the final address", settings.url)
            }
            FailureClass::NotAnApi => format!("this is a web page, not an API: {} should end in /v1", settings.url),
            FailureClass::RateLimited => "the server takes no more requests for the moment".to_owned(),
            FailureClass::QuotaExceeded => "what was paid for is used up".to_owned(),
            FailureClass::Timeout => "the server gave up waiting".to_owned(),
            FailureClass::ContextOverflow => {
                format!("the conversation is longer than what `{}` can read", about.model)
            }
            FailureClass::Refusal => "a filter of the server declines the conversation".to_owned(),
            FailureClass::Unsupported => "the server can't do what was asked for".to_owned(),
            FailureClass::Overloaded => "the server can't answer at the moment".to_owned(),
            _ => "the server says that the request is wrong".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, body: &str) -> FailureClass {
        Objection::read(status, body.as_bytes(), false, None).class()
    }

    #[test]
    fn statuses_have_their_class() {
        let cases = [
            (302, FailureClass::NotAnApi),
            (400, FailureClass::BadRequest),
            (401, FailureClass::Auth),
            (402, FailureClass::QuotaExceeded),
            (403, FailureClass::Auth),
            (404, FailureClass::NotFound),
            (408, FailureClass::Timeout),
            (422, FailureClass::BadRequest),
            (429, FailureClass::RateLimited),
            (500, FailureClass::Overloaded),
            (501, FailureClass::Unsupported),
            (503, FailureClass::Overloaded),
            (529, FailureClass::Overloaded),
        ];
        for (status, expected) in cases {
            assert_eq!(class(status, "{}"), expected, "{status}");
        }
    }

    #[test]
    fn what_is_said_tells_more_than_the_status() {
        let cases = [
            (429, r#"{"error":{"code":"insufficient_quota","message":"m"}}"#, FailureClass::QuotaExceeded),
            (400, r#"{"error":{"message":"Your credit balance is too low"}}"#, FailureClass::QuotaExceeded),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota. Please retry in 38s."}}"#,
                FailureClass::RateLimited,
            ),
            (400, r#"{"error":{"code":"context_length_exceeded","message":"m"}}"#, FailureClass::ContextOverflow),
            (
                400,
                r#"{"message":"This model's maximum context length is 4096 tokens."}"#,
                FailureClass::ContextOverflow,
            ),
            (500, r#"{"error":{"type":"exceed_context_size_error","message":"m"}}"#, FailureClass::ContextOverflow),
            (400, r#"{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}"#, FailureClass::ContextOverflow),
            (413, r#"{"error":{"type":"request_too_large"}}"#, FailureClass::ContextOverflow),
            (400, r#"{"error":{"code":"content_filter","message":"m"}}"#, FailureClass::Refusal),
            (400, r#"{"error":{"message":"Invalid model name passed in model=x"}}"#, FailureClass::NotFound),
            (404, "<html><title>404</title></html>", FailureClass::NotAnApi),
            (400, r#"{"error":{"message":"No connected db.","type":"no_db_connection"}}"#, FailureClass::Auth),
            (400, r#"[{"error":{"message":"API key not valid. Please pass a valid API key."}}]"#, FailureClass::Auth),
            (502, "<html><title>502</title></html>", FailureClass::Overloaded),
        ];
        for (status, body, expected) in cases {
            assert_eq!(class(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_missing_model_is_told_from_a_missing_address() {
        let lacks = |status, body: &str| Objection::read(status, body.as_bytes(), false, None).lacks_model();
        assert!(lacks(404, r#"{"error":{"message":"The model `x` does not exist."}}"#));
        assert!(lacks(404, r#"{"error":{"message":"model \"x\" not found, try pulling it first"}}"#));
        assert!(lacks(404, r#"{"error":{"code":"DeploymentNotFound","message":"m"}}"#));
        assert!(!lacks(404, r#"{"detail":"Not Found"}"#));
        assert!(!lacks(400, r#"{"error":{"message":"the model does not support tools"}}"#));
    }
}
