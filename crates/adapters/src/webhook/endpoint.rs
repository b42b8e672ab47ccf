//! Where a webhook goes.

use std::fmt;

use url::{Host, Url};

use super::error::WebhookError;

/// Where plain `http` may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Only to this machine: a loopback address, or the name `localhost`.
    #[default]
    ToLoopback,
    /// Anywhere: whoever is on the way can read an escalation, though not forge one.
    Anywhere,
}

/// The address of a receiver. Path, query and user information are shown nowhere: any of them may be a capability.
#[derive(Clone)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Parses an absolute `https` URL, or `http` where `plain` permits it.
    ///
    /// # Errors
    /// [`WebhookError::Address`], [`WebhookError::Scheme`] or [`WebhookError::Unencrypted`].
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, WebhookError> {
        let endpoint = Self(Url::parse(text).map_err(WebhookError::Address)?);
        match endpoint.0.scheme() {
            "https" => Ok(endpoint),
            "http" if plain == PlainHttp::Anywhere || endpoint.is_loopback() => Ok(endpoint),
            "http" => Err(WebhookError::Unencrypted),
            other => Err(WebhookError::Scheme(other.to_owned())),
        }
    }

    /// Scheme, host and port: what may be told of it.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(super) fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}/…)", self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, WebhookError> {
        Endpoint::parse(text, PlainHttp::ToLoopback)
    }

    #[test]
    fn plain_http_stays_on_this_machine_unless_the_host_allows_it() {
        for local in ["http://127.0.0.1:1/x", "http://127.9.9.9/", "http://[::1]:1/", "http://localhost/"] {
            assert!(parse(local).is_ok(), "{local}");
        }
        for remote in ["http://example.com/", "http://10.0.0.1/", "http://localhost.example.com/", "http://[::2]/"] {
            assert!(matches!(parse(remote), Err(WebhookError::Unencrypted)), "{remote}");
            assert!(Endpoint::parse(remote, PlainHttp::Anywhere).is_ok(), "{remote}");
        }
        assert!(parse("https://example.com/hook").is_ok());
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        assert!(matches!(parse("ftp://example.com/"), Err(WebhookError::Scheme(scheme)) if scheme == "ftp"));
        assert!(matches!(parse("/hook"), Err(WebhookError::Address(_))));
        assert!(matches!(parse("https://"), Err(WebhookError::Address(_))));
    }

    #[test]
    fn only_the_origin_is_shown() {
        let endpoint = parse("https://user:hunter2@example.com/T0K3N?key=k#f").unwrap();
        assert_eq!(endpoint.origin(), "https://example.com");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(https://example.com/…)");
    }
}
