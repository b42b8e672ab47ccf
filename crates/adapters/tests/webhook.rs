//! Escalations arrive signed, once in meaning however often in fact, and only where they are meant to go.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use selfheal_adapters::webhook::{
    Acknowledgement, Bounds, Endpoint, EscalationMessage, MESSAGE_TYPE, PlainHttp, SignedHeaders, SigningSecret,
    Verifier, VerifyError, WebhookConfig, WebhookNotifier,
};
use selfheal_core::error::{Error, ErrorKind, Retry};
use selfheal_core::incident::{IncidentId, Severity};
use selfheal_core::ports::{Clock, Escalation, Notifier};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{ManualClock, SeededEntropy};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const PATH: &str = "/T0K3N-in-the-path";

fn secret() -> SigningSecret {
    SigningSecret::from_bytes(b"a secret of thirty-two bytes....").unwrap()
}

fn escalation() -> Escalation {
    Escalation {
        incident: IncidentId::new("inc-00000000000000a1"),
        resource: ResourceRef::new("local", "pipeline", "checkout"),
        environment: Environment::Production,
        severity: Severity::Error,
        round: 0,
        reason: "no known fix; \"quotes\" and <b>markup</b> are data".to_owned(),
        advice: "look at the log".to_owned(),
    }
}

/// A receiver on loopback, and a notifier that waits on a manual clock.
struct Scene {
    receiver: MockServer,
    clock: Arc<ManualClock>,
    config: WebhookConfig,
}

impl Scene {
    async fn new() -> Self {
        let receiver = MockServer::start().await;
        let address = format!("{}{PATH}?key=hunter2", receiver.uri());
        let endpoint = Endpoint::parse(&address, PlainHttp::ToLoopback).unwrap();
        Self { receiver, clock: Arc::default(), config: WebhookConfig::new(endpoint, secret()) }
    }

    /// Answers `times` requests so; later calls stand behind earlier ones.
    async fn answers(&self, times: u64, answer: ResponseTemplate) {
        Mock::given(method("POST"))
            .and(path(PATH))
            .respond_with(answer)
            .up_to_n_times(times)
            .mount(&self.receiver)
            .await;
    }

    async fn notify(&self, escalation: &Escalation) -> Result<(), Error> {
        let notifier = WebhookNotifier::new(self.config.clone(), self.clock.clone(), Arc::new(SeededEntropy::new(7)));
        notifier.unwrap().notify(escalation).await
    }

    async fn requests(&self) -> Vec<Request> {
        self.receiver.received_requests().await.unwrap()
    }

    fn waited(&self) -> Duration {
        self.clock.elapsed()
    }
}

fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code)
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).unwrap().to_str().unwrap()
}

fn signed(request: &Request) -> SignedHeaders<'_> {
    SignedHeaders {
        id: header(request, "webhook-id"),
        timestamp: header(request, "webhook-timestamp"),
        signature: header(request, "webhook-signature"),
    }
}

/// All that a log of `error` may show.
fn told(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(" {inner} {inner:?}"));
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn what_arrives_verifies_and_what_was_changed_on_the_way_does_not() {
    let scene = Scene::new().await;
    scene.answers(1, status(204)).await;
    scene.clock.sleep_until(scene.clock.now().after(Duration::from_secs(1_700_000_000))).await;
    scene.notify(&escalation()).await.unwrap();

    let requests = scene.requests().await;
    let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
    let verifier = Verifier::new(secret());
    assert_eq!(verifier.verify(&signed(request), &request.body, scene.clock.now()), Ok(()));
    assert_eq!(header(request, "content-type"), "application/json");
    let message: EscalationMessage = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(message.message_type, MESSAGE_TYPE);
    assert_eq!(message.data.reason, escalation().reason);

    let changed = String::from_utf8(request.body.clone()).unwrap().replace("production", "dev");
    let refused = verifier.verify(&signed(request), changed.as_bytes(), scene.clock.now());
    assert_eq!(refused, Err(VerifyError::Mismatch));
    let replayed = scene.clock.now().after(Duration::from_secs(301));
    let refused = verifier.verify(&signed(request), &request.body, replayed);
    assert!(matches!(refused, Err(VerifyError::NotNow { .. })));
}

#[tokio::test]
async fn a_receiver_that_is_down_for_a_moment_gets_the_same_message_again() {
    let scene = Scene::new().await;
    scene.answers(2, status(503)).await;
    scene.answers(1, status(200)).await;
    scene.notify(&escalation()).await.unwrap();

    let requests = scene.requests().await;
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!((signed(request).id, &request.body), (signed(&requests[0]).id, &requests[0].body));
        assert_eq!(Verifier::new(secret()).verify(&signed(request), &request.body, scene.clock.now()), Ok(()));
    }
    let bounds = Bounds::default();
    let full = bounds.first_wait * 3;
    assert!(scene.waited() >= full / 2 && scene.waited() <= full, "waited {:?}", scene.waited());
}

#[tokio::test]
async fn another_call_after_a_crash_sends_the_same_id_and_another_escalation_another() {
    let scene = Scene::new().await;
    scene.answers(3, status(200)).await;
    scene.notify(&escalation()).await.unwrap();
    scene.notify(&Escalation { round: 1, ..escalation() }).await.unwrap();
    scene.notify(&Escalation { incident: IncidentId::new("inc-00000000000000a2"), ..escalation() }).await.unwrap();
    let requests = scene.requests().await;
    let ids: Vec<&str> = requests.iter().map(|request| signed(request).id).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[1], ids[2]);
}

#[tokio::test]
async fn attempts_of_one_call_are_bounded_and_the_error_says_that_another_call_may_help() {
    let scene = Scene::new().await;
    scene.answers(100, status(502)).await;
    let error = scene.notify(&escalation()).await.unwrap_err();
    assert_eq!(scene.requests().await.len(), 3);
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Retryable));
}

#[tokio::test]
async fn a_receiver_that_asks_for_patience_gets_it() {
    let scene = Scene::new().await;
    scene.answers(1, status(429).insert_header("retry-after", "7")).await;
    scene.answers(1, status(200)).await;
    scene.notify(&escalation()).await.unwrap();
    assert_eq!((scene.requests().await.len(), scene.waited()), (2, Duration::from_secs(7)));
}

#[tokio::test]
async fn a_receiver_that_asks_for_more_patience_than_a_call_has_is_left_to_a_later_call() {
    let scene = Scene::new().await;
    scene.answers(1, status(503).insert_header("retry-after", "3600")).await;
    let error = scene.notify(&escalation()).await.unwrap_err();
    assert_eq!((scene.requests().await.len(), scene.waited()), (1, Duration::ZERO));
    assert_eq!(error.retry(), Retry::Retryable);
    assert!(error.to_string().contains("retry_after_s: 3600"), "{error}");
}

#[tokio::test]
async fn what_the_receiver_refuses_is_not_repeated() {
    for code in [400, 401, 404, 410, 422] {
        let scene = Scene::new().await;
        scene.answers(100, status(code)).await;
        let error = scene.notify(&escalation()).await.unwrap_err();
        assert_eq!((scene.requests().await.len(), error.retry()), (1, Retry::Permanent), "{code}");
        assert!(error.to_string().contains(&format!("status: {code}")), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let scene = Scene::new().await;
    for code in [301, 302, 307, 308] {
        scene.receiver.reset().await;
        scene.answers(1, status(code).insert_header("location", "/elsewhere")).await;
        Mock::given(path("/elsewhere")).respond_with(status(200)).expect(0).mount(&scene.receiver).await;
        let error = scene.notify(&escalation()).await.unwrap_err();
        assert_eq!((scene.requests().await.len(), error.retry()), (1, Retry::Permanent), "{code}");
    }
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_in_bounded_time() {
    let mut scene = Scene::new().await;
    scene.config.bounds = Bounds { attempts: 2, timeout: Duration::from_millis(40), ..Bounds::default() };
    scene.answers(100, status(200).set_delay(Duration::from_secs(600))).await;
    let error = scene.notify(&escalation()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Retryable));
    assert!(error.to_string().contains("no answer in time"), "{error}");
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_retryable() {
    let mut scene = Scene::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    scene.config.endpoint = Endpoint::parse(&format!("http://{free}{PATH}"), PlainHttp::ToLoopback).unwrap();
    let error = scene.notify(&escalation()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Retryable));
    assert!(error.to_string().contains("no connection"), "{error}");
}

#[tokio::test]
async fn an_explicit_acknowledgement_names_who_gave_it() {
    let json = |body: &str| status(200).set_body_raw(body.to_owned(), "application/json");
    let long = format!(r#"{{"acknowledged": true, "by": "{}"}}"#, "x".repeat(20_000));
    let cases = [
        (json(r#"{"acknowledged": true, "by": "on-call: Kim", "more": 1}"#), true),
        (json(r#"{"acknowledged": false, "by": "on-call: Kim"}"#), false),
        (json(r#"{"acknowledged": true, "by": " "}"#), false),
        (json(r#"{"acknowledged": true}"#), false),
        (json("thank you"), false),
        (json(&long), false),
        (status(202), false),
    ];
    for (index, (answer, acknowledged)) in cases.into_iter().enumerate() {
        let mut scene = Scene::new().await;
        scene.config.acknowledgement = Acknowledgement::Explicit;
        scene.answers(100, answer).await;
        let result = scene.notify(&escalation()).await;
        assert_eq!(result.is_ok(), acknowledged, "case {index}");
        let Err(error) = result else { continue };
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Retryable), "case {index}");
        assert_eq!(scene.requests().await.len(), 1, "nobody comes to the screen by being asked again at once");
    }
}

#[tokio::test]
async fn neither_address_nor_secret_is_told() {
    let mut scene = Scene::new().await;
    scene.config.bounds.timeout = Duration::from_millis(40);
    scene.answers(3, status(200).set_delay(Duration::from_secs(600))).await;
    let late = scene.notify(&escalation()).await.unwrap_err();
    scene.receiver.reset().await;
    let nothing_there = scene.notify(&escalation()).await.unwrap_err();
    let notifier = WebhookNotifier::new(scene.config.clone(), scene.clock.clone(), Arc::new(SeededEntropy::new(7)));
    for text in [told(&late), told(&nothing_there), format!("{:?}", notifier.unwrap())] {
        for private in ["T0K3N", "hunter2", "thirty-two"] {
            assert!(!text.contains(private), "{private} in {text}");
        }
    }
}

// Variables are a process's, so the test is another run of one that is above.
#[test]
fn a_proxy_of_the_environment_gets_nothing_that_is_for_this_machine() {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "what_arrives_verifies_and_what_was_changed_on_the_way_does_not"]);
    again.envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1")));
    again.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

mod tls {
    //! Over TLS, with a certificate authority of the test's own.

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

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

    /// Answers 204 to whoever completes the handshake; the address.
    async fn receiver(acceptor: TlsAcceptor) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        });
        address
    }

    async fn notify(address: &str, extra_roots: Vec<Vec<u8>>) -> Result<(), Error> {
        let endpoint = Endpoint::parse(address, PlainHttp::ToLoopback).unwrap();
        let mut config = WebhookConfig::new(endpoint, secret());
        config.extra_roots = extra_roots;
        let clock = Arc::new(ManualClock::default());
        let notifier = WebhookNotifier::new(config, clock, Arc::new(SeededEntropy::new(7))).unwrap();
        notifier.notify(&escalation()).await
    }

    #[tokio::test]
    async fn only_a_receiver_with_a_trusted_certificate_gets_the_message() {
        let authority = Authority::new();
        let address = receiver(authority.acceptor()).await;
        notify(&address, vec![authority.root()]).await.unwrap();
        let error = notify(&address, vec![Authority::new().root()]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(told(&error).contains("invalid peer certificate"), "{error:?}");
    }
}
