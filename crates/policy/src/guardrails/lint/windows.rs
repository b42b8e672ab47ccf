//! Windows that are over, that hold nothing, or whose clocks don't change with the seasons.

use selfheal_core::ports::EffectClass;
use selfheal_core::time::Timestamp;

use super::Warning;
use crate::guardrails::calendar::Opening;
use crate::guardrails::document::{BudgetDocument, OpeningDocument, RuleDocument, TimeDocument, WindowDocument, Word};
use crate::guardrails::sections::Expanded;

pub(super) fn warnings(document: &str, own: &Expanded, now: Option<Timestamp>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (id, opening, fate) in openings(own) {
        warnings.extend(now.and_then(|now| over(document, id, &opening, fate, now)));
        warnings.extend(without_summer(document, &opening.zone));
    }
    warnings.extend(exempting(own).map(|id| {
        let problem = format!(
            "'{}' exempts 'apply', so it holds nothing that changes anything; expected 'retry', 'undo' or 'rehearse'",
            id.value
        );
        Warning::at(document, id.referenced, problem)
    }));
    // A freeze that denies is a rule too.
    warnings.dedup();
    warnings
}

/// Every window that is written, with what comes of it once it is over.
fn openings(own: &Expanded) -> impl Iterator<Item = (&Word, OpeningDocument, &'static str)> {
    let window = |fate| move |window: &'_ WindowDocument| (window.opening(), fate);
    let freezes = own.freezes.iter().map(move |freeze| (&freeze.id, window("it holds nothing any more")(freeze)));
    let maintenance =
        own.maintenance.iter().map(move |open| (&open.id, window("what waits for it waits for ever")(open)));
    let rules = own.rules.iter().filter(|rule| own.freezes.iter().all(|freeze| freeze.id.value != rule.id.value));
    let rules = rules.filter_map(|rule| Some((&rule.id, (time(rule)?.clone(), "the rule is never heard again"))));
    freezes.chain(maintenance).chain(rules).map(|(id, (opening, fate))| (id, opening, fate))
}

/// Outside of what is over is always; such a rule goes on.
fn time(rule: &RuleDocument) -> Option<&OpeningDocument> {
    match rule.when.time.as_ref()? {
        TimeDocument::Within(opening) => Some(opening),
        TimeDocument::Outside(_) => None,
    }
}

fn over(document: &str, id: &Word, opening: &OpeningDocument, fate: &str, now: Timestamp) -> Option<Warning> {
    let until = opening.until.as_ref()?;
    let compiled = Opening::compile(document, opening).ok()?;
    compiled.next(now).is_none().then(|| {
        let problem =
            format!("'{}' ended on {} and {fate}; expected an end that is still to come", id.value, until.value);
        Warning::at(document, until.referenced, problem)
    })
}

/// Zones that are an offset and no place. Those of `Etc` have the sign of POSIX, the other way round.
fn without_summer(document: &str, zone: &Word) -> Option<Warning> {
    let name = zone.value.to_ascii_uppercase();
    let (sign, hours) = match name.as_str() {
        "EST" => ('-', "5"),
        "MST" => ('-', "7"),
        "HST" => ('-', "10"),
        name => {
            let offset = name.strip_prefix("ETC/GMT")?;
            let hours = offset.get(1..).filter(|hours| !matches!(*hours, "" | "0"))?;
            (if offset.starts_with('-') { '+' } else { '-' }, hours)
        }
    };
    let name = &zone.value;
    let problem = format!(
        "'{name}' is always UTC{sign}{hours}, in summer too; expected a place such as 'Europe/Berlin', or 'UTC'"
    );
    Some(Warning::at(document, zone.referenced, problem))
}

fn exempting(own: &Expanded) -> impl Iterator<Item = &Word> {
    let exempts = |exempt: &[EffectClass]| exempt.contains(&EffectClass::Apply);
    let windows = own.freezes.iter().chain(&own.maintenance).filter(move |window| exempts(&window.exempt));
    let budget = move |budget: &&BudgetDocument| budget.exempt.as_deref().is_some_and(exempts);
    windows.map(|window| &window.id).chain(own.budgets.iter().filter(budget).map(|budget| &budget.id))
}
