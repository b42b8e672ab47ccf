//! A policy engine that tightens another: no plan runs a command that isn't judged to only read.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::{Action, ActionKind, Provenance};
use selfheal_core::decision::{Clearance, Decision, RuleVoice, Verdict};
use selfheal_core::diagnosis::Source;
use selfheal_core::error::Result;
use selfheal_core::plan::Plan;
use selfheal_core::ports::{EffectClass, Moment, PolicyEngine, PolicyQuestion, Reach};

use super::Refusal;
use super::judge::{Objection, judged};
use crate::guardrails::Guardrails;

/// Part of every decision about a command: another judge may judge otherwise.
const VERSION: &str = concat!("commands@", env!("CARGO_PKG_VERSION"));

/// Lays the judge of commands over an engine, which it can only tighten. Plans without a `run_command` step pass it unseen.
///
/// A `run_command` step is denied unless
/// - its text is a single command that is known to only read ([`Judge`](super::Judge)); what doesn't parse, is too long or isn't
///   understood is denied like what destroys;
/// - text and directory are from a person's document ([`Provenance::Configured`]), and neither a model drew the plan up nor memory
///   recalled it: a store can't say that the document is still there. A recalled plan that is denied is diagnosed anew;
/// - a rule that spells the kind out permits it, where the host said [which rules do](Self::permitted_by).
///
/// What is left still needs a person's approval: that a command only reads is told by its text, and no text is a sandbox.
#[must_use]
pub struct CommandGuard {
    engine: Arc<dyn PolicyEngine>,
    permitting: Option<BTreeSet<String>>,
}

/// What is said of one step.
struct Said {
    rule: &'static str,
    because: String,
    way_out: &'static str,
}

impl CommandGuard {
    /// Over guardrails: a command takes a rule that spells the kind out.
    pub fn of(guardrails: Arc<Guardrails>) -> Self {
        let naming = guardrails.rules_naming(&ActionKind::RUN_COMMAND);
        Self::over(guardrails).permitted_by(naming)
    }

    /// Over `engine`.
    pub fn over(engine: Arc<dyn PolicyEngine>) -> Self {
        Self { engine, permitting: None }
    }

    /// A command takes the voice of one of these rules of the engine: that every kind is allowed was not said with commands in mind.
    /// Otherwise any permission of the engine will do.
    pub fn permitted_by(mut self, rules: impl IntoIterator<Item = String>) -> Self {
        self.permitting = Some(rules.into_iter().collect());
        self
    }

    /// What speaks against step `index`, given what the engine said.
    fn objection(&self, plan: &Plan, index: usize, decision: &Decision) -> Option<Said> {
        text_objection(&plan.steps[index].action)
            .or_else(|| origin_objection(plan, index))
            .or_else(|| self.unnamed(index, decision))
    }

    fn unnamed(&self, index: usize, decision: &Decision) -> Option<Said> {
        let permitting = self.permitting.as_ref()?;
        let permits = |voice: &RuleVoice| {
            voice.step == index && voice.verdict != Verdict::Deny && permitting.contains(&voice.rule)
        };
        (!decision.rules.iter().any(permits)).then(|| Said {
            rule: "commands/named",
            because: "no rule that names run_command permits it here".to_owned(),
            way_out: "a rule whose kinds spell out run_command permits it",
        })
    }

    /// What is added to the engine's decision; `None` if the plan runs no command.
    fn say(&self, question: &PolicyQuestion<'_>, decision: &Decision) -> Option<Decision> {
        let commands: Vec<usize> = commands(question.plan).collect();
        let against: Vec<(usize, Said)> = commands
            .iter()
            .filter_map(|&index| Some((index, self.objection(question.plan, index, decision)?)))
            .collect();
        match (commands.is_empty(), against.is_empty()) {
            (true, _) => None,
            (false, true) => Some(asking(&commands)),
            (false, false) => Some(denial(against)),
        }
    }
}

/// The steps that run a command.
fn commands(plan: &Plan) -> impl Iterator<Item = usize> {
    let all = plan.steps.iter().enumerate();
    all.filter(|(_, step)| *step.action.kind() == ActionKind::RUN_COMMAND).map(|(index, _)| index)
}

fn text_objection(action: &Action) -> Option<Said> {
    const A_KIND: &str = "an action kind that says what it changes is used instead of a command";
    const ONE_THAT_READS: &str = "the command is a single one that is known to only read";
    let Some(text) = action.text("command") else {
        let because = "it has no text that could be judged".to_owned();
        return Some(Said { rule: "commands/unknown", because, way_out: ONE_THAT_READS });
    };
    let objection = judged(text).err()?;
    let (rule, way_out) = match &objection {
        Objection::Refused(Refusal::Destructive(_)) => ("commands/destructive", A_KIND),
        Objection::Refused(_) => ("commands/unknown", ONE_THAT_READS),
        Objection::NotOneCommand(_) => ("commands/single", ONE_THAT_READS),
        Objection::Unlisted(_) => ("commands/program", ONE_THAT_READS),
    };
    Some(Said { rule, because: objection.to_string(), way_out })
}

fn origin_objection(plan: &Plan, index: usize) -> Option<Said> {
    let written = |provenance: &Provenance| matches!(provenance, Provenance::Configured { .. });
    let drawn_up = match plan.source {
        Source::Model { .. } => Some("a model drew the plan up"),
        Source::Memory => Some("memory recalled it, and can't tell whether the document that held it is still there"),
        Source::Runbook { .. } | Source::Nothing => None,
    };
    let mut parameters = plan.steps[index].action.parameters().iter();
    let stray = parameters.find(|(_, parameter)| !written(&parameter.provenance));
    let because = match (drawn_up, stray) {
        (Some(why), _) => why.to_owned(),
        (None, Some((name, parameter))) => {
            format!("its `{name}` is {} and not from a person's document", parameter.provenance.class())
        }
        (None, None) => return None,
    };
    Some(Said {
        rule: "commands/provenance",
        because,
        way_out: "a runbook or another document of a person holds the command",
    })
}

fn denial(against: Vec<(usize, Said)>) -> Decision {
    let because = |(step, said): &(usize, Said)| format!("step {} (run_command) is denied: {}", step + 1, said.because);
    let rationale: Vec<String> = against.iter().map(because).collect();
    let mut decision = Decision::new(Verdict::Deny, rationale.join("; "), VERSION);
    for (step, said) in against {
        let rule = said.rule.to_owned();
        decision.rules.push(RuleVoice { rule, verdict: Verdict::Deny, step, because: said.because });
        decision.to_be_allowed.push(said.way_out.to_owned());
    }
    decision
}

fn asking(commands: &[usize]) -> Decision {
    let because = "a command runs only when a person agrees to it";
    let voice = |&step: &usize| RuleVoice {
        rule: "commands/agreed".to_owned(),
        verdict: Verdict::RequireApproval,
        step,
        because: because.to_owned(),
    };
    Decision::new(Verdict::RequireApproval, because, VERSION).with_rules(commands.iter().map(voice).collect())
}

#[async_trait]
impl PolicyEngine for CommandGuard {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        self.engine.permits(reach).await
    }

    fn leaves_out(&self, reach: &Reach<'_>, kind: &ActionKind) -> Option<String> {
        self.engine.leaves_out(reach, kind)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let decision = self.engine.decide(question).await?;
        Ok(match self.say(question, &decision) {
            Some(said) => decision.and(said),
            None => decision,
        })
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        let clearance = self.engine.clear(moment).await?;
        let plan = moment.plan;
        // Taking other steps back must not hang on it; a command has nothing to take back.
        if moment.effect == EffectClass::Undo {
            return Ok(clearance);
        }
        let against =
            |index: usize| text_objection(&plan.steps[index].action).or_else(|| origin_objection(plan, index));
        Ok(match commands(plan).find_map(against) {
            Some(said) => clearance.and(Clearance::Stop { because: format!("run_command: {}", said.because) }),
            None => clearance,
        })
    }
}
