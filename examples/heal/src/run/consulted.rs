//! What language models were asked about an incident, and what it took, whichever process asked them.

use std::collections::BTreeSet;

use selfheal_core::engine::{Agent, Consultation, ConsultationEnd, Event, State};
use selfheal_core::ports::Record;
use selfheal_core::spending::{Amount, CallEnd};

use crate::store::Store;

/// All questions of an incident together.
#[derive(Debug, Default)]
pub(crate) struct Consulted {
    /// Who answered.
    pub(crate) models: BTreeSet<String>,
    /// Calls, tokens and money.
    pub(crate) spent: Amount,
    /// Calls that a cache spared.
    pub(crate) cached: usize,
    /// The questions that had no answer that could be used.
    pub(crate) in_vain: Vec<InVain>,
}

/// A question that had no answer that could be used.
#[derive(Debug)]
pub(crate) struct InVain {
    /// Who asked.
    pub(crate) agent: Agent,
    /// Whether something was answered at all.
    pub(crate) answered: bool,
    pub(crate) why: String,
}

impl Consulted {
    /// What the journal tells of `state`'s incident; `None` if no model was asked anything, or nothing is known of it.
    pub(super) async fn about(state: &State, store: &Store) -> Option<Self> {
        let history = store.journal().read(&state.incident.id).await.ok()?;
        Self::of(&history.records)
    }

    fn of(records: &[Record]) -> Option<Self> {
        let asked = records.iter().filter_map(|record| match &record.event {
            Event::Consulted(consultations) => Some(consultations.iter()),
            _ => None,
        });
        let mut asked = asked.flatten().peekable();
        asked.peek()?;
        let mut all = Self::default();
        asked.for_each(|one| all.add(one));
        Some(all)
    }

    fn add(&mut self, one: &Consultation) {
        self.spent = self.spent.and(one.spent());
        self.cached += one.calls.iter().filter(|call| call.end == CallEnd::Cached).count();
        match &one.end {
            ConsultationEnd::Answered { model } => drop(self.models.insert(model.clone())),
            ConsultationEnd::Refused { why } => self.in_vain.push(InVain::new(one.agent, true, why)),
            ConsultationEnd::Failed { why } => self.in_vain.push(InVain::new(one.agent, false, why)),
        }
    }

    /// `qwen3:8b, qwen3:32b: 4 calls, 3,120 tokens, $0.0041`.
    pub(crate) fn in_words(&self) -> String {
        let Amount { calls, tokens, micro_usd } = self.spent;
        let who = match self.models.is_empty() {
            true => "no answer that could be used".to_owned(),
            false => self.models.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        };
        let mut words = format!("{who}: {calls} {}, {tokens} tokens", if calls == 1 { "call" } else { "calls" });
        if micro_usd > 0 {
            words.push_str(&format!(", ${:.4}", self.cost_usd()));
        }
        if self.cached > 0 {
            words.push_str(&format!("; {} spared by answers of before", self.cached));
        }
        words
    }

    /// The money, in US dollars.
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    pub(crate) fn cost_usd(&self) -> f64 {
        self.spent.micro_usd as f64 / 1e6
    }

    /// Why models could not help where they were asked; of several reasons the first.
    pub(crate) fn trouble(&self) -> Option<String> {
        let InVain { agent, answered, why } = self.in_vain.first()?;
        Some(match answered {
            true => format!("What a language model answered the {agent} could not be used: {why}."),
            false => format!("A language model could not be asked for the {agent}: {why}."),
        })
    }
}

impl InVain {
    fn new(agent: Agent, answered: bool, why: &str) -> Self {
        // What was under way is no news for people.
        let why =
            why.split_once(": ").filter(|(operation, _)| operation.starts_with("llm.")).map_or(why, |(_, why)| why);
        Self { agent, answered, why: why.trim_end_matches('.').to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use selfheal_core::spending::CallRecord;

    use super::*;

    fn asked(agent: Agent, end: ConsultationEnd) -> Consultation {
        let spent = Amount { calls: 1, tokens: 700, micro_usd: 1_250 };
        let end_of_call = CallEnd::Failed { why: "x".to_owned() };
        let call = CallRecord { provider: "p".to_owned(), model: "m".to_owned(), end: end_of_call, spent, took_ms: 1 };
        Consultation {
            agent,
            prompt: "p@1".to_owned(),
            calls: vec![call],
            end,
            lookups: Vec::new(),
            category: None,
            advice: None,
            opinion: None,
        }
    }

    #[test]
    fn what_it_took_is_summed_and_what_failed_is_told() {
        let mut all = Consulted::default();
        all.add(&asked(Agent::Analyst, ConsultationEnd::Answered { model: "large".to_owned() }));
        assert_eq!((all.in_words().as_str(), all.trouble()), ("large: 1 call, 700 tokens, $0.0013", None));
        all.add(&asked(Agent::Strategist, ConsultationEnd::Failed { why: "llm.complete: no connection".to_owned() }));
        assert_eq!(all.in_words(), "large: 2 calls, 1400 tokens, $0.0025");
        assert_eq!(all.trouble().unwrap(), "A language model could not be asked for the strategist: no connection.");
    }

    #[test]
    fn an_incident_without_questions_has_nothing_to_tell() {
        assert!(Consulted::of(&[]).is_none());
    }
}
