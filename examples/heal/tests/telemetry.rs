//! The binary `heal` built with `otel`: what a collector gets, and that a heal never depends on one.
//!
//! The collector is `rotel`, from `SELFHEAL_ROTEL` or the search path; without it that test says so and proves nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

#[path = "telemetry/collector.rs"]
mod collector;
#[path = "e2e/common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "these tests need a part of it")]
mod common;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use collector::{Collector, Span};
use common::{Ended, MENDED, Service};

fn heal(service: &Service, variables: &[(&str, &str)]) -> Ended {
    let mut command = service.world.run(&service.options(&["--json"]), &["./start.sh"]);
    command.envs(variables.iter().copied());
    Ended::of(command)
}

fn assert_healed(service: &Service, ended: &Ended) {
    ended.assert_gist(0, "healed", "missing_configuration", 3);
    assert_eq!(service.conf(), MENDED);
}

#[test]
fn one_span_per_incident_and_one_per_step_all_with_the_incidents_id() {
    let service = Service::new();
    let Some(mut collector) = Collector::start(&service.world) else { return };
    let endpoint = collector.endpoint();
    let ended =
        heal(&service, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint), ("OTEL_RESOURCE_ATTRIBUTES", "team=shop")]);
    assert_healed(&service, &ended);

    let export = collector.until("incident");
    assert_eq!(export.resource["service.name"], "heal");
    assert_eq!(export.resource["team"], "shop");
    let incident = ended.json()["incident"].as_str().unwrap().to_owned();
    for span in &export.spans {
        assert_eq!(span.attributes["selfheal.incident.id"], incident, "{span:?}");
    }
    let (roots, steps): (Vec<&Span>, Vec<&Span>) = export.spans.iter().partition(|span| span.name == "incident");
    let [root] = roots[..] else { panic!("{} incident spans", roots.len()) };
    assert!(steps.iter().all(|step| step.parent == root.id && step.trace == root.trace), "{steps:?}");
    let sequences: BTreeSet<u64> =
        steps.iter().map(|step| step.attributes["selfheal.sequence"].parse().unwrap()).collect();
    assert_eq!(sequences.len(), steps.len(), "one span per step: {steps:?}");
    let phases: BTreeSet<&str> = steps.iter().map(|step| step.attributes["selfheal.phase"].as_str()).collect();
    for phase in ["recall", "classify", "analyse", "plan", "preview", "audit", "rehearse", "apply", "verify", "learn"] {
        assert!(phases.contains(phase), "{phase} among {phases:?}");
    }
}

#[test]
fn a_collector_that_is_not_there_changes_nothing_but_a_note_that_keeps_the_address_private() {
    let service = Service::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://user:hunter2@{free}/T0K3N");
    let ended = heal(&service, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_healed(&service, &ended);
    ended.assert_says("the collector did not take");
    assert!(!ended.said().contains("hunter2") && !ended.said().contains("T0K3N"), "{ended}");
}

#[test]
fn a_collector_that_never_answers_holds_nobody_up() {
    let service = Service::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let patient = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_EXPORTER_OTLP_TIMEOUT", "600000")];
    let started = Instant::now();
    let ended = heal(&service, &patient);
    assert_healed(&service, &ended);
    ended.assert_says("the collector did not answer in time");
    assert!(started.elapsed() < Duration::from_secs(60), "two seconds for the collector, the rest for the heal");
}

#[test]
fn what_cannot_be_sent_is_said_and_telemetry_is_off() {
    let service = Service::new();
    let asked = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let ended = heal(&service, &asked);
    assert_healed(&service, &ended);
    ended.assert_says("no telemetry: OTLP is sent as `http/protobuf`; `grpc` was asked for");
}

#[test]
fn nobody_is_told_unless_a_collector_is_named_and_wanted() {
    let unwanted: [&[(&str, &str)]; 4] = [
        &[],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_SDK_DISABLED", "true")],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_TRACES_EXPORTER", "none")],
    ];
    for variables in unwanted {
        let service = Service::new();
        let ended = heal(&service, variables);
        assert_healed(&service, &ended);
        assert!(!ended.said().contains("telemetry"), "{ended}");
    }
}
