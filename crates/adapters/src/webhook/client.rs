//! The HTTP client: one origin, no redirects, ring for TLS.

use std::sync::Arc;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::config::WebhookConfig;
use super::error::WebhookError;

pub(super) fn build(config: &WebhookConfig) -> Result<Client, WebhookError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls(config)?)
        .redirect(Policy::none())
        .referer(false)
        .user_agent(concat!("selfheal/", env!("CARGO_PKG_VERSION")))
        // Escalations are rare: a kept connection would only be found dead.
        .pool_max_idle_per_host(0)
        .timeout(config.bounds.timeout);
    if config.endpoint.is_loopback() {
        // A proxy of the environment would carry off what is to stay on this machine.
        builder = builder.no_proxy();
    }
    builder.build().map_err(WebhookError::Client)
}

// Given to the client, so that the process-wide default provider stays the host's to choose.
fn tls(config: &WebhookConfig) -> Result<ClientConfig, WebhookError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(WebhookError::Tls)?;
    if !config.endpoint.is_encrypted() {
        // The system's certificates aren't needed, and need not exist.
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let roots = config.extra_roots.iter().map(|der| CertificateDer::from(der.clone()));
    let verifier = Verifier::new_with_extra_roots(roots, provider).map_err(WebhookError::Tls)?;
    // "Dangerous" is only that the verifier is given; this one checks as the platform does.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}
