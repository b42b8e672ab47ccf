//! How much of the matrix is played.

use std::collections::BTreeSet;

use crate::case::{Case, Next};
use crate::invariants::Known;

/// The variable that says it.
pub(crate) const VARIABLE: &str = "SELFHEAL_KILL_MATRIX";

/// One in so many cases of the sample is killed a second time.
const SECOND_KILLS: u64 = 3;

/// How much of the matrix is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every fail point by name, at one of its places in every second scenario that passes it, and some second kills.
    Sample,
    /// Every place once.
    Once,
    /// Every place, and one place of the next process.
    Twice,
    /// Every place, and every place of the next process; of one scenario if it is named.
    Full(Option<String>),
    One(Case),
}

/// Where the first process is killed, and who goes on.
pub(crate) type Start = (usize, Next);

impl Extent {
    /// What the environment asks for.
    pub(crate) fn asked_for() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("") => Self::Sample,
            Ok("once") => Self::Once,
            Ok("twice") => Self::Twice,
            Ok("full") => Self::Full(None),
            Ok(case) if case.contains('/') => {
                Self::One(case.parse().unwrap_or_else(|error| panic!("{VARIABLE}: {error}")))
            }
            Ok(scenario) => Self::Full(Some(scenario.to_owned())),
        }
    }

    /// Whether the scenario is played at all.
    pub(crate) fn plays(&self, scenario: &str) -> bool {
        match self {
            Self::Full(Some(only)) => only == scenario,
            Self::One(case) => case.scenario == scenario,
            Self::Sample | Self::Once | Self::Twice | Self::Full(None) => true,
        }
    }

    /// Where first processes are killed, by the place of the scenario in `known`; nowhere where nothing is known of it.
    pub(crate) fn starts(&self, known: &[Option<Known>]) -> Vec<(usize, Start)> {
        let all = known.iter().enumerate().filter_map(|(at, known)| Some((at, known.as_ref()?)));
        let both = |at, place| [(at, (place, Next::Resume)), (at, (place, Next::Again))];
        match self {
            Self::Sample => sample(&all.collect::<Vec<_>>()),
            Self::Once | Self::Twice | Self::Full(_) => {
                all.flat_map(|(at, known)| (1..=known.hits.len()).flat_map(move |place| both(at, place))).collect()
            }
            Self::One(case) => all.map(|(at, _)| (at, (case.first, case.next))).collect(),
        }
    }

    /// Where the next process is killed too, of the `hits` fail points that it passed.
    pub(crate) fn seconds(&self, scenario: usize, start: Start, hits: usize) -> Vec<usize> {
        let drawn = draw([scenario, start.0, 2 + start.1 as usize]);
        let one = (hits > 0).then(|| 1 + below(drawn / SECOND_KILLS, hits));
        match self {
            Self::Sample => one.filter(|_| drawn.is_multiple_of(SECOND_KILLS)).into_iter().collect(),
            Self::Twice => one.into_iter().collect(),
            Self::Once => Vec::new(),
            Self::Full(_) => (1..=hits).collect(),
            Self::One(case) => case.second.into_iter().collect(),
        }
    }
}

/// Every fail point by name, at one of its places in every second scenario that passes it.
fn sample(known: &[(usize, &Known)]) -> Vec<(usize, Start)> {
    let names: BTreeSet<&String> = known.iter().flat_map(|(_, known)| &known.hits).collect();
    let passing = |name: &String| known.iter().filter(|(_, known)| known.hits.contains(name)).collect::<Vec<_>>();
    let mut starts = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let passing = passing(name);
        let first = if passing.len() > 1 { below(draw([number, 0, 0]), 2) } else { 0 };
        starts.extend(
            passing.into_iter().skip(first).step_by(2).map(|(at, known)| (*at, one_of(number, name, *at, known))),
        );
    }
    starts
}

fn one_of(number: usize, name: &String, at: usize, known: &Known) -> Start {
    let places: Vec<usize> = (1..).zip(&known.hits).filter(|(_, hit)| *hit == name).map(|(place, _)| place).collect();
    let drawn = draw([at, number, 1]);
    let next = if drawn.is_multiple_of(2) { Next::Resume } else { Next::Again };
    (places[below(drawn / 2, places.len())], next)
}

fn below(drawn: u64, bound: usize) -> usize {
    usize::try_from(drawn % bound as u64).unwrap()
}

/// The same number for the same `seed`: SplitMix64 (Steele et al., "Fast splittable pseudorandom number generators",
/// 2014).
fn draw(seed: [usize; 3]) -> u64 {
    seed.into_iter().fold(0x5e1f_4ea1, |state: u64, part| {
        let mut mixed = (state ^ part as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}
