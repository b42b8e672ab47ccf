//! What policies say of one plan, and the decision that it makes.

use selfheal_core::decision::{Decision, RuleVoice, Verdict};
use selfheal_core::ports::PolicyQuestion;

use super::dry_run::DryRun;
use super::healing::HealingPolicy;
use super::pipeline::PipelinePolicy;

/// What was said so far.
pub(crate) struct Said<'a> {
    question: &'a PolicyQuestion<'a>,
    voices: Vec<RuleVoice>,
    reasons: Vec<(Verdict, String)>,
    ways: Vec<String>,
    needs_rehearsal: bool,
    max_attempts: Option<u32>,
}

impl<'a> Said<'a> {
    pub(crate) fn about(question: &'a PolicyQuestion<'a>) -> Self {
        Self {
            question,
            voices: Vec::new(),
            reasons: Vec::new(),
            ways: Vec::new(),
            needs_rehearsal: false,
            max_attempts: None,
        }
    }

    pub(crate) fn by_recovery(&mut self, policy: &PipelinePolicy) {
        self.at_most(policy.max_retries);
        for (index, step) in self.question.plan.steps.iter().enumerate() {
            let kind = step.action.kind();
            if !policy.kinds.contains(kind) {
                let because = format!("of {}, which {kind} is not", policy.strategies);
                let way = format!("allowedStrategies of recovery policy {} would have to have {kind}", policy.name);
                self.deny(index, format!("{}/allowedStrategies", policy.name), because, way);
            }
            if policy.dry_run {
                self.by_dry_run(policy, index);
            }
        }
    }

    fn by_dry_run(&mut self, policy: &PipelinePolicy, step: usize) {
        let because = match DryRun::of(self.question, step) {
            Some(DryRun::Passed) => return,
            Some(DryRun::Ahead) => {
                self.needs_rehearsal = true;
                return;
            }
            Some(DryRun::Missing) => "what it changes was not shown to help in a rehearsal",
            None => "it has no spec or no preview",
        };
        let way = "a verified rehearsal of exactly this change".to_owned();
        self.deny(step, format!("{}/dryRun", policy.name), because.to_owned(), way);
    }

    pub(crate) fn by_healing(&mut self, policy: &HealingPolicy) {
        self.at_most(Some(policy.max_retries));
        if policy.auto_heal {
            return;
        }
        let because = "auto_heal is false: a person agrees first";
        let reason = format!("the plan needs a person's approval by {} ({because})", policy.name);
        self.reasons.push((Verdict::RequireApproval, reason));
        let voice = |step| RuleVoice {
            rule: policy.name.clone(),
            verdict: Verdict::RequireApproval,
            step,
            because: because.to_owned(),
        };
        self.voices.extend((0..self.question.plan.steps.len()).map(voice));
    }

    fn deny(&mut self, step: usize, rule: String, because: String, way: String) {
        self.reasons.push((Verdict::Deny, format!("step {} is denied by {rule} ({because})", step + 1)));
        self.voices.push(RuleVoice { rule, verdict: Verdict::Deny, step, because });
        if !self.ways.contains(&way) {
            self.ways.push(way);
        }
    }

    /// A retry is a start after the first one.
    fn at_most(&mut self, retries: Option<u32>) {
        let attempts = retries.map(|retries| retries.saturating_add(1));
        self.max_attempts = [self.max_attempts, attempts].into_iter().flatten().min();
    }

    pub(crate) fn decision(mut self, version: &str) -> Decision {
        self.voices.sort_by_key(|voice| std::cmp::Reverse(voice.verdict));
        let strictest = self.voices.first().map_or(Verdict::Allow, |voice| voice.verdict);
        let reasons = self.reasons.into_iter().filter(|(verdict, _)| *verdict == strictest).map(|(_, reason)| reason);
        let rationale = reasons.collect::<Vec<_>>().join("; ");
        let mut decision = Decision::new(strictest, rationale, version).with_rules(self.voices);
        decision.needs_rehearsal = self.needs_rehearsal && strictest != Verdict::Deny;
        decision.to_be_allowed = self.ways;
        decision.max_attempts = self.max_attempts;
        decision
    }
}
