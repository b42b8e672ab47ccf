//! The matrix: all scenarios, on all cores.

use std::fmt;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::case::{Case, Verdict, undisturbed};
use crate::common::skip;
use crate::extent::{Extent, Start, VARIABLE};
use crate::healer::Healer;
use crate::invariants::Known;
use crate::scenarios::{self, Scenario};

/// What the matrix came to.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    pub(crate) kills: usize,
    pub(crate) incidents: usize,
    /// Each with the command that shows it again.
    pub(crate) violations: Vec<String>,
}

impl fmt::Display for Matrix {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "kills {} incidents {} violations {}", self.kills, self.incidents, self.violations.len())
    }
}

impl Matrix {
    /// Plays so much of it.
    pub(crate) fn run(extent: &Extent) -> Self {
        let scenarios: Vec<Scenario> = scenarios::all().into_iter().filter(|it| extent.plays(it.name)).collect();
        assert!(!scenarios.is_empty(), "{extent:?}: there is no such scenario");
        let healer = Healer::new();
        let known: Vec<Option<Known>> = on_all_cores(scenarios.len(), |at| {
            let known = undisturbed(&healer, &scenarios[at]);
            known.inspect_err(|why| skip(&format!("{}: {why}", scenarios[at].name))).ok()
        });
        let jobs: Vec<(usize, Start)> = extent.starts(&known);
        let verdicts = on_all_cores(jobs.len(), |job| {
            let (at, start) = jobs[job];
            known[at].as_ref().map_or_else(Vec::new, |known| {
                Player { healer: &healer, extent, scenario: &scenarios[at], at, known }.play(start)
            })
        });
        let mut matrix = Self::default();
        verdicts.into_iter().flatten().for_each(|(case, verdict)| matrix.add(&case, verdict));
        matrix
    }

    fn add(&mut self, case: &Case, verdict: Verdict) {
        self.kills += verdict.kills;
        self.incidents += verdict.incidents;
        let again = format!("{VARIABLE}={case} cargo test -p heal --features failpoints --test kill");
        self.violations.extend(verdict.violations.into_iter().map(|violation| format!("{violation}\n    {again}")));
    }
}

/// Who plays the cases of the scenario number `at`.
struct Player<'a> {
    healer: &'a Healer,
    extent: &'a Extent,
    scenario: &'a Scenario,
    at: usize,
    known: &'a Known,
}

impl Player<'_> {
    /// Kills the first process there, and, as far as is asked for, the next one.
    fn play(&self, start: Start) -> Vec<(Case, Verdict)> {
        let once = self.case(start, None);
        let seconds = self.extent.seconds(self.at, start, once.1.second_hits);
        let twice: Vec<_> = seconds.into_iter().map(|second| self.case(start, Some(second))).collect();
        std::iter::once(once).chain(twice).collect()
    }

    fn case(&self, (first, next): Start, second: Option<usize>) -> (Case, Verdict) {
        let case = Case { scenario: self.scenario.name.to_owned(), first, second, next };
        let verdict = case.play(self.healer, self.scenario, self.known);
        (case, verdict)
    }
}

/// What `work` answers for `0..count`, in this order.
fn on_all_cores<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let take = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        (at < count).then_some(at)
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some(at) = take() {
                    let answer = work(at);
                    done.lock().unwrap().push((at, answer));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}
