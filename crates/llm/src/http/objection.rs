//! What a server says instead of an answer, in whichever of the shapes that servers use.

use std::time::Duration;

use serde_json::Value;

use super::excerpt::{cut, excerpt};
use crate::key::ApiKey;

/// Most bytes of an objection that are searched.
const SEARCHED_BYTES: usize = 4 << 10;

/// A status that isn't success, or an error where an answer should be.
#[derive(Debug, Clone)]
pub(crate) struct Objection {
    /// The HTTP status, or the one that the error's type stands for.
    pub(crate) status: u16,
    /// How long to wait, by the server.
    pub(crate) retry_after: Option<Duration>,
    /// For people: one bounded line without secrets.
    pub(crate) excerpt: String,
    /// Whether it came as a web page.
    pub(crate) is_web_page: bool,
    /// Message, type, code and parameter in lower case, to be searched.
    said: String,
}

impl Objection {
    /// Reads the body that came with `status`.
    pub(super) fn read(status: u16, body: &[u8], is_html: bool, key: Option<&ApiKey>) -> Self {
        let text = String::from_utf8_lossy(body);
        let is_web_page = is_html || looks_like_html(&text);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => Self { is_web_page, ..Self::of(status, &value, key) },
            // Markup tells nobody anything.
            Err(_) if is_web_page => Self::made(status, &page_title(&text), &text, key, true),
            Err(_) => Self::made(status, &text, &text, key, false),
        }
    }

    /// Reads an error that came within an answer or a stream that began with success.
    pub(crate) fn within(value: &Value, key: Option<&ApiKey>) -> Self {
        let error = value.get("error").unwrap_or(value);
        Self::of(status_of(error), value, key)
    }

    /// Whether it says one of `phrases`, which are in lower case.
    pub(crate) fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.said.contains(phrase))
    }

    /// The same without a name that could be mistaken for what is searched.
    pub(crate) fn without(mut self, name: &str) -> Self {
        // A short name would be found within words.
        if name.len() >= 4 {
            self.said = self.said.replace(&name.to_lowercase(), "…");
        }
        self
    }

    fn of(status: u16, value: &Value, key: Option<&ApiKey>) -> Self {
        // Some gateways wrap the error into a list.
        let value = value.get(0).unwrap_or(value);
        let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
        let message = message_of(error).or_else(|| message_of(value)).unwrap_or_else(|| error.to_string());
        Self::made(status, &message, &error.to_string(), key, false)
    }

    fn made(status: u16, message: &str, said: &str, key: Option<&ApiKey>, is_web_page: bool) -> Self {
        let said = cut(said, SEARCHED_BYTES).to_lowercase();
        Self { status, retry_after: None, excerpt: excerpt(message, key), is_web_page, said }
    }
}

/// Whether a body is a web page, whatever its type says.
pub(super) fn looks_like_html(text: &str) -> bool {
    let start = cut(text.trim_start_matches('\u{feff}').trim_start(), 64).to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag))
}

fn page_title(text: &str) -> String {
    let text = cut(text, SEARCHED_BYTES);
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    title.map_or_else(|| "a web page".to_owned(), |(title, _)| format!("a web page: {title}"))
}

/// `error` as text, `{message}`, `{detail}` (FastAPI, problem details) or `{title}`.
fn message_of(error: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(message) = text(error) {
        return Some(message);
    }
    let field = ["message", "detail", "title"].into_iter().find_map(|name| error.get(name))?;
    text(field).or_else(|| Some(field.to_string()))
}

/// The status that an error within an answer stands for.
fn status_of(error: &Value) -> u16 {
    let number = ["code", "status", "status_code"].into_iter().find_map(|name| error.get(name)?.as_u64());
    if let Some(status) = number.and_then(|number| u16::try_from(number).ok()).filter(|n| (400..600).contains(n)) {
        return status;
    }
    let kind = error.get("type").or_else(|| error.get("code")).and_then(Value::as_str).unwrap_or_default();
    match kind {
        "invalid_request_error" | "BadRequestError" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" | "NotFoundError" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::excerpt::KEPT_BYTES;
    use super::*;

    #[test]
    fn every_shape_of_error_is_read() {
        let shapes = [
            r#"{"error":{"message":"no such thing","type":"t","param":"p","code":"c"}}"#,
            r#"{"error":"no such thing"}"#,
            r#"[{"error":{"code":400,"message":"no such thing"}}]"#,
            r#"{"object":"error","message":"no such thing","code":40001}"#,
            r#"{"detail":"no such thing"}"#,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"no such thing"}}"#,
            r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"no such thing"}"#,
            "no such thing",
        ];
        for shape in shapes {
            let objection = Objection::read(400, shape.as_bytes(), false, None);
            assert!(objection.says(&["no such thing"]), "{shape}");
            assert_eq!(objection.excerpt, "no such thing", "{shape}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_within_bounds(status in 100_u16..600, body in any::<Vec<u8>>(), is_html: bool) {
            let objection = Objection::read(status, &body, is_html, None);
            prop_assert!(objection.excerpt.len() <= KEPT_BYTES + '…'.len_utf8());
            prop_assert!(objection.says(&[""]));
        }
    }

    #[test]
    fn code_and_parameter_are_searched_too() {
        let body = br#"{"error":{"message":"m","param":"response_format","code":"unsupported_value"}}"#;
        let objection = Objection::read(400, body, false, None);
        assert!(objection.says(&["response_format"]) && objection.says(&["unsupported_value"]));
        assert!(!objection.without("Response_Format").says(&["response_format"]));
    }

    #[test]
    fn of_a_web_page_only_the_title_is_repeated() {
        let page = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
        let objection = Objection::read(502, page, false, None);
        assert!(objection.is_web_page);
        assert_eq!(objection.excerpt, "a web page: 502 Bad Gateway");
    }

    #[test]
    fn an_error_within_a_stream_has_the_status_it_stands_for() {
        let cases = [
            (r#"{"error":{"type":"overloaded_error","message":"m"}}"#, 529),
            (r#"{"error":{"message":"m","code":429}}"#, 429),
            (r#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#, 429),
            (r#"{"error":{"message":"m"}}"#, 500),
            (r#"{"error":"m"}"#, 500),
        ];
        for (text, status) in cases {
            let value = serde_json::from_str(text).unwrap();
            assert_eq!(Objection::within(&value, None).status, status, "{text}");
        }
    }
}
