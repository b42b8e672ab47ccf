//! The floor: these rules, and nothing but them, as code that somebody would write for exactly them.

use std::collections::BTreeMap;

use regex::RegexSet;
use selfheal_core::action::{Action, Provenance, Value};
use selfheal_core::decision::Verdict;
use selfheal_core::plan::Preview;
use selfheal_core::ports::RehearsalEvidence;

use super::{Asked, Condition, RuleRow};
use crate::Failed;

/// Rules by kind; all patterns of one sort in one set.
#[derive(Debug)]
pub struct ByHand {
    by_kind: BTreeMap<&'static str, Vec<usize>>,
    rows: Vec<RuleRow>,
    targets: Set,
    texts: Set,
    packages: Set,
}

#[derive(Debug)]
struct Set {
    patterns: RegexSet,
    rules: Vec<usize>,
}

impl Set {
    fn of(rows: &[RuleRow], pattern: impl Fn(&Condition) -> Option<String>) -> Result<Self, Failed> {
        let with = rows.iter().enumerate().filter_map(|(index, row)| Some((index, pattern(&row.condition)?)));
        let (rules, patterns): (Vec<usize>, Vec<String>) = with.unzip();
        Ok(Self { patterns: RegexSet::new(patterns)?, rules })
    }

    fn mark(&self, text: &str, hit: &mut [bool]) {
        self.patterns.matches(text).into_iter().for_each(|pattern| hit[self.rules[pattern]] = true);
    }
}

impl ByHand {
    /// From the rules.
    ///
    /// # Errors
    /// A pattern that isn't one.
    pub fn new(rows: &[RuleRow]) -> Result<Self, Failed> {
        let mut by_kind: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            row.kinds.iter().for_each(|kind| by_kind.entry(kind).or_default().push(index));
        }
        let target = |condition: &Condition| match condition {
            Condition::Target(glob) => Some(format!("^{}$", regex::escape(glob).replace(r"\*", ".*"))),
            _ => None,
        };
        let text = |condition: &Condition| match condition {
            Condition::Text(pattern) => Some(pattern.clone()),
            _ => None,
        };
        let package = |condition: &Condition| match condition {
            Condition::Parameter(_, pattern) => Some(pattern.clone()),
            _ => None,
        };
        let (targets, texts, packages) = (Set::of(rows, target)?, Set::of(rows, text)?, Set::of(rows, package)?);
        Ok(Self { by_kind, rows: rows.to_vec(), targets, texts, packages })
    }

    /// The verdict, and the rules that spoke: step and index.
    #[must_use]
    pub fn decide(&self, asked: &Asked) -> (Verdict, Vec<(usize, usize)>) {
        let environment = asked.incident.environment.as_str();
        let rehearsed = asked.rehearsal == RehearsalEvidence::Verified;
        let (mut verdict, mut spoke) = (Verdict::Allow, Vec::new());
        let mut hit = vec![false; self.rows.len()];
        for (number, (step, preview)) in asked.plan.steps.iter().zip(&asked.previews).enumerate() {
            hit.fill(false);
            self.mark(&step.action, preview, &mut hit);
            let (mut allowed, mut denied) = (false, false);
            for &index in self.by_kind.get(step.action.kind().as_str()).map_or(&[][..], Vec::as_slice) {
                let row = &self.rows[index];
                let here = row.environments.is_empty() || row.environments.contains(&environment);
                if here && holds(&row.condition, &step.action, rehearsed, hit[index]) {
                    spoke.push((number, index));
                    *(if row.denies { &mut denied } else { &mut allowed }) = true;
                }
            }
            if denied || !allowed {
                verdict = Verdict::Deny;
            }
        }
        (verdict, spoke)
    }

    fn mark(&self, action: &Action, preview: &Preview, hit: &mut [bool]) {
        for change in &preview.changes {
            self.targets.mark(&change.what, hit);
            for line in change.diff.lines().filter_map(|line| line.strip_prefix('+')) {
                self.texts.mark(line, hit);
            }
        }
        for (name, parameter) in action.parameters() {
            if let Value::Text(text) = &parameter.value {
                self.texts.mark(text, hit);
                if name == "package" {
                    self.packages.mark(text, hit);
                }
            }
        }
    }
}

fn holds(condition: &Condition, action: &Action, rehearsed: bool, hit: bool) -> bool {
    let parameter = |name: &str| action.parameters().get(name);
    match condition {
        Condition::Always => true,
        Condition::AtLeast(name, least) => {
            parameter(name).is_some_and(|own| matches!(own.value, Value::Integer(number) if number >= *least))
        }
        Condition::OneOf(name, all) => {
            parameter(name).is_some_and(|own| matches!(&own.value, Value::Text(text) if all.contains(text)))
        }
        Condition::FromModel(name) => {
            parameter(name).is_some_and(|own| matches!(own.provenance, Provenance::Model { .. }))
        }
        Condition::Unrehearsed => !rehearsed,
        Condition::Target(_) | Condition::Text(_) | Condition::Parameter(..) => hit,
    }
}
