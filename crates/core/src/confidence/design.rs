//! Features as numbers.

use super::features::{Features, SourceClass};
use crate::action::{Reversibility, RiskTier};
use crate::ports::RehearsalEvidence;

/// How many numbers there are.
pub(super) const WIDTH: usize = 11;

/// One plan as the regression sees it; every entry is between 0 and 1.
pub(super) type Row = [f64; WIDTH];

pub(super) const INTERCEPT: usize = 0;
pub(super) const MEMORY: usize = 1;
pub(super) const MODEL: usize = 2;
pub(super) const NOTHING: usize = 3;
/// Its first run is in place, or it was verified on a copy.
pub(super) const TRIED: usize = 4;
/// It was verified on a copy.
pub(super) const VERIFIED: usize = 5;
pub(super) const AGREEMENT: usize = 6;
pub(super) const CITATIONS: usize = 7;
pub(super) const SIMILARITY: usize = 8;
pub(super) const RISK: usize = 9;
pub(super) const IRREVERSIBLE: usize = 10;

/// Entries whose coefficients can't be negative: more evidence is never worth less.
pub(super) const EVIDENCE: [usize; 5] = [TRIED, VERIFIED, AGREEMENT, CITATIONS, SIMILARITY];

const MOST_AGREEMENT: u32 = 4;
const MOST_CITATIONS: u32 = 8;

/// The numbers of a plan. Its records are not among them: they move its own log odds, not the regression.
pub(super) fn row(features: &Features) -> Row {
    let mut row = [0.0; WIDTH];
    row[INTERCEPT] = 1.0;
    row[MEMORY] = indicator(features.source == SourceClass::Memory);
    row[MODEL] = indicator(features.source == SourceClass::Model);
    row[NOTHING] = indicator(features.source == SourceClass::Nothing);
    row[TRIED] = indicator(matches!(features.rehearsal, RehearsalEvidence::Verified | RehearsalEvidence::InPlace));
    row[VERIFIED] = indicator(features.rehearsal == RehearsalEvidence::Verified);
    row[AGREEMENT] = f64::from(features.agreement.clamp(1, MOST_AGREEMENT) - 1) / f64::from(MOST_AGREEMENT - 1);
    // The second citation says more than the eighth.
    row[CITATIONS] = f64::from(features.citations.min(MOST_CITATIONS)).ln_1p() / f64::from(MOST_CITATIONS).ln_1p();
    row[SIMILARITY] = features.similarity.map_or(0.0, super::Similarity::value);
    row[RISK] = tier(features.risk) / 3.0;
    row[IRREVERSIBLE] = indicator(features.reversibility == Reversibility::Irreversible);
    row
}

/// Rows of the same plan with each combination of no evidence and full evidence.
pub(super) fn evidence_corners(row: &Row) -> impl Iterator<Item = Row> {
    let base = *row;
    (0..1_u32 << EVIDENCE.len()).map(move |corner| {
        let mut row = base;
        for (bit, entry) in EVIDENCE.into_iter().enumerate() {
            row[entry] = f64::from(corner >> bit & 1);
        }
        row
    })
}

/// How far the same plan would be ahead if it had been verified on a copy.
pub(super) fn ahead_if_verified(row: &Row, coefficients: &Row) -> f64 {
    [TRIED, VERIFIED].into_iter().map(|entry| (1.0 - row[entry]) * coefficients[entry]).sum()
}

fn indicator(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

fn tier(risk: RiskTier) -> f64 {
    match risk {
        RiskTier::Low => 0.0,
        RiskTier::Medium => 1.0,
        RiskTier::High => 2.0,
        RiskTier::Critical => 3.0,
    }
}
