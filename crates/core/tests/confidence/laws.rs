//! Laws of the head, of the shipped one and of fitted ones.

use std::sync::LazyLock;

use proptest::prelude::*;
use selfheal_core::action::{Reversibility, RiskTier};
use selfheal_core::confidence::{Features, Head, Record, Similarity, SourceClass, Tally};
use selfheal_core::ports::RehearsalEvidence;

use crate::synthetic::{Truth, perverse};

/// The grid's sums are only exact to rounding.
const ROUNDING: f64 = 1e-9;

static HEADS: LazyLock<Vec<Head>> = LazyLock::new(|| {
    vec![
        Head::prior(),
        Head::fit(&Truth::as_believed().outcomes(1, 60)),
        Head::fit(&Truth::otherwise().outcomes(2, 400)),
        // The more evidence, the fewer heals: what must not turn the laws around.
        Head::fit(&perverse(400)),
    ]
});

pub(crate) fn features() -> impl Strategy<Value = Features> {
    let tally = || (0.0..60.0_f64, 0.0..20.0_f64).prop_map(|(healed, failed)| Tally::new(healed, failed));
    let record = || (tally(), tally()).prop_map(|(rehearsed, plain)| Record { rehearsed, plain });
    let source = proptest::sample::select(vec![
        SourceClass::Runbook,
        SourceClass::Memory,
        SourceClass::Model,
        SourceClass::Nothing,
    ]);
    let rehearsal = proptest::sample::select(vec![
        RehearsalEvidence::Verified,
        RehearsalEvidence::InPlace,
        RehearsalEvidence::Pending,
        RehearsalEvidence::Unsupported,
    ]);
    let risk = proptest::sample::select(vec![RiskTier::Low, RiskTier::Medium, RiskTier::High, RiskTier::Critical]);
    let reversibility = proptest::sample::select(vec![
        Reversibility::Undoable,
        Reversibility::NothingToUndo,
        Reversibility::Irreversible,
    ]);
    let similarity = proptest::option::of((0.0..=1.0_f64).prop_map(Similarity::new));
    (source, record(), record(), 0..7_u32, 0..12_u32, rehearsal, similarity, risk, reversibility).prop_map(
        |(source, source_record, kind_record, agreement, citations, rehearsal, similarity, risk, reversibility)| {
            Features {
                source,
                source_record,
                kind_record,
                agreement,
                citations,
                rehearsal,
                similarity,
                risk,
                reversibility,
            }
        },
    )
}

fn with(features: &Features, change: impl FnOnce(&mut Features)) -> Features {
    let mut changed = features.clone();
    change(&mut changed);
    changed
}

/// `more` is at least as sure as `less`, by every head.
fn check_order(less: &Features, more: &Features) -> Result<(), TestCaseError> {
    for head in HEADS.iter() {
        let (less, more) = (head.assess(less), head.assess(more));
        prop_assert!(more.mean.value() >= less.mean.value() - ROUNDING, "mean: {less:?} {more:?}");
        prop_assert!(more.lower.value() >= less.lower.value() - ROUNDING, "lower: {less:?} {more:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_bound_is_never_above_the_mean(features in features(), level in 0.0..=1.0_f64) {
        for head in HEADS.iter().cloned() {
            let assurance = head.with_level(level).assess(&features);
            prop_assert!(assurance.lower <= assurance.mean);
            prop_assert!(assurance.mean.value().is_finite());
        }
    }

    #[test]
    fn a_heal_never_lowers_and_a_failure_never_raises(features in features(), healed: bool, rehearsed: bool, kind: bool, source: bool) {
        let after = with(&features, |after| {
            if kind { after.kind_record = after.kind_record.with(healed, rehearsed) }
            if source { after.source_record = after.source_record.with(healed, rehearsed) }
        });
        if healed { check_order(&features, &after)? } else { check_order(&after, &features)? }
    }

    #[test]
    fn less_evidence_never_raises(features in features(), agreement in 0..7_u32, citations in 0..12_u32, share in 0.0..1.0_f64) {
        use RehearsalEvidence::{InPlace, Pending, Unsupported, Verified};
        for (more, less) in [(Verified, InPlace), (InPlace, Unsupported), (InPlace, Pending), (Pending, Unsupported), (Unsupported, Pending)] {
            check_order(&with(&features, |f| f.rehearsal = less), &with(&features, |f| f.rehearsal = more))?;
        }
        check_order(&with(&features, |f| f.agreement = f.agreement.min(agreement)), &features)?;
        check_order(&with(&features, |f| f.citations = f.citations.min(citations)), &features)?;
        let farther = |alike: Similarity| Similarity::new(alike.value() * share);
        check_order(&with(&features, |f| f.similarity = f.similarity.map(farther)), &features)?;
        check_order(&with(&features, |f| f.similarity = None), &features)?;
    }

    /// Outcomes as good as expected leave the estimate and tighten the bound.
    #[test]
    fn the_fewer_outcomes_the_wider_the_bound(features in features(), many in 20.0..200.0_f64) {
        let head = Head::prior();
        let fresh = Features { source_record: Record::NONE, kind_record: Record::NONE, ..features };
        let expected = head.assess(&fresh);
        let share = expected.mean.value();
        let known = with(&fresh, |f| f.kind_record = Record::new(share * many, (1.0 - share) * many));
        let doubled = with(&fresh, |f| f.kind_record = Record::new(share * many * 4.0, (1.0 - share) * many * 4.0));
        let width = |assurance: selfheal_core::confidence::Assurance| assurance.mean.value() - assurance.lower.value();
        prop_assert!(width(head.assess(&known)) < width(expected));
        prop_assert!(width(head.assess(&doubled)) < width(head.assess(&known)));
    }

    #[test]
    fn features_and_heads_come_back_from_a_store_as_they_were(features in features()) {
        let text = serde_json::to_string(&features).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Features>(&text).unwrap(), &features);
        for head in HEADS.iter() {
            let text = serde_json::to_string(head).unwrap();
            let back: Head = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(back.assess(&features), head.assess(&features));
        }
    }
}
