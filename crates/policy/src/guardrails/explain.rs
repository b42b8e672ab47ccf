//! A decision in plain words.

use selfheal_core::approval::Terms;
use selfheal_core::decision::{Decision, RuleVoice, Verdict};
use selfheal_core::ports::{EffectClass, Reach};

use super::budget::Room;
use super::case::{Case, Step};
use super::index::{Dimension, LeftOut, Rule};
use super::standing::{Effect, Wait};
use super::verdicts::Verdicts;
use super::{Guardrails, words};

/// Puts what was said into words.
pub(crate) fn decision(guardrails: &Guardrails, case: &Case<'_>, said: &Verdicts) -> Decision {
    if case.steps.is_empty() {
        return Decision::denied("the plan has no step", guardrails.version());
    }
    let explaining = Explaining { guardrails, case, said, near: near(guardrails, case, said) };
    let mut decision = Decision::new(said.verdict, explaining.rationale(), guardrails.version());
    decision.needs_rehearsal = said.needs_rehearsal;
    decision.rules = explaining.voices();
    decision.to_be_allowed = explaining.ways();
    decision.approval = explaining.terms();
    explaining.add_waits(&mut decision);
    decision
}

/// Puts into words why a kind could not be permitted.
pub(crate) fn left_out(guardrails: &Guardrails, reach: &Reach<'_>, by: &LeftOut<'_>) -> String {
    let rules = &guardrails.index.rules;
    let (place, version) = (format!("{} in {}", reach.resource, reach.environment), guardrails.version());
    match by {
        LeftOut::Denied(denying) => {
            let named: Vec<String> =
                denying.iter().map(|rule| format!("{} ({})", rules[*rule].id, rules[*rule].because)).collect();
            format!("on {place} it is denied by {}", named.join(", "))
        }
        LeftOut::Unpermitted(elsewhere) if elsewhere.is_empty() => format!("no rule of {version} permits it anywhere"),
        LeftOut::Unpermitted(elsewhere) => {
            let asks: Vec<String> = elsewhere
                .iter()
                .map(|(rule, asks)| format!("{} asks for {}", rules[*rule].id, asks.join(" and ")))
                .collect();
            format!("no rule of {version} permits it on {place}; {}", asks.join(", or "))
        }
    }
}

struct Explaining<'a> {
    guardrails: &'a Guardrails,
    case: &'a Case<'a>,
    said: &'a Verdicts,
    /// By step, what rules about its kind and target ask for where none permits it.
    near: Vec<Vec<String>>,
}

/// Nothing of a step that some rule permits or denies.
fn near(guardrails: &Guardrails, case: &Case<'_>, said: &Verdicts) -> Vec<Vec<String>> {
    let rules = &guardrails.index.rules;
    let denied_by_rule =
        |step: usize| said.spoke.iter().any(|spoke| spoke.step == step && rules[spoke.rule].effect == Verdict::Deny);
    let of_step = |(number, step): (usize, &Step<'_>)| {
        if said.steps[number] != Verdict::Deny || denied_by_rule(number) {
            return Vec::new();
        }
        let near = guardrails.index.near(case, step).into_iter().filter(|(_, asks)| !asks.is_empty());
        let ways = near.map(|(rule, asks)| format!("{} asks for {}", rules[rule].id, asks.join(" and ")));
        let ways: Vec<String> = ways.collect();
        if ways.is_empty() { vec![NO_RULE.to_owned()] } else { ways }
    };
    case.steps.iter().enumerate().map(of_step).collect()
}

impl<'a> Explaining<'a> {
    fn spoke(&self, step: usize) -> impl Iterator<Item = &'a Rule> {
        let rules = &self.guardrails.index.rules;
        self.said.spoke.iter().filter(move |spoke| spoke.step == step).map(|spoke| &rules[spoke.rule])
    }

    /// The strictest first, then by step, then in the order of the documents.
    fn voices(&self) -> Vec<RuleVoice> {
        let rules = &self.guardrails.index.rules;
        let voice = |step, rule: &Rule| RuleVoice {
            rule: rule.id.clone(),
            verdict: rule.effect,
            step,
            because: rule.because.clone(),
        };
        let mut voices: Vec<RuleVoice> =
            self.said.spoke.iter().map(|spoke| voice(spoke.step, &rules[spoke.rule])).collect();
        voices.extend(self.exceeded().map(|(rule, because)| RuleVoice {
            rule,
            verdict: Verdict::Deny,
            step: 0,
            because,
        }));
        voices.sort_by_key(|voice| (std::cmp::Reverse(voice.verdict), voice.step));
        voices
    }

    /// Budgets that the plan alone exceeds, with why.
    fn exceeded(&self) -> impl Iterator<Item = (String, String)> {
        let budgets = &self.guardrails.standing.budgets;
        let never =
            self.said.budgets.iter().filter(|(_, room)| *room == Room::Never).map(|(index, _)| &budgets[*index]);
        never.map(|budget| (budget.id.clone(), format!("{}: {}", budget.in_words(), budget.because)))
    }

    /// Of the steps that decided.
    fn rationale(&self) -> String {
        let steps = self.case.steps.iter().enumerate().zip(&self.said.steps);
        let decided = steps.filter(|(_, verdict)| **verdict == self.said.verdict);
        let mut said: Vec<String> =
            decided.map(|((number, step), verdict)| self.about(number, step, *verdict)).collect();
        said.extend(
            self.exceeded().map(|(id, because)| format!("the plan alone is more than {id} allows ({because})")),
        );
        let mut rationale = said.join("; ");
        if self.said.needs_rehearsal {
            rationale.push_str("; it holds once the rehearsal is verified");
        }
        rationale
    }

    fn about(&self, number: usize, step: &Step<'_>, verdict: Verdict) -> String {
        let what = self.named(number, step);
        let verb = match verdict {
            Verdict::Allow => return format!("{what} is allowed by {}", self.reasons(number, Verdict::Allow)),
            Verdict::RequireApproval => "needs a person's approval",
            Verdict::Propose => "is proposed, for a person to apply",
            Verdict::Deny => "is denied",
        };
        let reasons = self.reasons(number, verdict);
        match reasons.is_empty() {
            true => format!("{what} {verb}: no rule permits it; {}", self.near[number].join(", or ")),
            false => {
                let unread = if self.is_unread(number, step, verdict) { UNREAD } else { "" };
                format!("{what} {verb} by {reasons}{unread}; to be allowed it must not fall under that rule")
            }
        }
    }

    /// Whether a rule about texts speaks because there is content that is no text.
    fn is_unread(&self, number: usize, step: &Step<'_>, effect: Verdict) -> bool {
        let about_texts = |rule: &Rule| rule.asks.iter().any(|(dimension, _)| *dimension == Dimension::Texts);
        step.hides_text() && self.spoke(number).any(|rule| rule.effect == effect && about_texts(rule))
    }

    fn named(&self, number: usize, step: &Step<'_>) -> String {
        let mut targets = Vec::new();
        step.targets(|target| targets.push(target.to_owned()));
        let more = targets.len().saturating_sub(MOST_TARGETS);
        targets.truncate(MOST_TARGETS);
        let mut targets = targets.join(", ");
        if more > 0 {
            targets.push_str(&format!(" and {more} more"));
        }
        format!("step {} ({} on {targets}) in {}", number + 1, step.kind, self.case.environment)
    }

    fn reasons(&self, step: usize, effect: Verdict) -> String {
        let said = self.spoke(step).filter(|rule| rule.effect == effect);
        said.map(|rule| format!("{} ({})", rule.id, rule.because)).collect::<Vec<_>>().join(", ")
    }

    /// One way to be allowed per entry.
    fn ways(&self) -> Vec<String> {
        let mut ways = Vec::new();
        for number in 0..self.case.steps.len() {
            let verdict = self.said.steps[number];
            for rule in self.spoke(number).filter(|rule| rule.effect > Verdict::Allow && rule.effect == verdict) {
                ways.push(match rule.effect {
                    Verdict::RequireApproval => {
                        let terms = rule.terms.clone().unwrap_or_default();
                        format!("step {}: {} agree, as {} asks", number + 1, words::terms(&terms), rule.id)
                    }
                    Verdict::Propose => format!("step {}: a person applies it, as {} asks", number + 1, rule.id),
                    _ => format!("step {}: it does not fall under {} ({})", number + 1, rule.id, rule.because),
                });
            }
            ways.extend(self.near[number].iter().map(|way| format!("step {}: {way}", number + 1)));
        }
        ways.extend(self.exceeded().map(|(id, because)| format!("the plan is cut until it fits {id} ({because})")));
        ways.dedup();
        ways
    }

    /// What all rules that ask people ask for together.
    fn terms(&self) -> Option<Terms> {
        let asking = self.said.spoke.iter().map(|spoke| &self.guardrails.index.rules[spoke.rule]);
        let mut asked: Option<Terms> = None;
        for rule in asking.filter(|rule| rule.effect == Verdict::RequireApproval) {
            // A rule without terms of its own means the default ones, and is met by whatever terms others name.
            let Some(terms) = rule.terms.clone() else { continue };
            asked = Some(match asked {
                None => terms,
                Some(before) => before.and(terms),
            });
        }
        asked.filter(|_| self.said.verdict == Verdict::RequireApproval)
    }

    /// Says what would hold the effects if they were sent now.
    fn add_waits(&self, decision: &mut Decision) {
        if decision.verdict == Verdict::Deny {
            return;
        }
        for wait in self.waits() {
            let because = wait.because.clone();
            decision.rationale.push_str(&format!("; now it would wait: {because}"));
            decision.rules.push(RuleVoice { rule: wait.id, verdict: Verdict::Allow, step: 0, because });
        }
    }

    fn waits(&self) -> Vec<Wait> {
        let standing = &self.guardrails.standing;
        let kinds: Vec<&str> = self.case.steps.iter().map(|step| step.kind.as_str()).collect();
        let (environment, resource) = (self.case.environment, self.case.steps[0].target);
        let effect = Effect { class: EffectClass::Apply, kinds: &kinds, environment, resource };
        let budgets = self.said.budgets.iter().map(|(index, room)| (&standing.budgets[*index], room));
        let full = budgets.filter_map(|(budget, room)| match room {
            Room::Later(until) => {
                let because = format!("{} allows {} ({})", budget.id, budget.in_words(), budget.because);
                Some(Wait { until: Some(*until), id: budget.id.clone(), because })
            }
            Room::Enough | Room::Never => None,
        });
        standing.wait(&effect, self.case.at).into_iter().chain(full).collect()
    }
}

const NO_RULE: &str = "a rule that names this kind and target would have to be added";

const UNREAD: &str = ", which can't be ruled out: what changes is no text";

/// Targets named in a rationale.
const MOST_TARGETS: usize = 8;
