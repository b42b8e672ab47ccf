//! Figures by category or environment.

use std::collections::BTreeMap;

use serde::Serialize;

use super::account::{Account, Ending, Endings};
use super::rate::Rate;
use super::repair::Repair;

/// Most groups that are told apart; hosts name their own, so their number is theirs.
const MAX_GROUPS: usize = 64;

/// Where the incidents of further groups are counted.
const OTHERS: &str = "(others)";

/// What is counted of a set of incidents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Group {
    pub(super) endings: Endings,
    pub(super) repair: Repair,
}

impl Group {
    pub(super) fn add(&mut self, account: &Account) {
        let ending = account.ending();
        self.endings.add(ending);
        if ending == Ending::Healed {
            self.repair.add(account);
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Groups(BTreeMap<String, Group>);

impl Groups {
    pub(super) fn add(&mut self, name: &str, account: &Account) {
        if let Some(group) = self.0.get_mut(name) {
            return group.add(account);
        }
        let name = if self.0.len() < MAX_GROUPS { name } else { OTHERS };
        self.0.entry(name.to_owned()).or_default().add(account);
    }

    /// Largest first.
    pub(super) fn figures(&self) -> Vec<GroupFigures> {
        let mut figures: Vec<GroupFigures> = self.0.iter().map(|(name, group)| GroupFigures::of(name, group)).collect();
        figures.sort_by(|a, b| b.incidents.cmp(&a.incidents).then_with(|| a.name.cmp(&b.name)));
        figures
    }
}

/// The figures of one category or environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupFigures {
    /// Which.
    pub name: String,
    /// How many.
    pub incidents: u64,
    /// How they ended.
    pub endings: Endings,
    /// Healed ones, of those that ended and were to be healed.
    pub healed: Rate,
    /// How long that took.
    pub repair: Repair,
}

impl GroupFigures {
    fn of(name: &str, group: &Group) -> Self {
        let endings = group.endings;
        Self {
            name: name.to_owned(),
            incidents: endings.all(),
            endings,
            healed: Rate::new(endings[Ending::Healed], endings.judged()),
            repair: group.repair.clone(),
        }
    }
}
