//! How much must be in service before more is taken out of it.

use selfheal_core::facts::{Fact, Facts};

use crate::error::LoadError;
use crate::guardrails::document::CapacityDocument;

/// A floor under what is in service, read from facts.
#[derive(Debug)]
pub(super) struct Floor {
    ready: Ready,
    total: Option<String>,
    at_least: Option<i64>,
    at_least_percent: Option<i64>,
}

#[derive(Debug)]
enum Ready {
    Fact(String),
    /// The total without these.
    But(String),
}

impl Floor {
    pub(super) fn compile(document: &str, written: &CapacityDocument) -> Result<Self, LoadError> {
        let refuse = |problem: &str| Err(LoadError::located(document, written.id.referenced, problem));
        let ready = match (&written.ready_fact, &written.unhealthy_fact) {
            (Some(ready), None) => Ready::Fact(ready.clone()),
            (None, Some(unhealthy)) => Ready::But(unhealthy.clone()),
            _ => return refuse("expected either 'ready_fact' or 'unhealthy_fact'"),
        };
        let share = written.at_least_percent.is_some() || matches!(ready, Ready::But(_));
        if share && written.total_fact.is_none() {
            return refuse("expected 'total_fact', of which this is a share");
        }
        if written.at_least.is_none() && written.at_least_percent.is_none() {
            return refuse("expected 'at_least' or 'at_least_percent'");
        }
        if written.at_least_percent.is_some_and(|percent| percent == 0 || percent > 100) {
            return refuse("expected an 'at_least_percent' of 1 to 100");
        }
        Ok(Self {
            ready,
            total: written.total_fact.clone(),
            at_least: written.at_least.map(i64::from),
            at_least_percent: written.at_least_percent.map(i64::from),
        })
    }

    /// Whether so much is known to be in service; what is unknown is not.
    pub(super) fn holds(&self, facts: &Facts) -> bool {
        self.held(facts).unwrap_or(false)
    }

    fn held(&self, facts: &Facts) -> Option<bool> {
        let number = |name: &String| match facts.get(name) {
            Some(Fact::Number(number)) if *number >= 0 => Some(*number),
            _ => None,
        };
        let total = match &self.total {
            Some(name) => Some(number(name)?),
            None => None,
        };
        let ready = match &self.ready {
            Ready::Fact(name) => number(name)?,
            Ready::But(name) => total?.checked_sub(number(name)?)?,
        };
        let share = match (self.at_least_percent, total) {
            (Some(percent), Some(total)) => total > 0 && ready.checked_mul(100)? >= percent.checked_mul(total)?,
            _ => true,
        };
        Some(share && self.at_least.is_none_or(|least| ready >= least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floor(text: &str) -> Result<Floor, String> {
        let text = format!("{{id: f, kinds: ['*'], because: b, {text}}}");
        let written: CapacityDocument = crate::yaml::parse("c.yaml", &text).map_err(|error| error.to_string())?;
        Floor::compile("c.yaml", &written).map_err(|error| error.to_string())
    }

    fn facts(entries: &[(&str, i64)]) -> Facts {
        entries.iter().fold(Facts::new(), |facts, (name, number)| facts.with(name, Fact::Number(*number)))
    }

    #[test]
    fn a_share_or_a_number_must_be_known_to_be_in_service() {
        let share = floor("ready_fact: ready, total_fact: all, at_least_percent: 60").unwrap();
        assert!(share.holds(&facts(&[("ready", 6), ("all", 10)])));
        assert!(!share.holds(&facts(&[("ready", 5), ("all", 10)])));
        assert!(!share.holds(&facts(&[("ready", 5)])) && !share.holds(&facts(&[("ready", 0), ("all", 0)])));
        let number = floor("unhealthy_fact: bad, total_fact: all, at_least: 3").unwrap();
        assert!(number.holds(&facts(&[("bad", 1), ("all", 4)])));
        assert!(!number.holds(&facts(&[("bad", 2), ("all", 4)])) && !number.holds(&facts(&[])));
    }

    #[test]
    fn a_floor_that_is_none_is_refused() {
        for text in
            ["at_least: 1", "ready_fact: a", "ready_fact: a, at_least_percent: 5", "unhealthy_fact: a, at_least: 1"]
        {
            assert!(floor(text).is_err(), "{text}");
        }
        assert!(floor("ready_fact: a, total_fact: b, at_least_percent: 101").is_err());
    }
}
