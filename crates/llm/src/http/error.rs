//! Why a provider can't be set up.

use crate::key::KeyError;

/// What is wrong with a provider's configuration. No message repeats the address or the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Not a URL.
    #[error("the server's address is not a URL; expected one such as https://host/v1")]
    Address(#[source] url::ParseError),
    /// Neither `https` nor `http`.
    #[error("the server's address has the scheme `{0}`; expected a URL such as https://host/v1")]
    Scheme(String),
    /// A user's name or password in the address, where errors and proxies would show it.
    #[error("the server's address has a user's name or password in it; expected the key apart from the address")]
    Credentials,
    /// Requests that would go unencrypted to another machine.
    #[error(
        "the server's address is plain `http` to another machine: key, logs and sources could be read on the way; expected \
         `https`, or leave to send them so (`plain_http: true`)"
    )]
    Unencrypted,
    /// The key can't be one.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No model's name, or one that is too long.
    #[error("the name of a model has {0} bytes; expected 1 to 256")]
    ModelName(usize),
    /// A field of the request that the adapter itself sets.
    #[error("the field `{0}` of requests is set by the adapter and can't be given beside it")]
    ReservedField(String),
    /// The system's or the given root certificates can't be used.
    #[error("the root certificates for the server can't be used")]
    Tls(#[source] rustls::Error),
    /// The HTTP client can't be built.
    #[error("the HTTP client can't be set up")]
    Client(#[source] reqwest::Error),
}
