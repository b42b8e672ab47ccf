//! Where a server is.

use std::fmt;

use url::{Host, Url};

use super::error::SetupError;

/// Where requests may go unencrypted: the key, and the logs and sources in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Only to this machine: a loopback address, or the name `localhost`.
    #[default]
    ToLoopback,
    /// Anywhere: whoever is on the way can read the key and what is asked.
    Anywhere,
}

/// What people copy from an example of a call instead of the base.
const ENDPOINTS: [&str; 5] = ["/chat/completions", "/completions", "/embeddings", "/messages", "/models"];

/// The base of a server's addresses, such as `https://api.openai.com/v1`. A query (Azure's `api-version`) is kept.
///
/// Path and query are shown nowhere: either may be a capability.
#[derive(Clone)]
pub struct Address(Url);

impl Address {
    /// Parses an absolute `https` or `http` URL. The address of an endpoint (`…/chat/completions`) counts as its base.
    ///
    /// # Errors
    /// [`SetupError::Address`], [`SetupError::Scheme`] or [`SetupError::Credentials`].
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let mut url = Url::parse(text.trim()).map_err(SetupError::Address)?;
        if !["https", "http"].contains(&url.scheme()) {
            return Err(SetupError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SetupError::Credentials);
        }
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/');
        let base = ENDPOINTS.iter().find_map(|endpoint| path.strip_suffix(endpoint)).unwrap_or(path).to_owned();
        url.set_path(&base);
        Ok(Self(url))
    }

    /// Scheme, host and port: what may be told of it.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The address of `endpoint`, such as `/models`.
    pub(crate) fn endpoint(&self, endpoint: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{endpoint}"));
        url
    }

    /// The same with `/v1` if it has no path at all.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        if self.0.path().trim_end_matches('/').is_empty() {
            self.0.set_path("/v1");
        }
        self
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(crate) fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}/…)", self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_below_the_base_and_keeps_the_query() {
        let cases = [
            ("https://api.example/v1", "https://api.example/v1/chat/completions"),
            ("https://api.example/v1/", "https://api.example/v1/chat/completions"),
            ("https://api.example/v1/chat/completions", "https://api.example/v1/chat/completions"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/chat/completions"),
            (
                "https://x.example/openai/deployments/gpt?api-version=2024-10-21#f",
                "https://x.example/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
            ),
        ];
        for (base, endpoint) in cases {
            let address = Address::parse(base).unwrap();
            assert_eq!(address.endpoint("/chat/completions").as_str(), endpoint, "{base}");
        }
    }

    #[test]
    fn only_a_base_without_path_gets_a_version() {
        let endpoint = |base| Address::parse(base).unwrap().versioned().endpoint("/messages").to_string();
        assert_eq!(endpoint("https://api.example"), "https://api.example/v1/messages");
        assert_eq!(endpoint("https://api.example/v1"), "https://api.example/v1/messages");
        assert_eq!(endpoint("https://gateway.example/claude"), "https://gateway.example/claude/messages");
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        assert!(matches!(Address::parse("ftp://a.example/"), Err(SetupError::Scheme(scheme)) if scheme == "ftp"));
        assert!(matches!(Address::parse("localhost:8000/v1"), Err(SetupError::Scheme(_))));
        assert!(matches!(Address::parse("/v1"), Err(SetupError::Address(_))));
        assert!(matches!(Address::parse("https://user:key@a.example/v1"), Err(SetupError::Credentials)));
    }

    #[test]
    fn only_the_origin_is_shown() {
        let address = Address::parse("https://a.example/T0K3N?key=k").unwrap();
        assert_eq!(format!("{address:?}"), "Address(https://a.example/…)");
    }
}
