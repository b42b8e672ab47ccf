//! All rules in force as one index: every condition of every rule is asked once per plan or step, for all rules together.
//!
//! A rule has two sides. It *restricts* if it touches any part of the step, and it *permits* if it covers all of it. Evidence counts
//! on the side where its absence makes the answer stricter: conditions that ask for evidence (`rehearsed: true`, `confidence:
//! {at_least}`, `provenance`) must hold to permit and are not asked to restrict; conditions that speak of missing evidence
//! (`rehearsed: false`, `below`, `provenance_below`) must hold to restrict and are not asked to permit. So less evidence never allows
//! more, whatever a document says.

mod build;
mod capacity;
mod fields;
mod keys;
mod names;
mod parameters;
mod patterns;
mod plain;
mod provenance;
mod reach;
mod sparse;
mod wildcard;

use selfheal_core::approval::Terms;
use selfheal_core::decision::Verdict;
use selfheal_core::plan::BlastRadius;

use capacity::Floor;
use fields::FieldPatterns;
use names::Names;
use parameters::{ParametersIndex, Sides};
use patterns::Patterns;
use provenance::Asked;
use sparse::Sparse;

use super::bits::Bits;
use super::calendar::Opening;
use super::case::{Case, Step};
use super::document::{RadiusDocument, RangeDocument};

pub(crate) use build::{Draft, IndexBuilder};
pub(crate) use reach::LeftOut;

/// What people read of a rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// `document/rule`.
    pub(crate) id: String,
    pub(crate) effect: Verdict,
    /// As they are written.
    pub(crate) kinds: Vec<String>,
    pub(crate) because: String,
    pub(crate) terms: Option<Terms>,
    /// What its conditions ask for, in words.
    pub(crate) asks: Vec<(Dimension, String)>,
}

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dimension {
    Environment,
    Site,
    Severity,
    Radius,
    Time,
    Capacity,
    Confidence,
    Kind,
    Resource,
    Risk,
    Reversibility,
    Parameters,
    Targets,
    Texts,
    Fields,
    Provenance,
    Rehearsal,
}

const OF_PLAN: [Dimension; 8] = [
    Dimension::Environment,
    Dimension::Site,
    Dimension::Severity,
    Dimension::Radius,
    Dimension::Time,
    Dimension::Capacity,
    Dimension::Confidence,
    Dimension::Resource,
];

const OF_STEP: [Dimension; 9] = [
    Dimension::Kind,
    Dimension::Risk,
    Dimension::Reversibility,
    Dimension::Resource,
    Dimension::Parameters,
    Dimension::Targets,
    Dimension::Texts,
    Dimension::Fields,
    Dimension::Provenance,
];

/// Rules that are named where none permits a step.
const MOST_NEAR: usize = 16;

/// What a rule is about, rather than what it asks for.
const ABOUT: [Dimension; 3] = [Dimension::Kind, Dimension::Resource, Dimension::Targets];

/// The rules, by what they ask for.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) rules: Vec<Rule>,
    /// By effect, from least to most restrictive.
    effects: [Bits; 4],
    restricting: Bits,
    permitting: Bits,
    /// What some rule asks of steps.
    of_step: Vec<Dimension>,
    kinds: Names,
    environments: Names,
    namespaces: Names,
    clusters: Names,
    /// Rules content with each severity, risk or reversibility.
    severities: [Bits; 4],
    risks: [Bits; 4],
    reversibilities: [Bits; 3],
    resources: Matched,
    targets: Matched,
    texts: Matched,
    parameters: ParametersIndex,
    fields: Sparse<FieldPatterns>,
    radius: Sparse<RadiusDocument>,
    times: Sparse<(Opening, bool)>,
    floors: Sparse<Floor>,
    confidence_at_least: Sparse<f64>,
    confidence_below: Sparse<f64>,
    provenance: Sparse<Asked>,
    provenance_below: Sparse<Asked>,
    rehearsed: Bits,
    unrehearsed: Bits,
    /// Denying rules with conditions that are known only of a plan.
    conditional: Bits,
}

#[derive(Debug)]
struct Matched {
    conditioned: Bits,
    patterns: Patterns,
}

/// The rules that could speak about some step of a plan.
#[derive(Debug)]
pub(crate) struct OfPlan {
    restrict: Bits,
    permit: Bits,
    /// Whether all steps have the same target, which was asked about already.
    one_target: bool,
}

/// Rules still in question, on either side, and room to work in.
#[derive(Debug)]
pub(crate) struct Alive {
    restrict: Bits,
    permit: Bits,
    asked: Bits,
    one: Bits,
    any: Bits,
    all: Bits,
}

/// What is said about one step, and by which rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(crate) verdict: Verdict,
    /// The least restrictive effect that permits it; `None` if nothing does.
    base: Option<Verdict>,
}

impl Alive {
    pub(crate) fn new(count: usize) -> Self {
        let none = || Bits::none(count);
        Self { restrict: none(), permit: none(), asked: none(), one: none(), any: none(), all: none() }
    }

    fn both(&mut self, mut narrow: impl FnMut(&mut Bits)) {
        narrow(&mut self.restrict);
        narrow(&mut self.permit);
    }
}

impl Matched {
    /// Restricting rules are kept if any of the texts matches, permitting ones if all do.
    fn narrow(&self, alive: &mut Alive, texts: impl FnOnce(&mut dyn FnMut(&str))) {
        alive.asked.copy_from(&alive.restrict);
        alive.asked.or(&alive.permit);
        alive.asked.and(&self.conditioned);
        if alive.asked.is_empty() {
            return;
        }
        let Alive { asked, one, any, all, .. } = alive;
        any.reset();
        all.copy_from(asked);
        let mut some = false;
        texts(&mut |text| {
            some = true;
            one.reset();
            self.patterns.matching(text.as_bytes(), asked, one);
            any.or(one);
            all.and(one);
        });
        if !some {
            all.reset();
        }
        alive.restrict.keep(&self.conditioned, &alive.any);
        alive.permit.keep(&self.conditioned, &alive.all);
    }
}

impl Index {
    /// The rules that could speak about some step of the plan.
    pub(crate) fn of_plan(&self, case: &Case<'_>, work: &mut Alive) -> OfPlan {
        work.restrict.copy_from(&self.restricting);
        work.permit.copy_from(&self.permitting);
        OF_PLAN.into_iter().for_each(|dimension| self.narrow_plan(dimension, case, work));
        let (restrict, permit) = (work.restrict.clone(), work.permit.clone());
        OfPlan { restrict, permit, one_target: one_target(case).is_some() }
    }

    /// Narrows `work` to the rules of `plan` that speak about `step`, its rehearsal left aside.
    pub(crate) fn of_step(&self, step: &Step<'_>, plan: &OfPlan, work: &mut Alive) {
        work.restrict.copy_from(&plan.restrict);
        work.permit.copy_from(&plan.permit);
        let asked = self.of_step.iter().filter(|dimension| !plan.one_target || **dimension != Dimension::Resource);
        asked.for_each(|dimension| self.narrow_step(*dimension, step, work));
    }

    /// Deny overrides, and nothing is permitted that no rule covers. Of the rules that speak the strictest decides.
    pub(crate) fn said(&self, alive: &Alive, rehearsed: bool) -> Said {
        use Verdict::{Allow, Deny, Propose, RequireApproval};
        let permits = |effect: &Verdict| {
            let rules = &self.effects[*effect as usize];
            self.sided(&alive.permit, rules, (!rehearsed).then_some(&self.rehearsed))
        };
        let restricts = |effect: &Verdict| {
            let rules = &self.effects[*effect as usize];
            self.sided(&alive.restrict, rules, rehearsed.then_some(&self.unrehearsed))
        };
        let base = [Allow, RequireApproval, Propose].into_iter().find(permits);
        let strictest = [Deny, Propose, RequireApproval].into_iter().find(restricts);
        Said { verdict: base.unwrap_or(Deny).max(strictest.unwrap_or(Allow)), base }
    }

    fn sided(&self, alive: &Bits, rules: &Bits, but: Option<&Bits>) -> bool {
        match but {
            Some(but) => alive.meets_but(rules, but),
            None => alive.meets(rules),
        }
    }

    /// Calls `each` with the rules that spoke, in their order.
    pub(crate) fn spoke(&self, said: Said, alive: &mut Alive, rehearsed: bool, each: impl FnMut(usize)) {
        alive.one.copy_from(&alive.restrict);
        if rehearsed {
            alive.one.remove(&self.unrehearsed);
        }
        if let Some(base) = said.base {
            alive.any.copy_from(&alive.permit);
            if !rehearsed {
                alive.any.remove(&self.rehearsed);
            }
            alive.any.and(&self.effects[base as usize]);
            alive.one.or(&alive.any);
        }
        alive.one.iter().for_each(each);
    }

    /// The permitting rules that are about the step's kind and targets, with what each asks for in vain.
    pub(crate) fn near(&self, case: &Case<'_>, step: &Step<'_>) -> Vec<(usize, Vec<&str>)> {
        let mut alive = Alive::new(self.rules.len());
        alive.permit.copy_from(&self.permitting);
        ABOUT.into_iter().for_each(|dimension| self.narrow_step(dimension, step, &mut alive));
        let near = alive.permit.clone();
        let mut unmet: Vec<(usize, Dimension)> = Vec::new();
        for dimension in OF_PLAN.into_iter().chain(OF_STEP) {
            alive.permit.copy_from(&near);
            alive.restrict.reset();
            self.narrow_plan(dimension, case, &mut alive);
            self.narrow_step(dimension, step, &mut alive);
            unmet.extend(near.iter().filter(|rule| !alive.permit.has(*rule)).map(|rule| (rule, dimension)));
        }
        if !step.rehearsed && !case.pending {
            unmet.extend(near.iter().filter(|rule| self.rehearsed.has(*rule)).map(|rule| (rule, Dimension::Rehearsal)));
        }
        let asks = |rule: usize| {
            let asks = self.rules[rule].asks.iter().filter(|ask| unmet.contains(&(rule, ask.0)));
            asks.map(|ask| ask.1.as_str()).collect()
        };
        near.iter().take(MOST_NEAR).map(|rule| (rule, asks(rule))).collect()
    }

    fn narrow_plan(&self, dimension: Dimension, case: &Case<'_>, alive: &mut Alive) {
        match dimension {
            Dimension::Environment => alive.both(|side| self.environments.narrow(case.environment, side)),
            Dimension::Site => alive.both(|side| {
                for (names, name) in [(&self.namespaces, &case.site.namespace), (&self.clusters, &case.site.cluster)] {
                    match name {
                        Some(name) => names.narrow(name, side),
                        None => names.narrow_nameless(side),
                    }
                }
            }),
            Dimension::Severity => alive.both(|side| side.and(&self.severities[case.severity as usize])),
            Dimension::Radius => alive.both(|side| self.radius.narrow(side, |range| within(range, case.reach()))),
            Dimension::Time => alive.both(|side| {
                self.times.narrow(side, |(opening, inside)| opening.at(case.at).is_some() == *inside);
            }),
            Dimension::Capacity => alive.both(|side| self.floors.narrow(side, |floor| !floor.holds(case.facts))),
            Dimension::Resource => {
                if let Some(step) = one_target(case) {
                    self.resources.narrow(alive, |each| each(&step.target.to_string()));
                }
            }
            Dimension::Confidence => {
                self.confidence_at_least.narrow(&mut alive.permit, |least| case.confidence >= *least);
                self.confidence_below.narrow(&mut alive.restrict, |bound| case.confidence < *bound);
            }
            _ => {}
        }
    }

    fn narrow_step(&self, dimension: Dimension, step: &Step<'_>, alive: &mut Alive) {
        match dimension {
            Dimension::Kind => {
                let Alive { restrict, permit, .. } = alive;
                self.kinds.narrow_both(step.kind.as_str(), restrict, permit);
            }
            Dimension::Risk => alive.both(|side| side.and(&self.risks[step.risk as usize])),
            Dimension::Reversibility => {
                alive.both(|side| side.and(&self.reversibilities[step.reversibility as usize]));
            }
            Dimension::Resource => self.resources.narrow(alive, |each| each(&step.target.to_string())),
            Dimension::Parameters => {
                let Alive { restrict, permit, asked, one, .. } = alive;
                self.parameters.narrow(step.parameters, Sides { restrict, permit, asked, one });
            }
            Dimension::Targets => self.targets.narrow(alive, |each| step.targets(each)),
            // What can't be read may hold anything: it falls under whatever restricts, and nothing that permits covers it.
            Dimension::Texts if step.hides_text() => alive.permit.remove(&self.texts.conditioned),
            Dimension::Texts => self.texts.narrow(alive, |each| step.texts().for_each(each)),
            Dimension::Fields => {
                let touched = |fields: &FieldPatterns| fields.touched_by(&step.preview.changes);
                alive.both(|side| self.fields.narrow(side, touched));
            }
            Dimension::Provenance => {
                let holds = |asked: &Asked| asked.holds(step.kind.as_str(), step.parameters);
                self.provenance.narrow(&mut alive.permit, holds);
                self.provenance_below.narrow(&mut alive.restrict, holds);
            }
            _ => {}
        }
    }
}

/// A step that stands for all, where all have the same target.
fn one_target<'c, 'a>(case: &'c Case<'a>) -> Option<&'c Step<'a>> {
    let first = case.steps.first()?;
    case.steps.iter().all(|step| step.target == first.target).then_some(first)
}

fn within(range: &RadiusDocument, reach: &BlastRadius) -> bool {
    let inside = |range: RangeDocument, value: u32| {
        range.at_least.is_none_or(|least| value >= least) && range.at_most.is_none_or(|most| value <= most)
    };
    inside(range.resources, reach.resources)
        && inside(range.changes, reach.changes)
        && inside(range.lines_added, reach.lines_added)
        && inside(range.lines_removed, reach.lines_removed)
}
