//! What `data.selfheal.decision` has to look like.

use selfheal_core::approval::Terms;
use selfheal_core::decision::Verdict;
use serde::Deserialize;

use crate::engines::asking::Said;
use crate::limits;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    verdict: Verdict,
    #[serde(default)]
    rules: Vec<Spoke>,
    #[serde(default)]
    to_be_allowed: Vec<String>,
    approval: Option<Terms>,
    max_attempts: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoke {
    id: String,
    verdict: Verdict,
    because: String,
}

impl Answer {
    /// As said by the policies called `document`.
    ///
    /// # Errors
    /// What is out of bounds.
    pub(crate) fn said(self, document: &str) -> Result<Said, String> {
        if self.rules.len() > limits::RULES {
            return Err(format!("expected at most {} rules", limits::RULES));
        }
        let asks_nobody = |terms: &Terms| terms.stages.is_empty() || terms.stages.iter().any(|stage| stage.k == 0);
        if self.approval.as_ref().is_some_and(asks_nobody) {
            return Err("expected an approval with stages of at least one person".to_owned());
        }
        let verdict = self.rules.iter().map(|rule| rule.verdict).fold(self.verdict, Verdict::max);
        let rules = self.rules.into_iter().map(|rule| (format!("{document}/{}", rule.id), rule.verdict, rule.because));
        let mut said = Said::by_rules(verdict, rules.collect());
        said.to_be_allowed = self.to_be_allowed;
        said.approval = self.approval;
        said.max_attempts = self.max_attempts;
        Ok(said)
    }
}
