//! Which people fill which stages.

use super::people::Person;
use super::terms::{Stage, Terms};

/// Who sits where, so far.
pub(super) enum Seating {
    /// Every stage is full: these people, as indices.
    Full(Vec<usize>),
    /// This stage is the first that is not; so many of its places are taken.
    Short { stage: usize, have: u32 },
}

impl Seating {
    /// Gives each person at most one place, so that as many stages as possible, from the first on, are full: a maximum matching by
    /// augmenting paths (Kuhn, 1955). Who could sit in two stages blocks neither, and the order of their answers doesn't matter.
    pub(super) fn of(terms: &Terms, people: &[Person]) -> Self {
        // A stage for nobody would let nothing through as agreed.
        let anybody = [Stage::anybody()];
        let stages = if terms.stages.is_empty() { &anybody } else { terms.stages.as_slice() };
        let mut seats = Vec::new();
        let mut taken: Vec<Option<usize>> = vec![None; people.len()];
        for (number, stage) in stages.iter().enumerate() {
            for have in 0..stage.k.max(1) {
                seats.push(stage);
                let mut visited = vec![false; people.len()];
                if !seat(seats.len() - 1, &seats, people, &mut taken, &mut visited) {
                    return Self::Short { stage: number, have };
                }
            }
        }
        Self::Full((0..people.len()).filter(|person| taken[*person].is_some()).collect())
    }
}

/// Finds somebody for a seat; who has another one already may be asked to move. Depth is bounded by the number of people.
fn seat(number: usize, seats: &[&Stage], people: &[Person], taken: &mut [Option<usize>], visited: &mut [bool]) -> bool {
    for (index, person) in people.iter().enumerate() {
        if visited[index] || !person.may_sit_in(seats[number]) {
            continue;
        }
        visited[index] = true;
        if taken[index].is_none_or(|other| seat(other, seats, people, taken, visited)) {
            taken[index] = Some(number);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(roles: &[&str]) -> Person {
        Person { roles: roles.iter().map(|role| (*role).to_owned()).collect(), ..Person::default() }
    }

    fn stage(k: u32, roles: &[&str]) -> Stage {
        Stage { k, roles: roles.iter().map(|role| (*role).to_owned()).collect() }
    }

    fn short(stages: &[Stage], people: &[Person]) -> Option<(usize, u32)> {
        match Seating::of(&Terms { stages: stages.to_vec(), ttl_ms: None }, people) {
            Seating::Full(_) => None,
            Seating::Short { stage, have } => Some((stage, have)),
        }
    }

    #[test]
    fn nobody_sits_twice_and_a_later_stage_waits_for_the_earlier() {
        let (dev, sre, both) = (person(&["dev"]), person(&["sre"]), person(&["dev", "sre"]));
        let stages = [stage(1, &["dev"]), stage(1, &["sre"])];
        assert_eq!(short(&stages, &[]), Some((0, 0)));
        assert_eq!(short(&stages, std::slice::from_ref(&sre)), Some((0, 0)));
        assert_eq!(short(&stages, std::slice::from_ref(&both)), Some((1, 0)));
        assert_eq!(short(&stages, &[both.clone(), dev]), None, "who can do both makes room");
        assert_eq!(short(&stages, &[sre, both]), None);
        assert_eq!(short(&[stage(3, &[])], &[person(&[]), person(&[])]), Some((0, 2)));
    }

    #[test]
    fn no_stage_and_a_stage_for_nobody_still_need_somebody() {
        assert_eq!(short(&[], &[]), Some((0, 0)));
        assert_eq!(short(&[stage(0, &[])], &[]), Some((0, 0)));
        assert_eq!(short(&[stage(u32::MAX, &[])], &[person(&[])]), Some((0, 1)));
    }
}
