//! A policy engine of one's own: small changes, in working hours; everything else is denied with a reason.
#![allow(clippy::print_stdout, reason = "says what happened")]

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision, RuleVoice, Verdict};
use selfheal_core::error::Result;
use selfheal_core::incident::Signal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::ports::{Clock, Moment, PolicyEngine, PolicyQuestion, Reach};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::*;
use selfheal_core::time::Timestamp;

/// Allows `set_value` Monday to Friday from 9 to 17 UTC, for changes of at most `max_lines`.
///
/// The hour belongs to the question: asked again within it, the answer is the same.
struct WorkingHours {
    max_lines: u32,
}

impl WorkingHours {
    fn is_open(now: Timestamp) -> bool {
        let hours = now.as_millis() / 3_600_000;
        // 1970-01-01 was a Thursday; counted from Monday, that is day 3.
        let (weekday, hour) = ((hours / 24 + 3) % 7, hours % 24);
        weekday < 5 && (9..17).contains(&hour)
    }

    /// Why step `index` may not be done; `None` if it may.
    fn objection(&self, question: &PolicyQuestion<'_>, index: usize) -> Option<(&'static str, String)> {
        let kind = question.plan.steps[index].action.kind();
        if *kind != SET_VALUE {
            return Some(("known-kinds", format!("{kind} is not among the kinds that are allowed")));
        }
        // A missing preview is an unknown size, and so too large.
        let radius = question.previews.get(index).map(|preview| preview.blast_radius);
        let lines = radius.map_or(u32::MAX, |radius| radius.lines_added.saturating_add(radius.lines_removed));
        if lines > self.max_lines {
            return Some((
                "small-changes",
                format!("it changes {lines} lines; at most {} are allowed", self.max_lines),
            ));
        }
        let closed = || ("working-hours", "nobody is at work; try again Monday to Friday, 9 to 17 UTC".to_owned());
        (!Self::is_open(question.at)).then(closed)
    }
}

#[async_trait]
impl PolicyEngine for WorkingHours {
    async fn permits(&self, _: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(BTreeSet::from([SET_VALUE]))
    }

    /// Asked before every effect: work that began in time is not gone on with after hours.
    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        let because = "nobody is at work".to_owned();
        Ok(match Self::is_open(moment.at) {
            true => Clearance::Clear,
            false => Clearance::Hold { until: None, because },
        })
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let objections =
            (0..question.plan.steps.len()).filter_map(|step| Some((step, self.objection(question, step)?)));
        let rules: Vec<RuleVoice> = objections
            .map(|(step, (rule, because))| RuleVoice { rule: rule.to_owned(), verdict: Verdict::Deny, step, because })
            .collect();
        let verdict = if rules.is_empty() { Verdict::Allow } else { Verdict::Deny };
        let said = rules.iter().map(|voice| format!("step {}: {} ({})", voice.step + 1, voice.because, voice.rule));
        let rationale = said.collect::<Vec<_>>().join("; ");
        Ok(Decision::new(verdict, rationale, "working-hours-1").with_rules(rules))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    // Days and hours after Thursday, 1970-01-01 00:00 UTC.
    println!("Friday 10:00:         {}", heal(1, 10, 20).await?);
    println!("Saturday 10:00:       {}", heal(2, 10, 20).await?);
    println!("Friday, large change: {}", heal(1, 10, 1).await?);
    Ok(())
}

/// What becomes of a failure at that time, and by which reason.
async fn heal(day: u64, hour: u64, max_lines: u32) -> Result<String, Box<dyn StdError>> {
    let clock = Arc::new(ManualClock::default());
    clock.sleep_until(Timestamp::default().after(Duration::from_secs((day * 24 + hour) * 3600))).await;
    let world = FakeWorld::default();
    let healer = Orchestrator::builder()
        .policy(Arc::new(WorkingHours { max_lines }))
        .clock(clock)
        .runbooks(Arc::new(ScriptedRunbooks::new(vec![vec![wrong_value("mode", "good")]])))
        .executor(Arc::new(FakeExecutor::new(world.clone())))
        .probe(Arc::new(ScriptedProbe::healthy(&[true])))
        .build()?;
    let signal = Signal::new(ResourceRef::new("fake", "service", "checkout"), Environment::Staging);
    let report = healer.heal(signal, &Cancellation::new()).await?;
    Ok(match (world.get("mode"), report.tried().first()) {
        (Some(mode), _) => format!("applied, mode is {mode}"),
        (None, Some(tried)) => format!("denied: {}", tried.reason),
        (None, None) => "nothing was planned".to_owned(),
    })
}
