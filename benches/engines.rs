//! What a decision costs: a plan of five actions against 200 rules, 100 with typed conditions and 100 with patterns; beside it a plain
//! loop over the same rules, and with `--features engines` the same rules in Rego and in Cedar.
//!
//! `cargo bench -p selfheal-benches --features engines --bench engines`. Before it measures, all engines decide about 10,000 random
//! plans and must agree; fewer with `SELFHEAL_PLANS`. A sample of what takes microseconds is of 64 plans, of what takes a millisecond of one:
//! so on a busy machine neither is interrupted more than the other.

#![allow(clippy::print_stdout, clippy::panic, reason = "a bench prints its figures, and ends if it can't measure")]

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use selfheal_benches::compared::{Asked, Random, Rule, rules};
use selfheal_policy::guardrails::Guardrails;

fn main() {
    #[cfg(feature = "engines")]
    engines::agree();
    divan::main();
}

const SEED: u64 = 4;

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| rules(100, 100, SEED));

static GUARDRAILS: LazyLock<Guardrails> =
    LazyLock::new(|| or_end(Guardrails::from_text("compared.yaml", &Rule::guardrails(&RULES))));

static PLANS: LazyLock<Vec<Asked>> = LazyLock::new(|| {
    let mut random = Random::new(SEED);
    (0..64).map(|_| or_end(Asked::random(5, &mut random)).verified()).collect()
});

fn or_end<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|problem| panic!("{problem}"))
}

/// One after the other, for ever.
fn plans() -> impl FnMut() -> &'static Asked {
    let mut plans = PLANS.iter().cycle();
    move || plans.next().unwrap_or_else(|| panic!("no plan"))
}

/// The verdict and the rules that spoke.
#[divan::bench(sample_size = 64)]
fn guardrails_verdict(bencher: Bencher) {
    LazyLock::force(&GUARDRAILS);
    let plan = plans();
    bencher.with_inputs(plan).bench_local_values(|plan| black_box(GUARDRAILS.verdict(&plan.question())));
}

/// The same, with every reason in words.
#[divan::bench(sample_size = 64)]
fn guardrails_decision(bencher: Bencher) {
    LazyLock::force(&GUARDRAILS);
    let plan = plans();
    bencher.with_inputs(plan).bench_local_values(|plan| black_box(GUARDRAILS.decision(&plan.question())));
}

/// A plain loop over the rules, kept by kind.
#[divan::bench(sample_size = 64)]
fn floor_loop(bencher: Bencher) {
    let floor = selfheal_benches::compared::Floor::of(&RULES);
    let plan = plans();
    bencher.with_inputs(plan).bench_local_values(|plan| black_box(floor.verdict(&plan.question())));
}

#[cfg(feature = "engines")]
mod engines {
    use cedar_policy::{Authorizer, Context, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression};
    use selfheal_benches::compared::agreement::{Engines, decided};
    use selfheal_policy::engines::input::StepInput;

    use super::*;

    static ENGINES: LazyLock<Engines> = LazyLock::new(|| or_end(Engines::new(&RULES)));

    pub(super) fn agree() {
        let plans = std::env::var("SELFHEAL_PLANS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
        let verdicts = or_end(ENGINES.agree(plans, SEED + 1));
        println!("guardrails, Rego and Cedar agree about {plans} plans: {verdicts:?}");
    }

    /// The adapter, with all that it does besides evaluating.
    #[divan::bench(sample_size = 1)]
    fn rego_decision(bencher: Bencher) {
        LazyLock::force(&ENGINES);
        let plan = plans();
        bencher
            .with_inputs(plan)
            .bench_local_values(|plan| black_box(or_end(decided(&ENGINES.rego, &plan.question()))));
    }

    /// Evaluating alone: a prepared engine, and inputs that are made already.
    #[divan::bench(sample_size = 1)]
    fn rego_evaluation(bencher: Bencher) {
        let mut engine = regorus::Engine::new();
        or_end(engine.add_policy("compared.rego".to_owned(), Rule::rego(&RULES)));
        let inputs: Vec<Vec<regorus::Value>> =
            PLANS.iter().map(|plan| steps(plan, |input| json(&input).into())).collect();
        let mut inputs = inputs.iter().cycle();
        bencher.with_inputs(|| inputs.next().cloned().unwrap_or_default()).bench_local_values(|inputs| {
            for input in inputs {
                engine.set_input(input);
                black_box(or_end(engine.eval_rule("data.selfheal.decision".to_owned())));
            }
        });
    }

    /// The adapter, with all that it does besides evaluating.
    #[divan::bench(sample_size = 1)]
    fn cedar_decision(bencher: Bencher) {
        LazyLock::force(&ENGINES);
        let plan = plans();
        bencher
            .with_inputs(plan)
            .bench_local_values(|plan| black_box(or_end(decided(&ENGINES.cedar, &plan.question()))));
    }

    /// Evaluating alone: policies that are parsed, and requests that are made already.
    #[divan::bench(sample_size = 1)]
    fn cedar_evaluation(bencher: Bencher) {
        let policies: PolicySet = or_end(Rule::cedar(&RULES).parse());
        let authorizer = Authorizer::new();
        let requests: Vec<Vec<(Request, Entities)>> = PLANS.iter().map(|plan| steps(plan, request)).collect();
        let mut requests = requests.iter().cycle();
        bencher.with_inputs(|| requests.next()).bench_local_values(|requests| {
            for (request, entities) in requests.into_iter().flatten() {
                black_box(authorizer.is_authorized(request, &policies, entities));
            }
        });
    }

    fn steps<T>(plan: &Asked, make: impl Fn(StepInput<'_>) -> T) -> Vec<T> {
        let question = plan.question();
        (0..question.plan.steps.len()).map(|step| make(or_end(StepInput::of(&question, step)))).collect()
    }

    fn json(input: &StepInput<'_>) -> serde_json::Value {
        or_end(serde_json::to_value(input))
    }

    fn request(input: StepInput<'_>) -> (Request, Entities) {
        let uid = |text: &str| or_end(text.parse::<EntityUid>());
        let resource = uid(&format!("Resource::\"{}\"", input.resource.name));
        let action = uid(&format!("Action::\"{}\"", input.step.kind));
        let mut context = json(&input);
        if let Some(context) = context.as_object_mut() {
            context.remove("resource");
        }
        let context = or_end(Context::from_json_value(context, None));
        let name = ("name".to_owned(), RestrictedExpression::new_string(input.resource.name.to_owned()));
        let entity = or_end(Entity::new(resource.clone(), [name].into(), [].into()));
        let request = or_end(Request::new(uid("Healer::\"selfheal\""), action, resource, context, None));
        (request, or_end(Entities::from_entities([entity], None)))
    }
}
