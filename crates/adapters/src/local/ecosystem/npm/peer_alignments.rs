//! Which requirements must move so that npm can satisfy every peer dependency.
//!
//! A search, cheapest first: npm itself resolves each candidate, its next complaint tells the next steps. So several
//! dependents in conflict, and families released in lockstep, come out as one row of several pins.

use std::collections::BTreeSet;

use super::client::{self, Failure};
use super::conflict::Conflict;
use super::moves::moves;
use super::packument::Registry;
use super::project::Project;
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given};

/// Most runs of npm in one search.
const MAX_RUNS: usize = 16;
/// Runs that may follow the first answer to find others.
const RUNS_FOR_ALTERNATIVES: usize = 2;
/// Most packages that one answer moves.
const MAX_PINS: usize = 24;

pub(super) fn rows(project: &Project, given: &Given, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    if project.foreign_lockfile().is_some() {
        return Ok(Vec::new());
    }
    let named = given::names(given, &["dependent", "peer", "package"], given::npm_package);
    let search = Search { project, tools, registry: Registry::new(project.dir(), tools), named: &named };
    Ok(search.run()?.iter().map(|pins| Pin::rows(pins)).collect())
}

struct Search<'a> {
    project: &'a Project,
    tools: &'a dyn Tools,
    registry: Registry<'a>,
    named: &'a [String],
}

/// A candidate: its cost, then its pins in a fixed order.
type Candidate = (u64, Vec<Pin>);

impl Search<'_> {
    /// The answers, cheapest first; none where the tree resolves as it is, or speaks of other packages than were named.
    fn run(&self) -> Result<Vec<Vec<Pin>>, EcosystemError> {
        let mut frontier = BTreeSet::from([(0, Vec::new())]);
        let mut seen = BTreeSet::new();
        let mut answers: Vec<Vec<Pin>> = Vec::new();
        let mut runs_left = MAX_RUNS;
        while let Some((cost, pins)) = frontier.pop_first() {
            if runs_left == 0 {
                break;
            }
            runs_left -= 1;
            match client::resolve_with(self.project, &pins, self.tools)? {
                Ok(()) if pins.is_empty() => break,
                Ok(()) => {
                    answers.push(pins);
                    runs_left = runs_left.min(RUNS_FOR_ALTERNATIVES);
                }
                Err(failure) => {
                    let next = self.next(cost, &pins, &failure)?;
                    frontier.extend(next.into_iter().filter(|(_, pins)| seen.insert(pins.clone())));
                }
            }
        }
        Ok(answers)
    }

    fn next(&self, cost: u64, pins: &[Pin], failure: &Failure) -> Result<Vec<Candidate>, EcosystemError> {
        let conflict = match Conflict::parse(&failure.text) {
            Some(conflict) if failure.code == "ERESOLVE" => conflict,
            _ => return Ok(Vec::new()),
        };
        if pins.is_empty() && !self.is_about(&conflict) {
            return Ok(Vec::new());
        }
        let steps = moves(&conflict, &self.project.with(pins), &self.registry)?;
        let fresh = steps.into_iter().filter(|step| !step.pins.iter().any(|pin| moved(pins, pin)));
        Ok(fresh
            .map(|step| {
                let mut all = [pins, &step.pins].concat();
                all.sort();
                (cost + step.cost, all)
            })
            .filter(|(_, pins)| pins.len() <= MAX_PINS)
            .collect())
    }

    fn is_about(&self, conflict: &Conflict) -> bool {
        self.named.is_empty() || self.named.iter().any(|name| conflict.named.contains(name))
    }
}

/// Whether the package was moved already: each moves once, so that a search ends.
fn moved(pins: &[Pin], step: &Pin) -> bool {
    pins.iter().any(|pin| pin.package == step.package && pin.manifest == step.manifest)
}
