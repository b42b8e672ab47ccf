//! A made-up world of fixes whose true chances are known. It says how the head behaves if the world is so; it is no
//! measurement of real fixes.

use std::time::Duration;

use selfheal_core::action::{Reversibility, RiskTier};
use selfheal_core::confidence::{Counted, Features, HalfLife, Outcome, Record, Similarity, SourceClass};
use selfheal_core::ports::RehearsalEvidence;
use selfheal_core::time::Timestamp;

const KINDS: usize = 40;
const SOURCES: usize = 60;
const HOUR_MS: u64 = 3_600_000;

/// How chances come about.
pub(crate) struct Truth {
    intercept: f64,
    model: f64,
    tried: f64,
    verified: f64,
    agreement: f64,
    citation: f64,
    risk: f64,
    /// Deviation of kinds and of sources.
    spread: f64,
}

/// An outcome with the chance that it had.
pub(crate) struct Drawn {
    pub(crate) outcome: Outcome,
    pub(crate) chance: f64,
}

impl Truth {
    /// Near what the shipped head believes.
    pub(crate) fn as_believed() -> Self {
        Self {
            intercept: 0.5,
            model: -1.0,
            tried: 1.5,
            verified: 2.0,
            agreement: 0.2,
            citation: 0.05,
            risk: -0.2,
            spread: 0.5,
        }
    }

    /// Fixes heal much less often than the shipped head believes, and differ more.
    pub(crate) fn otherwise() -> Self {
        Self {
            intercept: -0.8,
            model: 0.3,
            tried: 0.8,
            verified: 1.0,
            agreement: 0.5,
            citation: 0.0,
            risk: 0.1,
            spread: 0.9,
        }
    }

    pub(crate) fn outcomes(&self, seed: u64, count: usize) -> Vec<Outcome> {
        self.draw(seed, count).into_iter().map(|drawn| drawn.outcome).collect()
    }

    /// Outcomes six hours apart, each with the records that stood before it.
    pub(crate) fn draw(&self, seed: u64, count: usize) -> Vec<Drawn> {
        let mut dice = Dice(seed);
        let mut kinds: Vec<Group> = (0..KINDS).map(|_| Group::new(self.spread * dice.normal(), &mut dice)).collect();
        let mut sources: Vec<Group> =
            (0..SOURCES).map(|_| Group::new(self.spread * dice.normal(), &mut dice)).collect();
        (0..count)
            .map(|index| {
                let at = Timestamp::from_millis(index as u64 * 6 * HOUR_MS);
                let (kind, source) = (dice.skewed(KINDS), dice.skewed(SOURCES));
                self.one(&mut kinds[kind], &mut sources[source], at, &mut dice)
            })
            .collect()
    }

    fn one(&self, kind: &mut Group, source: &mut Group, at: Timestamp, dice: &mut Dice) -> Drawn {
        let features = features(kind, source, at, dice);
        // Sources differ half as much as kinds.
        let chance = logistic(self.log_odds(&features) + kind.effect + source.effect / 2.0);
        let healed = dice.uniform() < chance;
        let counted = Counted { healed, rehearsed: features.rehearsal == RehearsalEvidence::Verified, at };
        kind.outcomes.push(counted);
        source.outcomes.push(counted);
        Drawn { outcome: Outcome { features, healed, at }, chance }
    }

    fn log_odds(&self, features: &Features) -> f64 {
        let model = if features.source == SourceClass::Model { self.model } else { 0.0 };
        let rehearsed = match features.rehearsal {
            RehearsalEvidence::Verified => self.tried + self.verified,
            RehearsalEvidence::InPlace => self.tried,
            RehearsalEvidence::Pending | RehearsalEvidence::Unsupported => 0.0,
        };
        let risk = if features.risk == RiskTier::Low { 0.0 } else { self.risk };
        self.intercept
            + model
            + rehearsed
            + risk
            + self.agreement * f64::from(features.agreement - 1)
            + self.citation * f64::from(features.citations)
    }
}

/// Evidence that counts against: rehearsed plans fail, the others heal.
pub(crate) fn perverse(count: usize) -> Vec<Outcome> {
    let mut outcomes = Truth::as_believed().outcomes(7, count);
    for outcome in &mut outcomes {
        outcome.healed = outcome.features.rehearsal == RehearsalEvidence::Unsupported;
    }
    outcomes
}

/// A kind of fix or a source: what it adds to the log odds, and how it did.
struct Group {
    effect: f64,
    risk: RiskTier,
    class: SourceClass,
    outcomes: Vec<Counted>,
}

impl Group {
    fn new(effect: f64, dice: &mut Dice) -> Self {
        let risk = [RiskTier::Low, RiskTier::Medium, RiskTier::Medium][dice.below(3)];
        let class = [SourceClass::Runbook, SourceClass::Runbook, SourceClass::Model][dice.below(3)];
        Self { effect, risk, class, outcomes: Vec::new() }
    }

    fn record(&self, now: Timestamp) -> Record {
        Record::of(self.outcomes.iter().copied(), now, HalfLife::default())
    }
}

fn features(kind: &Group, source: &Group, at: Timestamp, dice: &mut Dice) -> Features {
    let rehearsals = match kind.risk {
        RiskTier::Low => [RehearsalEvidence::InPlace; 3],
        _ => [RehearsalEvidence::Verified, RehearsalEvidence::Verified, RehearsalEvidence::Unsupported],
    };
    Features {
        source: source.class,
        source_record: source.record(at),
        kind_record: kind.record(at),
        agreement: 1 + u32::from(dice.uniform() < 0.2),
        citations: dice.below(5) as u32,
        rehearsal: rehearsals[dice.below(3)],
        similarity: (dice.uniform() < 0.1).then(|| Similarity::new(dice.uniform())),
        risk: kind.risk,
        reversibility: Reversibility::Undoable,
    }
}

pub(crate) fn days(days: u64) -> Duration {
    Duration::from_millis(days * 24 * HOUR_MS)
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same seed gives the same world.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    /// Few are common, most are rare.
    fn skewed(&mut self, count: usize) -> usize {
        (self.uniform().powi(2) * count as f64) as usize
    }

    /// Box and Muller's.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}
