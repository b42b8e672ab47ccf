//! Spans to an OpenTelemetry collector: one per incident, one per step below it, each with `selfheal.incident.id`.
//!
//! On only if `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names a collector; the other standard
//! variables (headers, timeout, compression, service name, resource attributes, sampler, `OTEL_SDK_DISABLED`, …) hold. Sent
//! as OTLP over HTTP/protobuf by a thread of its own: a collector that is slow or down neither delays nor fails a heal.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, KeyValue};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use rustls_platform_verifier::Verifier;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::say::Voice;

/// How long the end of the process may wait for the last spans.
const FLUSH: Duration = Duration::from_secs(2);

/// Keeps the export going; its drop sends what is left, for at most two seconds.
#[must_use = "spans are exported as long as it lives"]
pub(crate) struct Guard(Option<Export>);

struct Export {
    provider: SdkTracerProvider,
    undelivered: Arc<AtomicUsize>,
}

/// Starts the export if the environment asks for it. What is wrong with the settings is said, and telemetry stays off.
pub(crate) fn init() -> Guard {
    if !is_asked_for() {
        return Guard(None);
    }
    let export = start();
    if let Err(why) = &export {
        Voice::default().note(&format!("no telemetry: {why}"));
    }
    Guard(export.ok())
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(export) = &self.0 else { return };
        let flushed = export.provider.shutdown_with_timeout(FLUSH);
        let undelivered = export.undelivered.load(Ordering::Relaxed);
        // The errors themselves show the collector's address, which may hold a key.
        if undelivered > 0 {
            Voice::default().note(&format!("telemetry: the collector did not take {undelivered} spans"));
        } else if flushed.is_err() {
            Voice::default().note("telemetry: the collector did not answer in time; spans may be missing there");
        }
    }
}

/// A variable that is set to something; an empty one counts as unset, as the specification wants it.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn is_asked_for() -> bool {
    let named = |name| variable(name).is_some();
    let endpoint = named("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || named("OTEL_EXPORTER_OTLP_ENDPOINT");
    let disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let other =
        variable("OTEL_TRACES_EXPORTER").is_some_and(|value| !value.split(',').any(|name| name.trim() == "otlp"));
    endpoint && !disabled && !other
}

fn start() -> Result<Export, String> {
    let protocol = variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| variable("OTEL_EXPORTER_OTLP_PROTOCOL"));
    if let Some(other) = protocol.filter(|protocol| protocol.trim() != "http/protobuf") {
        return Err(format!("OTLP is sent as `http/protobuf`; `{other}` was asked for"));
    }
    let exporter = OtlpExporter::builder().with_http().with_http_client(client()?).build();
    let exporter = exporter.map_err(|error| error.to_string())?;
    let undelivered = Arc::new(AtomicUsize::new(0));
    let exporter = Named { exporter, undelivered: Arc::clone(&undelivered) };
    let provider = SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
    // Spans only: events are for logs, and may quote what they are about.
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("selfheal"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("selfheal")));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing_subscriber::util::SubscriberInitExt::try_init(subscriber).map_err(|error| error.to_string())?;
    Ok(Export { provider, undelivered })
}

/// `heal`, unless the environment names the service otherwise.
fn resource() -> Resource {
    let ours = [KeyValue::new("service.name", "heal"), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
    let resource = Resource::builder_empty()
        .with_attributes(ours)
        .with_detectors(&[Box::new(TelemetryResourceDetector), Box::new(EnvResourceDetector::new())]);
    match variable("OTEL_SERVICE_NAME") {
        Some(name) => resource.with_service_name(name).build(),
        None => resource.build(),
    }
}

fn client() -> Result<reqwest::blocking::Client, String> {
    let timeout_ms = variable("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or_else(|| variable("OTEL_EXPORTER_OTLP_TIMEOUT"));
    let timeout_ms = timeout_ms.and_then(|ms| ms.trim().parse().ok()).unwrap_or(10_000);
    let client = reqwest::blocking::Client::builder()
        .tls_backend_preconfigured(tls().map_err(|error| error.to_string())?)
        // The headers may hold a key that is for this collector only.
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(timeout_ms));
    client.build().map_err(|error| error.to_string())
}

/// The system's certificates. Where there are none (a slim container with its collector beside it), `https` finds nobody
/// to trust, and `http` works.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions()?;
    let builder = match Verifier::new(provider) {
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(_) => builder.with_root_certificates(rustls::RootCertStore::empty()),
    };
    Ok(builder.with_no_client_auth())
}

/// Gives our attributes names of their own before they leave, and counts what didn't arrive.
#[derive(Debug)]
struct Named {
    exporter: OtlpExporter,
    undelivered: Arc<AtomicUsize>,
}

impl SpanExporter for Named {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        for attribute in batch.iter_mut().flat_map(|span| &mut span.attributes) {
            attribute.key = namespaced(&attribute.key);
        }
        let exported = self.exporter.export(batch).await;
        if exported.is_err() {
            self.undelivered.fetch_add(spans, Ordering::Relaxed);
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Attributes of a collector belong to everybody; ours are told by their namespace.
fn namespaced(key: &Key) -> Key {
    match key.as_str() {
        "incident" => Key::new("selfheal.incident.id"),
        plain if !plain.contains('.') => Key::new(format!("selfheal.{plain}")),
        _ => key.clone(),
    }
}
