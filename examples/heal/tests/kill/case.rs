//! One case of the matrix: who is killed where, and who goes on.

use std::fmt;
use std::str::FromStr;

use selfheal_memory::Store;

use crate::aftermath::{Aftermath, Snapshot, snapshot};
use crate::common::World;
use crate::healer::{Healer, Ran};
use crate::invariants::{Known, always, in_the_end};
use crate::projects::let_in_place;
use crate::scenarios::Scenario;
use crate::trace::most_replaced;

/// More processes than any case needs to end.
const MAX_PROCESSES: usize = 6;

/// Who goes on after a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// `heal resume --all`.
    Resume,
    /// `heal run` with the same command.
    Again,
}

/// A case, as a violation names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) scenario: String,
    /// Where the first process is killed: the number of the fail point, from 1.
    pub(crate) first: usize,
    /// Where the process after it is killed, if it is.
    pub(crate) second: Option<usize>,
    pub(crate) next: Next,
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, first, second, next } = self;
        write!(out, "{scenario}/{first}/")?;
        if let Some(second) = second {
            write!(out, "{second}/")?;
        }
        out.write_str(if *next == Next::Resume { "resume" } else { "again" })
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected SCENARIO/K/resume or SCENARIO/K/J/again, got {text}");
        let parts: Vec<&str> = text.split('/').collect();
        let [scenario, first, second @ .., next] = &parts[..] else { return Err(expected()) };
        let number = |part: &str| part.parse().map_err(|_| expected());
        Ok(Self {
            scenario: (*scenario).to_owned(),
            first: number(first)?,
            second: second.first().map(|second| number(second)).transpose()?,
            next: match *next {
                "resume" => Next::Resume,
                "again" => Next::Again,
                _ => return Err(expected()),
            },
        })
    }
}

/// What a case came to.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) kills: usize,
    pub(crate) incidents: usize,
    pub(crate) violations: Vec<String>,
    /// How many fail points the process after the first passed.
    pub(crate) second_hits: usize,
}

/// What the scenario does undisturbed.
///
/// # Errors
/// If it can't be done here, and why.
pub(crate) fn undisturbed(healer: &Healer, scenario: &Scenario) -> Result<Known, String> {
    let mut stage = Stage::new(healer, scenario);
    let original = snapshot(&stage.world);
    let ran = stage.process(None, None);
    if ran.ended.status == Some(2) && ran.ended.said().contains("memory limit") {
        return Err("no memory cgroup is writable here".to_owned());
    }
    let (mended, files) = (mended(healer, scenario), most_replaced(&ran.hits));
    let known = Known { ends: scenario.ends, original, mended, hits: ran.hits, files };
    let seen = stage.seen().unwrap();
    let wrong = in_the_end(&known, &seen);
    assert!(wrong.is_empty(), "{} is wrong even undisturbed: {wrong:?}: {}", scenario.name, ran.ended);
    let ends = |outcome| known.ends.is(outcome);
    assert!(
        matches!(&seen.incidents[..], [told] if told.outcome.as_ref().is_some_and(ends)),
        "{} isn't {:?}: {}",
        scenario.name,
        known.ends,
        ran.ended
    );
    Ok(known)
}

/// The project with the fix that the scenario knows, whether or not that holds.
fn mended(healer: &Healer, scenario: &Scenario) -> Snapshot {
    let mut stage = Stage::new(healer, scenario);
    let_in_place(&stage.world);
    stage.process(None, None);
    snapshot(&stage.world)
}

/// What there is to see after an undisturbed run of the scenario.
pub(crate) fn look_at(healer: &Healer, scenario: &Scenario) -> Aftermath {
    let mut stage = Stage::new(healer, scenario);
    stage.process(None, None);
    stage.seen().unwrap()
}

impl Case {
    /// Plays it in a world of its own.
    pub(crate) fn play(&self, healer: &Healer, scenario: &Scenario, known: &Known) -> Verdict {
        let mut stage = Stage::new(healer, scenario);
        let mut verdict = Verdict::default();
        stage.process(None, Some(self.first));
        for kill_at in std::iter::once(self.second).chain([None; MAX_PROCESSES]) {
            verdict.violations.extend(stage.check(known, always));
            let ran = stage.process(Some(self.next), kill_at);
            if verdict.second_hits == 0 {
                verdict.second_hits = ran.hits.len();
            }
            if !ran.was_killed() && !stage.is_open() {
                break;
            }
        }
        verdict.violations.extend(stage.check(known, in_the_end));
        verdict.violations.extend(stage.audit());
        verdict.violations.append(&mut stage.refusals);
        verdict.violations.sort();
        verdict.violations.dedup();
        verdict.kills = stage.kills;
        verdict.incidents = stage.seen().map_or(0, |seen| seen.incidents.len());
        verdict
    }
}

/// A world, and the processes that worked on it one after the other.
struct Stage<'a> {
    healer: &'a Healer,
    world: World,
    command: Vec<String>,
    processes: usize,
    runs: usize,
    kills: usize,
    trace: Vec<String>,
    refusals: Vec<String>,
}

impl<'a> Stage<'a> {
    fn new(healer: &'a Healer, scenario: &Scenario) -> Self {
        let world = Healer::world();
        let options = (scenario.set_up)(&world);
        let path = |path: &std::path::Path| path.display().to_string();
        let mut command = vec!["run".to_owned(), "--dir".to_owned(), path(world.dir())];
        command.extend(["--store".to_owned(), path(&world.path("store"))]);
        command.extend(options);
        command.extend(["--", "sh", "start.sh"].map(str::to_owned));
        Self { healer, world, command, processes: 0, runs: 0, kills: 0, trace: Vec::new(), refusals: Vec::new() }
    }

    fn process(&mut self, next: Option<Next>, kill_at: Option<usize>) -> Ran {
        let resume = ["resume", "--all", "--store", &self.world.path("store").display().to_string()].map(str::to_owned);
        let args = if next == Some(Next::Resume) { &resume[..] } else { &self.command };
        self.runs += usize::from(next != Some(Next::Resume));
        self.processes += 1;
        let ran = self.healer.run(&self.world, args, self.processes, kill_at);
        self.kills += usize::from(ran.was_killed());
        self.trace.extend(ran.hits.iter().cloned());
        // Anything else is a refusal, or the healer's own failure.
        if !matches!(ran.ended.status, None | Some(0 | 20)) {
            self.refusals.push(format!("process {} ended with {}", self.processes, ran.ended));
        }
        ran
    }

    fn seen(&self) -> Result<Aftermath, String> {
        Aftermath::of(&self.world, self.runs, &self.trace)
    }

    fn is_open(&self) -> bool {
        self.seen().is_ok_and(|seen| seen.incidents.iter().any(|told| told.outcome.is_none()))
    }

    fn check(&self, known: &Known, invariants: fn(&Known, &Aftermath) -> Vec<String>) -> Vec<String> {
        match self.seen() {
            Ok(seen) => invariants(known, &seen),
            Err(error) => vec![format!("the store can't be read: {error}")],
        }
    }

    fn audit(&self) -> Option<String> {
        let store = self.world.path("store");
        if !Store::exists(&store) {
            return None;
        }
        let args = ["audit", "verify", "--store", &store.display().to_string()].map(str::to_owned);
        let ran = self.healer.run(&self.world, &args, self.processes + 1, None);
        (ran.ended.status != Some(0)).then(|| format!("the audit log doesn't verify: {}", ran.ended))
    }
}
