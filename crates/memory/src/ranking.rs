//! Which of several proven fixes is recalled.

use selfheal_core::ports::ProvenFix;

/// The one with the best record among the good ones: the highest share of heals, then the most heals, then the latest.
pub(crate) fn best(fixes: impl IntoIterator<Item = ProvenFix>) -> Option<ProvenFix> {
    let good = fixes.into_iter().filter(|fix| fix.record.is_good());
    good.max_by(|one, other| {
        let (a, b) = (one.record, other.record);
        // a.healed / a.all against b.healed / b.all, without division.
        let all = |record: selfheal_core::confidence::TrackRecord| u64::from(record.healed) + u64::from(record.failed);
        let share = (u64::from(a.healed) * all(b)).cmp(&(u64::from(b.healed) * all(a)));
        share.then(a.healed.cmp(&b.healed)).then(one.at.cmp(&other.at))
    })
}
