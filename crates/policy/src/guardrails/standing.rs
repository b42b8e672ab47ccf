//! What depends on the moment rather than on the plan: freezes, maintenance windows, budgets.

use selfheal_core::decision::Clearance;
use selfheal_core::plan::{Preview, Step as PlanStep};
use selfheal_core::ports::{EffectClass, Moment};
use selfheal_core::resource::ResourceRef;
use selfheal_core::time::Timestamp;

use super::budget::{Budget, Demand, Need, Room};
use super::calendar::Opening;
use super::document::{WindowDocument, Word};
use super::measure;
use super::place::Where;
use crate::error::LoadError;

/// A freeze, or a window for maintenance.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// `document/window`.
    pub(crate) id: String,
    because: String,
    opening: Opening,
    on: Where,
    exempt: Vec<EffectClass>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) freezes: Vec<Window>,
    pub(crate) maintenance: Vec<Window>,
    pub(crate) budgets: Vec<Budget>,
}

/// An effect that windows are asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effect<'a> {
    pub(crate) class: EffectClass,
    pub(crate) kinds: &'a [&'a str],
    pub(crate) environment: &'a str,
    pub(crate) resource: &'a ResourceRef,
}

/// Why an effect waits, and until when; `None`: nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) until: Option<Timestamp>,
    /// The window that is the reason.
    pub(crate) id: String,
    pub(crate) because: String,
}

/// Windows are followed from one to the next so many times.
const STEPS: usize = 1_000;

impl Window {
    pub(crate) fn compile(document: &str, policy: &str, written: &WindowDocument) -> Result<Self, LoadError> {
        let (kinds, environments) = (written.kinds.as_ref(), written.environments.as_ref());
        Ok(Self {
            id: format!("{policy}/{}", written.id.value),
            because: written.because.clone(),
            opening: Opening::compile(document, &written.opening())?,
            on: Where::compile(document, kinds, environments, written.resources.as_ref())?,
            exempt: written.exempt.clone(),
        })
    }

    fn binds(&self, effect: &Effect<'_>) -> bool {
        let covers = |kind: &&str| self.on.covers(kind, effect.environment, effect.resource);
        !self.exempt.contains(&effect.class) && effect.kinds.iter().any(covers)
    }
}

impl Standing {
    /// Why windows hold an effect at `at`; `None` if they don't.
    pub(crate) fn wait(&self, effect: &Effect<'_>, at: Timestamp) -> Option<Wait> {
        let freezes: Vec<&Window> = self.freezes.iter().filter(|window| window.binds(effect)).collect();
        let maintenance: Vec<&Window> = self.maintenance.iter().filter(|window| window.binds(effect)).collect();
        let frozen = freezes.iter().find(|window| window.opening.at(at).is_some());
        let outside = maintenance.first().filter(|_| !is_open(&maintenance, at));
        let window = frozen.or(outside)?;
        let until = next_clear(&freezes, &maintenance, at);
        let when =
            until.map_or_else(|| "for good".to_owned(), |until| format!("until {}", window.opening.spell(until)));
        let what = if frozen.is_some() { "frozen" } else { "outside of the windows for maintenance" };
        Some(Wait {
            until,
            id: window.id.clone(),
            because: format!("{what} {when} by {} ({})", window.id, window.because),
        })
    }

    /// Whether the moment's effect may be sent.
    pub(crate) fn clear(&self, moment: &Moment<'_>) -> Clearance {
        let steps = &moment.plan.steps;
        let asked = match moment.step {
            Some(step) => steps.get(step..=step).unwrap_or_default(),
            None => steps.as_slice(),
        };
        let [first, ..] = asked else {
            return Clearance::Stop { because: "the plan has no such step".to_owned() };
        };
        let kinds: Vec<&str> = asked.iter().map(|step| step.action.kind().as_str()).collect();
        let environment = moment.incident.environment.as_str();
        let effect = Effect { class: moment.effect, kinds: &kinds, environment, resource: first.action.target() };
        // With the first step there must be room for all that follow: a plan is not begun that can't be ended.
        let rest = steps.iter().zip(moment.previews).skip(moment.step.unwrap_or(0));
        let needs: Vec<Need<'_>> = if self.budgets.is_empty() {
            Vec::new()
        } else {
            rest.map(|(step, preview)| need(step, preview)).collect()
        };
        let (site, activity, at) = (moment.site, moment.activity, moment.at);
        self.clearance(&effect, &Demand { needs: &needs, environment, site, activity, at })
    }

    /// What windows and budgets say about an effect, the stricter of both.
    pub(crate) fn clearance(&self, effect: &Effect<'_>, demand: &Demand<'_>) -> Clearance {
        let wait = self.wait(effect, demand.at);
        let held = wait.map(|wait| Clearance::Hold { until: wait.until, because: wait.because });
        self.within_budgets(effect.class, demand).and(held.unwrap_or(Clearance::Clear))
    }

    fn within_budgets(&self, effect: EffectClass, demand: &Demand<'_>) -> Clearance {
        let bound = self.budgets.iter().filter(|budget| !budget.exempt.contains(&effect));
        bound.fold(Clearance::Clear, |cleared, budget| {
            let because = || format!("{} allows {} ({})", budget.id, budget.in_words(), budget.because);
            cleared.and(match budget.room(demand) {
                Room::Enough => Clearance::Clear,
                Room::Later(at) => Clearance::Hold { until: Some(at), because: because() },
                Room::Never => Clearance::Stop { because: format!("the plan alone is too much: {}", because()) },
            })
        })
    }
}

fn need<'a>(step: &'a PlanStep, preview: &Preview) -> Need<'a> {
    Need { kind: step.action.kind().as_str(), target: step.action.target(), reach: measure::step(preview) }
}

fn is_open(windows: &[&Window], at: Timestamp) -> bool {
    windows.is_empty() || windows.iter().any(|window| window.opening.at(at).is_some())
}

/// The first moment at or after `at` without a freeze and, if there are windows for maintenance, within one.
fn next_clear(freezes: &[&Window], maintenance: &[&Window], mut at: Timestamp) -> Option<Timestamp> {
    for _ in 0..STEPS {
        let frozen = freezes.iter().find_map(|window| window.opening.at(at));
        at = match frozen {
            Some(end) => end?,
            None if is_open(maintenance, at) => return Some(at),
            None => maintenance.iter().filter_map(|window| window.opening.next(at)).min()?,
        };
    }
    None
}

/// Refuses windows that contradict each other: a freeze that never ends, maintenance that is always frozen.
pub(crate) fn consistent(
    document: &str,
    freezes: &[(WindowDocument, Window)],
    maintenance: &[(WindowDocument, Window)],
) -> Result<(), LoadError> {
    let refuse = |word: &Word, problem: &str| Err(LoadError::located(document, word.referenced, problem));
    for (written, window) in freezes {
        let start = window.opening.next(Timestamp::default()).unwrap_or_default();
        if next_clear(&[window], &[], start).is_none() {
            return refuse(&written.id, "expected a freeze that ends; what is never allowed is for a rule that denies");
        }
    }
    for (written, window) in maintenance {
        let over: Vec<&Window> =
            freezes.iter().filter(|(freeze, _)| contains(freeze, written)).map(|(_, window)| window).collect();
        let start = window.opening.next(Timestamp::default()).unwrap_or_default();
        if next_clear(&over, &[window], start).is_none() {
            return refuse(&written.id, "expected a window that is not frozen all the time it is open");
        }
    }
    Ok(())
}

/// Whether the freeze holds wherever the window for maintenance does, for all that it binds.
fn contains(freeze: &WindowDocument, window: &WindowDocument) -> bool {
    let wider = |freeze: &Option<Vec<Word>>, window: &Option<Vec<Word>>| match (freeze, window) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(freeze), Some(window)) => window.iter().all(|one| freeze.iter().any(|own| own.value == one.value)),
    };
    wider(&freeze.environments, &window.environments)
        && wider(&freeze.kinds, &window.kinds)
        && wider(&freeze.resources, &window.resources)
        && !freeze.exempt.contains(&EffectClass::Apply)
}
