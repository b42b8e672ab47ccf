//! Encrypted connections.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use selfheal_core::error::Error;
use selfheal_core::ports::{LlmProvider as _, LlmResponse};
use selfheal_llm::FailureClass;
use selfheal_llm::openai::Chat;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::raw::{converse, text};
use crate::scene::{class, config, meter, text_request};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn root(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &self.0);
        let chain: Vec<CertificateDer<'static>> = vec![certificate.unwrap().der().clone()];
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()))
    }
}

/// Says "fine" to whoever completes the handshake; its origin.
async fn serve(acceptor: TlsAcceptor) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let body = r#"{"choices": [{"message": {"content": "fine"}}]}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let answer = text(&format!("{head}content-length: {}\r\n\r\n{body}", body.len()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            converse(stream, vec![answer.clone()]).await;
        }
    });
    origin
}

async fn asked(origin: &str, root: Vec<u8>) -> Result<LlmResponse, Error> {
    let mut config = config(origin);
    config.server.extra_roots = vec![root];
    Chat::new(config).unwrap().complete(&text_request(), &meter()).await
}

#[tokio::test]
async fn only_a_server_with_a_trusted_certificate_is_asked() {
    let authority = Authority::new();
    let origin = serve(authority.acceptor()).await;
    assert_eq!(asked(&origin, authority.root()).await.unwrap().content.read(), "fine");
    let error = asked(&origin, Authority::new().root()).await.unwrap_err();
    assert_eq!(class(&error), Some(FailureClass::Unreachable));
    assert!(error.to_string().contains("certificate"), "people are told why: {error}");
}
