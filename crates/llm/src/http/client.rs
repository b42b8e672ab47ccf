//! The HTTP client: no redirects, no repetition, ring for TLS.

use std::sync::Arc;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::address::PlainHttp;
use super::error::SetupError;
use super::server::Server;

pub(super) fn build(server: &Server) -> Result<Client, SetupError> {
    let address = &server.address;
    let readable = !address.is_encrypted() && !address.is_loopback();
    if readable && server.plain_http == PlainHttp::ToLoopback {
        return Err(SetupError::Unencrypted);
    }
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls(server)?)
        // A redirect would take the key to where nobody configured it.
        .redirect(Policy::none())
        // Every call is counted; whoever counts decides about another.
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("selfheal/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(server.bounds.connect);
    if address.is_loopback() {
        // A proxy of the environment would carry off what is to stay on this machine.
        builder = builder.no_proxy();
    }
    builder.build().map_err(SetupError::Client)
}

// Given to the client, so that the process-wide default provider stays the host's to choose.
fn tls(server: &Server) -> Result<ClientConfig, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(SetupError::Tls)?;
    if !server.address.is_encrypted() {
        // The system's certificates aren't needed, and need not exist.
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let roots = server.extra_roots.iter().map(|der| CertificateDer::from(der.clone()));
    let verifier = Verifier::new_with_extra_roots(roots, provider).map_err(SetupError::Tls)?;
    // "Dangerous" is only that the verifier is given; this one checks as the platform does.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}
