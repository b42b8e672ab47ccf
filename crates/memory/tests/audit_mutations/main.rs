//! Whatever is changed in a stored log, verification finds it.
//!
//! Some 2,000 random changes by default; `SELFHEAL_MUTATIONS=100000 cargo test --release -p selfheal-memory --features audit
//! --test audit_mutations -- --nocapture` for more, `SELFHEAL_SEED=…` for others.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests fail like tests")]

mod columns;
mod forged;
mod lines;
mod original;
mod random;
mod rows;

use std::collections::BTreeMap;

use original::Stolen;
use random::Random;

/// A way to change a log. It may come to nothing, such as exchanging a row with itself; then another one is drawn.
type Mutation = (&'static str, fn(&mut Stolen, &mut Random));

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn every_change_of_a_stored_log_is_found() {
    let original = Stolen::original();
    original.verify().unwrap_or_else(|problem| panic!("the log as it was written doesn't verify: {problem}"));
    original.without_witness().verify().unwrap_or_else(|problem| panic!("without its witness neither: {problem}"));
    let mutations: Vec<Mutation> = [columns::ALL, rows::ALL, forged::ALL, lines::ALL].concat();
    let (count, seed) = (number("SELFHEAL_MUTATIONS", 2_000), number("SELFHEAL_SEED", 1));
    let mut random = Random(seed);
    let mut made: BTreeMap<&str, u64> = BTreeMap::new();
    for turn in 0..count {
        let (name, changed) = changed(&original, &mutations, turn, &mut random);
        assert!(changed.is_changed_from(&original));
        assert!(changed.verify().is_err(), "`{name}` of turn {turn} with seed {seed} was not found");
        *made.entry(name).or_default() += 1;
    }
    println!("mutations {count} detected {}", made.values().sum::<u64>());
    made.iter().for_each(|(name, times)| println!("  {times:>6} {name}"));
    assert!(count < mutations.len() as u64 || made.len() == mutations.len(), "some were never made");
}

/// Each kind in turn, so that every kind is made.
fn changed(original: &Stolen, mutations: &[Mutation], turn: u64, random: &mut Random) -> (&'static str, Stolen) {
    let (name, mutate) = mutations[usize::try_from(turn).unwrap() % mutations.len()];
    for _ in 0..1_000 {
        let mut changed = original.clone();
        mutate(&mut changed, random);
        if changed.is_changed_from(original) {
            return (name, changed);
        }
    }
    panic!("`{name}` never changes anything");
}
