//! What the shipped settings let pass, by the shipped head.

use proptest::prelude::*;
use selfheal_core::action::{Reversibility, RiskTier};
use selfheal_core::confidence::{
    Assurance, Autonomy, Confidence, Features, Gate, Head, Impact, Record, Situation, SourceClass, Why,
};
use selfheal_core::ports::RehearsalEvidence::{self, InPlace, Pending, Unsupported, Verified};
use selfheal_core::resource::Environment::{self, Dev, Production, Staging};

use crate::laws::features;

fn runbook(risk: RiskTier, rehearsal: RehearsalEvidence) -> Features {
    Features { rehearsal, ..Features::new(SourceClass::Runbook, risk, Reversibility::Undoable) }
}

fn recorded(mut features: Features, healed: f64, failed: f64) -> Features {
    features.kind_record = Record::new(healed, failed);
    features
}

fn situation<'a>(features: &'a Features, environment: &'a Environment) -> Situation<'a> {
    let record = features.kind_record;
    Situation {
        features,
        environment,
        impact: Impact::Normal,
        recent_failures: 0,
        relapses: 0,
        kind_outcomes: (record.healed() + record.failed()) as u32,
        model_heals: None,
    }
}

fn gate(features: &Features, environment: &Environment) -> Gate {
    Autonomy::default().gate(&Head::prior().assess(features), &situation(features, environment))
}

fn passes(features: &Features, environment: &Environment) -> bool {
    gate(features, environment) == Gate::Autonomous
}

fn why(features: &Features, environment: &Environment) -> Option<Why> {
    match gate(features, environment) {
        Gate::Autonomous => None,
        Gate::Suggest { why, .. } => Some(why),
    }
}

#[test]
fn a_first_heal_that_was_verified_on_a_copy_ends_in_no_question() {
    for risk in [RiskTier::Low, RiskTier::Medium, RiskTier::High] {
        let fix = runbook(risk, Verified);
        assert!(passes(&fix, &Dev) && passes(&fix, &Staging), "{risk:?}: {}", gate(&fix, &Staging));
    }
    assert!(!passes(&runbook(RiskTier::Critical, Verified), &Dev), "what may lose data is always asked about at first");
}

#[test]
fn a_first_rerun_passes_outside_of_production() {
    for reversibility in [Reversibility::NothingToUndo, Reversibility::Undoable] {
        let fix = Features { reversibility, ..runbook(RiskTier::Low, InPlace) };
        assert!(passes(&fix, &Dev) && passes(&fix, &Staging), "{}", gate(&fix, &Staging));
        assert!(!passes(&fix, &Production));
    }
    assert!(!passes(&runbook(RiskTier::Medium, InPlace), &Dev), "what lasts isn't tried out in place");
}

#[test]
fn an_environment_that_nobody_described_is_held_to_productions_threshold() {
    let lab = Environment::Other("lab".into());
    let fix = runbook(RiskTier::Low, InPlace);
    assert!(!passes(&fix, &lab));
    let mut settings = Autonomy::default();
    settings.environment.other.insert("lab".into(), -0.1);
    assert_eq!(settings.gate(&Head::prior().assess(&fix), &situation(&fix, &lab)), Gate::Autonomous);
}

#[test]
fn what_can_be_tried_nowhere_needs_a_long_good_record() {
    let fix = runbook(RiskTier::Medium, Unsupported);
    for environment in [Dev, Staging, Production] {
        assert!(!passes(&fix, &environment), "{environment}");
    }
    assert!(!passes(&recorded(fix.clone(), 3.0, 0.0), &Staging), "three are not many");
    assert!(
        passes(&recorded(fix.clone(), 40.0, 0.0), &Staging),
        "{}",
        gate(&recorded(fix.clone(), 40.0, 0.0), &Staging)
    );
    assert!(!passes(&recorded(fix, 40.0, 12.0), &Staging), "not good enough");
}

#[test]
fn failures_block_even_what_was_rehearsed() {
    let fix = recorded(runbook(RiskTier::Medium, Verified), 0.0, 3.0);
    assert_eq!(why(&fix, &Staging), Some(Why::NotSure));
    let rerun = recorded(runbook(RiskTier::Low, InPlace), 0.0, 3.0);
    assert_eq!(why(&rerun, &Dev), Some(Why::NotSure));
}

#[test]
fn a_good_record_earns_production() {
    let fix = runbook(RiskTier::Medium, Verified);
    assert!(!passes(&fix, &Production));
    assert!(passes(&recorded(fix.clone(), 30.0, 0.0), &Production), "{}", gate(&recorded(fix, 30.0, 0.0), &Production));
}

#[test]
fn failures_and_relapses_of_the_resource_raise_what_is_needed() {
    let fix = runbook(RiskTier::Medium, Verified);
    let needed = |recent_failures, relapses| {
        let situation = Situation { recent_failures, relapses, ..situation(&fix, &Staging) };
        Autonomy::default().threshold(&situation).value
    };
    assert!(needed(0, 0) < needed(1, 0) && needed(1, 0) < needed(1, 1));
    assert_eq!(needed(50, 50), needed(5000, 5000), "bounded");
    assert!(needed(5000, 5000) <= 0.999);
}

#[test]
fn what_is_missing_is_said_in_words() {
    let fix = recorded(runbook(RiskTier::Medium, Verified), 0.0, 3.0);
    let said = gate(&fix, &Staging).to_string();
    assert!(said.starts_with("it is not sure enough to heal: it is at least 0."), "{said}");
    assert!(said.ends_with("0.80 (0.85 by default, -0.05 in staging) is needed to act without asking"), "{said}");
    let new = gate(&runbook(RiskTier::Medium, Unsupported), &Dev).to_string();
    assert!(new.contains("0 of 3 verified outcomes"), "{new}");
}

#[test]
fn settings_that_are_no_numbers_let_nothing_pass() {
    let sure = Assurance { mean: Confidence::new(0.998), lower: Confidence::new(0.998) };
    let fix = runbook(RiskTier::Low, Verified);
    for settings in
        [Autonomy { threshold: f64::NAN, ..Autonomy::default() }, Autonomy { floor: f64::NAN, ..Autonomy::default() }]
    {
        assert_ne!(settings.gate(&sure, &situation(&fix, &Dev)), Gate::Autonomous);
    }
}

#[test]
fn what_a_new_model_chose_is_asked_about_however_sure_its_kind_and_memory_make_it() {
    let sure = Assurance { mean: Confidence::new(0.999), lower: Confidence::new(0.998) };
    for source in [SourceClass::Model, SourceClass::Memory] {
        let fix = Features { rehearsal: Verified, ..Features::new(source, RiskTier::Low, Reversibility::Undoable) };
        let by = |model_heals| {
            let situation = Situation { kind_outcomes: 1000, model_heals, ..situation(&fix, &Dev) };
            Autonomy::default().gate(&sure, &situation)
        };
        assert!(matches!(by(Some(2)), Gate::Suggest { why: Why::NewModel { heals: 2, needed: 3 }, .. }));
        assert_eq!((by(Some(3)), by(None)), (Gate::Autonomous, Gate::Autonomous));
    }
}

proptest! {
    #[test]
    fn in_production_without_history_only_low_risk_passes(features in features()) {
        let fresh = Features { kind_record: Record::NONE, source_record: Record::NONE, ..features };
        prop_assert!(fresh.risk == RiskTier::Low || !passes(&fresh, &Production));
    }

    #[test]
    fn an_irreversible_plan_never_passes_and_a_models_never_unverified(features in features(), lower in 0.0..=1.0_f64) {
        let sure = Assurance { mean: Confidence::new(1.0), lower: Confidence::new(lower) };
        let gate = Autonomy::default().gate(&sure, &Situation { kind_outcomes: 1000, ..situation(&features, &Dev) });
        if gate == Gate::Autonomous {
            prop_assert!(features.reversibility != Reversibility::Irreversible);
            prop_assert!(features.source != SourceClass::Nothing);
            prop_assert!(features.source != SourceClass::Model || features.rehearsal == Verified);
        }
    }

    /// Less evidence, a higher risk, a stricter place, a higher impact, a worse history: none opens the gate.
    #[test]
    fn what_is_worse_never_passes_where_the_better_does_not(features in features(), worse in 0..6_u8) {
        let place = if worse == 4 { Production } else { Staging };
        let mut lesser = features.clone();
        match worse {
            0 => lesser.rehearsal = if features.rehearsal == Verified { InPlace } else { Pending },
            1 => lesser.risk = RiskTier::Critical,
            2 => lesser.kind_record = features.kind_record.with(false, false),
            3 => lesser.reversibility = Reversibility::Irreversible,
            _ => {}
        }
        let before = situation(&features, &Staging);
        let after = Situation {
            features: &lesser,
            environment: &place,
            recent_failures: u32::from(worse == 5),
            kind_outcomes: before.kind_outcomes,
            ..situation(&lesser, &place)
        };
        let head = Head::prior();
        let settings = Autonomy::default();
        let better = settings.gate(&head.assess(&features), &before);
        prop_assert!(better == Gate::Autonomous || settings.gate(&head.assess(&lesser), &after) != Gate::Autonomous);
    }
}
