//! The catalogue as core's [`Runbooks`] port.

use std::collections::BTreeMap;

use async_trait::async_trait;
use selfheal_core::diagnosis::{Hypothesis, RootCause, Source};
use selfheal_core::error::Result;
use selfheal_core::evidence::{Citation, Evidence, Untrusted};
use selfheal_core::ports::{Case, Runbooks};

use super::catalogue::Catalogue;
use super::diagnosis::Match;

#[async_trait]
impl Runbooks for Catalogue {
    async fn explain(&self, case: &Case<'_>) -> Result<Vec<Hypothesis>> {
        let (citations, lines): (Vec<Citation>, Vec<&str>) = case.evidence.iter().flat_map(Evidence::lines).unzip();
        let matches = self.recognise(case.facts, &lines);
        Ok(matches.iter().map(|found| hypothesis(found, &citations)).collect())
    }
}

fn hypothesis(found: &Match<'_>, citations: &[Citation]) -> Hypothesis {
    let runbook = found.runbook();
    let untrusted = |values: &[String]| values.iter().cloned().map(Untrusted::new).collect();
    let extracted: BTreeMap<_, _> =
        found.extracted().map(|(name, values)| (name.to_owned(), untrusted(values))).collect();
    Hypothesis {
        category: runbook.category().clone(),
        cause: RootCause { kind: runbook.cause_kind().to_owned(), summary: Untrusted::new(found.summary()), extracted },
        citations: found.lines().iter().map(|&line| citations[line]).collect(),
        source: Source::Runbook { id: runbook.id().to_owned(), version: runbook.version() },
        priority: i32::from(runbook.priority()),
        remedies: found.remedies().cloned().collect(),
        advice: Some(Untrusted::new(found.escalation())),
        reference: runbook.reference().map(str::to_owned),
    }
}
