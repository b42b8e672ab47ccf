//! Why a webhook can't be set up.

/// What is wrong with a webhook's configuration. No message repeats the address or the secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// Not a URL.
    #[error("the webhook's address is not a URL")]
    Address(#[source] url::ParseError),
    /// Neither `https` nor `http`.
    #[error("the webhook's address has the scheme `{0}`; expected `https` (or `http` to this machine)")]
    Scheme(String),
    /// Plain `http` that would leave this machine.
    #[error("the webhook's address is plain `http` to another machine; expected `https`, or leave to go unencrypted")]
    Unencrypted,
    /// Not `whsec_` and base64.
    #[error("the signing secret is not `whsec_` followed by base64")]
    SecretFormat,
    /// A key that is too short to be safe, or too long for the specification.
    #[error("the signing secret has {0} bytes; expected 24 to 64")]
    SecretLength(usize),
    /// The system's or the given root certificates can't be used.
    #[error("the root certificates for the webhook can't be used")]
    Tls(#[source] rustls::Error),
    /// The HTTP client can't be built.
    #[error("the webhook's HTTP client can't be set up")]
    Client(#[source] reqwest::Error),
}
