//! Who may run a command: the judge of its text, where the text comes from, and the rule that permits it.
#![cfg(feature = "commands")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::sync::Arc;

use selfheal_core::action::{Action, Parameter, Parameters, Value};
use selfheal_core::confidence::Confidence;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::diagnosis::Source;
use selfheal_core::evidence::Untrusted;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{BlastRadius, Compensation, Plan, Preview, Step, StepRetry};
use selfheal_core::ports::{Activity, EffectClass, Moment, PolicyEngine, PolicyQuestion, RehearsalEvidence, Site};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::{run_command_spec, standard_specs};
use selfheal_core::time::Timestamp;
use selfheal_policy::command::CommandGuard;
use selfheal_policy::guardrails::Guardrails;

const READS: &str = "kubectl rollout status deploy/web -n shop";
const DESTROYS: &str = "kubectl delete ns shop";

/// Rules about commands in dev, with an example that holds whatever they say.
fn guardrails(rules: &str) -> Arc<Guardrails> {
    let text = format!(
        "schema: selfheal.dev/guardrails/v1\nname: team\nversion: 1\nrules:\n{rules}\nexamples:\n  - {{name: elsewhere, given: \
         {{kind: run_command, environment: elsewhere}}, expect: deny}}\n"
    );
    Arc::new(Guardrails::from_text("team.yaml", &text).unwrap())
}

fn rule(kinds: &str, effect: &str) -> String {
    format!("  - {{id: r, effect: {effect}, kinds: [{kinds}], environments: [dev], because: 'for the test'}}")
}

fn guard(kinds: &str, effect: &str) -> CommandGuard {
    CommandGuard::of(guardrails(&rule(kinds, effect)))
}

fn written(text: &str) -> Parameter {
    Parameter::configured("runbook", Value::Text(text.to_owned()))
}

fn command(text: Parameter) -> Step {
    let parameters = Parameters::from([("command".to_owned(), text)]);
    step(Action::for_tests(&run_command_spec(), resource(), parameters).unwrap())
}

fn retry() -> Step {
    let specs = standard_specs();
    let number = |value| Parameter::configured("runbook", Value::Integer(value));
    let parameters =
        Parameters::from([("attempts".to_owned(), number(2)), ("initial_backoff_ms".to_owned(), number(0))]);
    step(Action::for_tests(&specs[0], resource(), parameters).unwrap())
}

fn step(action: Action) -> Step {
    Step { action, criteria: Vec::new(), compensation: Compensation::NothingToUndo, retry: StepRetry::ONCE }
}

fn resource() -> ResourceRef {
    ResourceRef::new("local", "pipeline", "shop")
}

fn plan(steps: Vec<Step>) -> Plan {
    let source = Source::Runbook { id: "wait".to_owned(), version: 1 };
    Plan { steps, rationale: String::new(), source, confidence: Confidence::NONE }
}

fn incident() -> Incident {
    Incident {
        id: IncidentId::new("inc-1"),
        fingerprint: Fingerprint::from_hex("00"),
        resource: resource(),
        environment: Environment::Dev,
        severity: Severity::Error,
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: Timestamp::default(),
        opened_at: Timestamp::default(),
    }
}

fn previews(plan: &Plan) -> Vec<Preview> {
    let preview = |step: &Step| Preview {
        summary: String::new(),
        changes: Vec::new(),
        fences: Vec::new(),
        blast_radius: BlastRadius::default(),
        undo_hash: None,
        reversibility: spec_of(step).reversibility,
    };
    plan.steps.iter().map(preview).collect()
}

fn spec_of(step: &Step) -> selfheal_core::action::ActionSpec {
    let mut all = standard_specs().into_iter().chain([run_command_spec()]);
    all.find(|spec| spec.kind == *step.action.kind()).unwrap()
}

async fn decided(guard: &CommandGuard, plan: &Plan) -> Decision {
    let (incident, previews) = (incident(), previews(plan));
    let specs: Vec<_> = plan.steps.iter().map(spec_of).collect();
    let question = PolicyQuestion {
        rehearsal: RehearsalEvidence::InPlace,
        ..PolicyQuestion::new(&incident, plan, &specs, &previews)
    };
    guard.decide(&question).await.unwrap()
}

async fn decided_of(guard: &CommandGuard, text: &str) -> Decision {
    decided(guard, &plan(vec![command(written(text))])).await
}

async fn cleared(guard: &CommandGuard, plan: &Plan, effect: EffectClass) -> Clearance {
    let (incident, previews) = (incident(), previews(plan));
    let moment = Moment {
        incident: &incident,
        plan,
        previews: &previews,
        step: Some(0),
        effect,
        at: Timestamp::default(),
        site: &Site::default(),
        activity: &Activity::NONE,
    };
    guard.clear(&moment).await.unwrap()
}

fn voices(decision: &Decision) -> Vec<&str> {
    decision.rules.iter().map(|voice| voice.rule.as_str()).collect()
}

#[tokio::test]
async fn a_command_that_only_reads_needs_a_rule_that_names_it_and_a_person() {
    for effect in ["allow", "require_approval"] {
        let decision = decided_of(&guard("run_command", effect), READS).await;
        assert_eq!(decision.verdict, Verdict::RequireApproval, "{effect}: {}", decision.rationale);
        assert!(voices(&decision).contains(&"team/r") && voices(&decision).contains(&"commands/agreed"));
    }
    let decision = decided_of(&guard("retry_stage, run_command", "deny"), READS).await;
    assert_eq!(decision.verdict, Verdict::Deny);
}

#[tokio::test]
async fn a_rule_about_every_kind_was_not_written_for_commands() {
    for kinds in ["'*'", "'run_*'", "'{run_command,x}'"] {
        let decision = decided_of(&guard(kinds, "allow"), READS).await;
        assert_eq!(decision.verdict, Verdict::Deny, "{kinds}");
        assert!(decision.rationale.contains("no rule that names run_command"), "{}", decision.rationale);
    }
    let elsewhere = guardrails(&format!(
        "{}\n  - {{id: named, effect: allow, kinds: [run_command], environments: [staging], because: 'x'}}",
        rule("'*'", "allow")
    ));
    let decision = decided_of(&CommandGuard::of(elsewhere), READS).await;
    assert_eq!(decision.verdict, Verdict::Deny, "the rule that names it is about another environment");
}

#[tokio::test]
async fn what_destroys_is_denied_whatever_rules_allow_and_named() {
    let decision = decided_of(&guard("run_command", "allow"), DESTROYS).await;
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(voices(&decision).contains(&"commands/destructive"));
    assert!(decision.rationale.contains("deletes the namespace shop and every object in it"), "{}", decision.rationale);
    assert!(decision.to_be_allowed.iter().any(|way| way.contains("an action kind")));
}

#[tokio::test]
async fn what_is_not_understood_is_denied() {
    let guard = guard("run_command", "allow");
    let long = format!("cat {}", "x".repeat(4_000));
    for (text, rule) in [
        ("make deploy", "commands/unknown"),
        ("ls 'unfinished", "commands/unknown"),
        ("", "commands/unknown"),
        ("ls; df", "commands/single"),
        ("cat a | wc -l", "commands/single"),
        ("ls *.rs", "commands/unknown"),
        ("bash -c ls", "commands/program"),
        ("kubectl --context prod get pods", "commands/program"),
    ] {
        let decision = decided_of(&guard, text).await;
        assert_eq!(decision.verdict, Verdict::Deny, "{text}");
        assert!(voices(&decision).contains(&rule), "{text}: {:?}", voices(&decision));
    }
    assert_eq!(decided_of(&guard, &long).await.verdict, Verdict::RequireApproval, "long is not too long");
}

#[tokio::test]
async fn the_text_is_a_persons() {
    let guard = guard("run_command", "allow");
    let named = Untrusted::new(READS.to_owned());
    let selected = Parameter::selected("x", &named, "set", &[Value::Text(READS.to_owned())]).unwrap();
    for text in [selected, Parameter::observed("query", Value::Text(READS.to_owned()))] {
        let decision = decided(&guard, &plan(vec![command(text)])).await;
        assert_eq!(decision.verdict, Verdict::Deny);
        assert!(voices(&decision).contains(&"commands/provenance"));
    }
    let by_model = Plan { source: Source::Model { name: "m".to_owned() }, ..plan(vec![command(written(READS))]) };
    assert!(decided(&guard, &by_model).await.rationale.contains("a model drew the plan up"));
}

#[tokio::test]
async fn what_memory_recalls_is_not_a_document() {
    let guard = guard("run_command", "allow");
    let recalled = Plan { source: Source::Memory, ..plan(vec![command(written(READS))]) };
    let decision = decided(&guard, &recalled).await;
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(voices(&decision).contains(&"commands/provenance"));
    assert!(decision.rationale.contains("memory recalled it"), "{}", decision.rationale);
    assert!(matches!(cleared(&guard, &recalled, EffectClass::Apply).await, Clearance::Stop { .. }));
}

#[tokio::test]
async fn one_bad_step_denies_the_plan_and_says_which() {
    let guard = guard("retry_stage, run_command", "allow");
    let steps = vec![command(written(READS)), retry(), command(written(DESTROYS))];
    let decision = decided(&guard, &plan(steps)).await;
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(decision.rationale.contains("step 3 (run_command) is denied"), "{}", decision.rationale);
}

#[tokio::test]
async fn plans_without_a_command_pass_unseen() {
    let guardrails = guardrails(&rule("retry_stage", "allow"));
    let guard = CommandGuard::of(guardrails.clone());
    let decision = decided(&guard, &plan(vec![retry()])).await;
    assert_eq!((decision.verdict, decision.policy_version.as_str()), (Verdict::Allow, guardrails.version()));
}

#[tokio::test]
async fn the_judge_is_asked_again_before_every_effect_but_an_undo() {
    let guard = guard("run_command", "allow");
    let (good, bad) = (plan(vec![command(written(READS))]), plan(vec![retry(), command(written(DESTROYS))]));
    assert_eq!(cleared(&guard, &good, EffectClass::Apply).await, Clearance::Clear);
    for effect in [EffectClass::Rehearse, EffectClass::Apply, EffectClass::Retry] {
        let Clearance::Stop { because } = cleared(&guard, &bad, effect).await else { panic!("{effect:?}") };
        assert!(because.contains("deletes the namespace shop"), "{because}");
    }
    assert_eq!(cleared(&guard, &bad, EffectClass::Undo).await, Clearance::Clear);
}
