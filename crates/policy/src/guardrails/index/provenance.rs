//! Conditions on where parameters come from.

use selfheal_core::action::Parameters;

use crate::guardrails::document::{Class, Sources};

/// Least classes by parameter; the most specific entry counts: `kind.parameter`, `parameter`, `kind.*`, `*`.
#[derive(Debug, Clone)]
pub(super) struct Minimums {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    kind: Option<String>,
    parameter: Option<String>,
    least: Class,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Asked {
    /// Every parameter that is listed is at least so trusted.
    AtLeast(Minimums),
    /// Some parameter that is listed is less trusted.
    Below(Minimums),
    /// Some parameter is less trusted than the strictest of these lists says; one that none of them lists must not be a model's
    /// choice.
    BelowFloor(Vec<Minimums>),
}

impl Minimums {
    pub(super) fn of(written: &Sources) -> Self {
        let mut entries: Vec<Entry> = written.iter().map(|(key, least)| Entry::of(key, least.value)).collect();
        entries.sort_by_key(|entry| (entry.parameter.is_none(), entry.kind.is_none()));
        Self { entries }
    }

    fn least(&self, kind: &str, parameter: &str) -> Option<Class> {
        let fits = |own: &Option<String>, name: &str| own.as_deref().is_none_or(|own| own == name);
        let entry = self.entries.iter().find(|entry| fits(&entry.parameter, parameter) && fits(&entry.kind, kind));
        entry.map(|entry| entry.least)
    }
}

impl Entry {
    fn of(key: &str, least: Class) -> Self {
        let name = |part: &str| (part != "*").then(|| part.to_owned());
        match key.split_once('.') {
            Some((kind, parameter)) => Self { kind: name(kind), parameter: name(parameter), least },
            None => Self { kind: None, parameter: name(key), least },
        }
    }
}

impl Asked {
    pub(super) fn holds(&self, kind: &str, parameters: &Parameters) -> bool {
        let below = |least: &dyn Fn(&str) -> Option<Class>| {
            parameters.iter().any(|(name, parameter)| {
                let class = Class::of(&parameter.provenance);
                class != Class::Configured && least(name).is_some_and(|least| class > least)
            })
        };
        match self {
            Self::AtLeast(minimums) => !below(&|name| minimums.least(kind, name)),
            Self::Below(minimums) => below(&|name| minimums.least(kind, name)),
            Self::BelowFloor(documents) => below(&|name| {
                let said = documents.iter().filter_map(|document| document.least(kind, name)).min();
                Some(said.unwrap_or(Class::Extracted))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_saphyr::{Location, Spanned};

    use super::*;

    #[test]
    fn the_most_specific_entry_counts() {
        let written = [
            ("*", Class::Observed),
            ("edit_file.*", Class::Extracted),
            ("replacement", Class::Configured),
            ("edit_file.replacement", Class::Model),
        ];
        let spanned = |class| Spanned::new(class, Location::UNKNOWN, Location::UNKNOWN);
        let minimums = Minimums::of(&written.map(|(key, class)| (key.to_owned(), spanned(class))).into());
        assert_eq!(minimums.least("edit_file", "replacement"), Some(Class::Model));
        assert_eq!(minimums.least("other", "replacement"), Some(Class::Configured));
        assert_eq!(minimums.least("edit_file", "path"), Some(Class::Extracted));
        assert_eq!(minimums.least("other", "path"), Some(Class::Observed));
        assert_eq!(Minimums::of(&Sources::new()).least("other", "path"), None);
    }
}
