//! Budgets that overlap so that one of them can never be reached.

use super::Warning;
use super::covered::list_covered;
use crate::guardrails::document::{AtMostDocument, BudgetDocument};
use crate::guardrails::duration;

pub(super) fn warnings(document: &str, budgets: &[BudgetDocument]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (place, budget) in budgets.iter().enumerate() {
        let tighter = budgets.iter().enumerate().find(|(other, tighter)| {
            *other != place && spares(tighter, budget) && (*other < place || !spares(budget, tighter))
        });
        if let Some((_, tighter)) = tighter {
            let (id, other) = (&budget.id.value, &tighter.id.value);
            let length = if budget.per.value == tighter.per.value { "as long" } else { "longer" };
            let problem = format!("'{id}' can never be reached: '{other}' allows no more in {length}");
            warnings.push(Warning::at(document, budget.id.referenced, problem));
        }
    }
    warnings
}

/// Whether whoever keeps to `tight` keeps to `loose`: it holds wherever that does, over at least as long, and allows no more.
fn spares(tight: &BudgetDocument, loose: &BudgetDocument) -> bool {
    let longer = duration::parse(&tight.per.value).ok() >= duration::parse(&loose.per.value).ok();
    tight.scope == loose.scope
        && longer
        && allows_no_more(&tight.at_most, &loose.at_most)
        && exempts_no_more(tight, loose)
        && list_covered(tight.kinds.as_ref(), loose.kinds.as_ref())
        && list_covered(tight.environments.as_ref(), loose.environments.as_ref())
        && list_covered(tight.resources.as_ref(), loose.resources.as_ref())
}

fn allows_no_more(tight: &AtMostDocument, loose: &AtMostDocument) -> bool {
    let no_more = |tight: Option<u32>, loose: Option<u32>| match (tight, loose) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(tight), Some(loose)) => tight <= loose,
    };
    no_more(tight.effects, loose.effects)
        && no_more(tight.resources, loose.resources)
        && no_more(tight.changes, loose.changes)
        && no_more(tight.lines_added, loose.lines_added)
        && no_more(tight.lines_removed, loose.lines_removed)
}

fn exempts_no_more(tight: &BudgetDocument, loose: &BudgetDocument) -> bool {
    match (&tight.exempt, &loose.exempt) {
        (None, None) => true,
        (Some(tight), Some(loose)) => tight.iter().all(|class| loose.contains(class)),
        (Some(tight), None) => tight.is_empty(),
        (None, Some(_)) => false,
    }
}
