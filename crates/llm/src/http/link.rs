//! The way to a server: sends requests, reads answers within bounds.

use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, RequestBuilder, Response};
use selfheal_core::error::Error;
use serde::de::DeserializeOwned;
use url::Url;

use super::client;
use super::error::SetupError;
use super::excerpt::excerpt;
use super::objection::{Objection, looks_like_html};
use super::retry_after::retry_after;
use super::server::{KeyHeader, Server};
use crate::failure::{Failure, FailureClass};
use crate::key::ApiKey;

/// Bytes of an objection that are read.
const OBJECTION_BYTES: usize = 64 << 10;

/// How long reading an objection may take; its status alone says the most.
const OBJECTION_TIME: Duration = Duration::from_secs(3);

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The server objects; another request may do.
    Objection(Box<Objection>),
    /// It failed otherwise.
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A server, and the connections to it. Clones share them.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) server: Server,
    client: Client,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("server", &self.server).finish_non_exhaustive()
    }
}

/// An answer that began with success.
pub(crate) struct Reply {
    pub(super) response: Response,
    /// To redact it from whatever is repeated.
    pub(crate) key: Option<ApiKey>,
}

impl Link {
    pub(crate) fn new(server: Server) -> Result<Self, SetupError> {
        Ok(Self { client: client::build(&server)?, server })
    }

    /// Posts JSON. `headers` are the protocol's own.
    pub(crate) async fn post(
        &self,
        endpoint: &str,
        headers: &[(&'static str, &'static str)],
        body: Vec<u8>,
    ) -> Result<Reply, Trouble> {
        let request = self.client.post(self.server.address.endpoint(endpoint));
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        self.send(request, headers).await
    }

    pub(crate) async fn get(&self, endpoint: &str, headers: &[(&'static str, &'static str)]) -> Result<Reply, Trouble> {
        self.send(self.client.get(self.server.address.endpoint(endpoint)), headers).await
    }

    async fn send(
        &self,
        mut request: RequestBuilder,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Reply, Trouble> {
        let key = match &self.server.key {
            Some(source) => Some(source.key().await?),
            None => None,
        };
        if let Some((name, value)) = key.as_ref().and_then(|key| self.key_header(key)) {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header(ACCEPT, "application/json, text/event-stream");
        let response = request.send().await.map_err(|cause| self.unsent(&cause))?;
        if response.status().is_success() {
            return Ok(Reply { response, key });
        }
        Err(Trouble::Objection(Box::new(objection(response, key.as_ref()).await)))
    }

    fn key_header(&self, key: &ApiKey) -> Option<(HeaderName, HeaderValue)> {
        let named = |name, text: &str| {
            // A key is visible ASCII, so it always fits.
            let mut value = HeaderValue::from_str(text).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        };
        match self.server.key_header {
            KeyHeader::Bearer => named(AUTHORIZATION, &zeroize::Zeroizing::new(format!("Bearer {}", key.reveal()))),
            KeyHeader::ApiKey => named(HeaderName::from_static("api-key"), key.reveal()),
            KeyHeader::XApiKey => named(HeaderName::from_static("x-api-key"), key.reveal()),
        }
    }

    fn unsent(&self, cause: &reqwest::Error) -> Error {
        let origin = self.server.address.origin();
        let error = if cause.is_connect() {
            let advice =
                format!("no connection to {origin}: is the server up, and {} right?", self.server.settings.url);
            Failure::from(FailureClass::Unreachable).error(advice)
        } else {
            broken_off()
        };
        error.with_context("server", &self.server.name).with_context("cause", root_cause(cause))
    }
}

impl Reply {
    /// Whether it is a stream of events.
    pub(crate) fn is_event_stream(&self) -> bool {
        content_type(self.response.headers()).starts_with("text/event-stream")
    }

    /// The whole answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(self, server: &Server) -> Result<T, Error> {
        let is_html = content_type(self.response.headers()).starts_with("text/html");
        let body = read(self.response, server.bounds.answer_bytes).await?;
        serde_json::from_slice(&body).map_err(|cause| {
            let text = String::from_utf8_lossy(&body);
            if is_html || looks_like_html(&text) {
                return web_page(server);
            }
            not_json(&cause, &text, self.key.as_ref()).with_context("server", &server.name)
        })
    }
}

fn web_page(server: &Server) -> Error {
    let advice = format!("this is a web page, not an API: {} should end in /v1", server.settings.url);
    Failure::from(FailureClass::NotAnApi).error(advice).with_context("server", &server.name)
}

fn not_json(cause: &serde_json::Error, text: &str, key: Option<&ApiKey>) -> Error {
    if cause.is_eof() {
        return broken_off();
    }
    let error = Failure::from(FailureClass::NotAnApi).error("what came back is no answer of such a server");
    error.with_context("cause", excerpt(&cause.to_string(), key)).with_context("it says", excerpt(text, key))
}

async fn objection(response: Response, key: Option<&ApiKey>) -> Objection {
    let status = response.status().as_u16();
    let wait = retry_after(response.headers(), SystemTime::now());
    let is_html = content_type(response.headers()).starts_with("text/html");
    let location = redirected_to(&response);
    // What can't be read of it is as if it weren't there: the status stands.
    let reading = tokio::time::timeout(OBJECTION_TIME, start(response, OBJECTION_BYTES));
    let body = reading.await.unwrap_or_default();
    let mut objection = Objection::read(status, &body, is_html, key);
    objection.retry_after = wait;
    if let Some(origin) = location {
        objection.excerpt = format!("redirect to {origin}");
    }
    objection
}

fn redirected_to(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    // Relative to where it was asked; only the origin is shown, as the rest may be a capability.
    let target: Url = response.url().join(location).ok()?;
    response.status().is_redirection().then(|| target.origin().ascii_serialization())
}

async fn start(mut response: Response, most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= most {
            body.truncate(most);
            break;
        }
    }
    body
}

async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, Error> {
    let announced = response.content_length().unwrap_or(0);
    if announced > most as u64 {
        return Err(too_large(most));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|cause| cut_off(&cause))? {
        if body.len() + chunk.len() > most {
            return Err(too_large(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(super) fn too_large(most: usize) -> Error {
    Failure::from(FailureClass::TooLarge).error(format!("the answer has more than the {most} bytes that are read"))
}

pub(super) fn cut_off(cause: &reqwest::Error) -> Error {
    broken_off().with_context("cause", root_cause(cause))
}

/// The connection ended before the answer was complete.
pub(crate) fn broken_off() -> Error {
    Failure::from(FailureClass::Truncated).error("the answer broke off before it was complete")
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map_or("", str::trim_start)
}

/// The innermost cause; the outer ones would show the whole address.
fn root_cause(cause: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = cause;
    let mut text = "unknown".to_owned();
    while let Some(source) = innermost.source() {
        text = source.to_string();
        innermost = source;
    }
    excerpt(&text, None)
}
