//! A server that is reached by HTTP.

use std::fmt;
use std::sync::Arc;

use reqwest::Client;
use reqwest::redirect::Policy;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use url::{Host, Url};

use super::bounds::McpBounds;
use super::error::McpError;

/// A server of the Streamable HTTP transport: by `https`, or by `http` on this machine. Redirects aren't followed. Its address may be
/// a capability, so only the origin is shown.
#[derive(Clone)]
pub struct HttpServer {
    url: Url,
    token: Option<String>,
}

impl HttpServer {
    /// The server at this URL.
    ///
    /// # Errors
    /// [`McpError::Address`].
    pub fn parse(url: &str) -> Result<Self, McpError> {
        let server = Self { url: Url::parse(url).map_err(|_| McpError::Address)?, token: None };
        match server.url.scheme() {
            "https" => Ok(server),
            "http" if server.is_loopback() => Ok(server),
            _ => Err(McpError::Address),
        }
    }

    /// Shows it the bearer token that our variable `name` holds when it is connected to.
    #[must_use]
    pub fn bearer_from(mut self, name: &str) -> Self {
        self.token = Some(name.to_owned());
        self
    }

    pub(super) fn transport(&self, bounds: &McpBounds) -> Result<StreamableHttpClientTransport<Client>, McpError> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str())
            .max_sse_event_size(bounds.max_message_bytes)
            .max_json_response_size(bounds.max_message_bytes)
            // It would send a call again, which is for the orchestrator to decide.
            .reinit_on_expired_session(false);
        if let Some(name) = &self.token {
            let token = std::env::var(name).ok().filter(|token| !token.is_empty());
            config = config.auth_header(token.ok_or_else(|| McpError::NoToken(name.clone()))?);
        }
        Ok(StreamableHttpClientTransport::with_client(self.client(bounds)?, config))
    }

    fn client(&self, bounds: &McpBounds) -> Result<Client, McpError> {
        let mut builder = Client::builder()
            .tls_backend_preconfigured(self.tls().map_err(|error| McpError::Client(error.to_string()))?)
            .redirect(Policy::none())
            .referer(false)
            .user_agent(concat!("selfheal/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(bounds.connect);
        if self.is_loopback() {
            // A proxy of the environment would carry off what is to stay on this machine.
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| McpError::Client(error.to_string()))
    }

    // Given to the client, so that the process-wide default provider stays the host's to choose.
    fn tls(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        if self.url.scheme() == "http" {
            // The system's certificates aren't needed, and need not exist.
            return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        }
        // "Dangerous" is only that the verifier is given; this one checks as the platform does.
        let verifier = Arc::new(Verifier::new(provider)?);
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }

    fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpServer({}/…)", self.url.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_elsewhere_is_reached_encrypted_or_not_at_all() {
        for good in ["https://example.com/mcp", "http://127.0.0.1:8080/mcp", "http://[::1]/", "http://localhost:1/"] {
            assert!(HttpServer::parse(good).is_ok(), "{good}");
        }
        for bad in ["http://example.com/mcp", "http://10.0.0.1/", "ftp://localhost/", "stdio", "http://localhost.evil/"]
        {
            assert!(matches!(HttpServer::parse(bad), Err(McpError::Address)), "{bad}");
        }
    }

    #[test]
    fn only_the_origin_is_shown() {
        let server = HttpServer::parse("https://user:pw@example.com/T0K3N?key=k").unwrap();
        assert_eq!(format!("{server:?}"), "HttpServer(https://example.com/…)");
    }
}
