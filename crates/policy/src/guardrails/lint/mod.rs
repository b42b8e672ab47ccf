//! What a guardrails document says that its author can hardly mean. It is still in force: a lint is advice.

mod budgets;
mod covered;
mod examples;
mod names;
mod people;
mod production;

use std::fmt;

use super::document::{ExampleDocument, GuardrailsDocument, Word};
use super::sections::{self, Expanded};
use crate::approvers::Approvers;
use crate::error::{LoadError, Place};
use crate::yaml;

const HARD_BLOCKS: (&str, &str) = ("guardrails/hard-blocks.yaml", include_str!("../../../guardrails/hard-blocks.yaml"));

/// What a document holds, and what is odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Its rules, sections included.
    pub rules: usize,
    /// Its examples.
    pub examples: usize,
    /// In the order of their places.
    pub warnings: Vec<Warning>,
}

/// Something odd. It prints as `FILE:LINE:COLUMN: what is odd, and what was expected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(LoadError);

impl Warning {
    pub(super) fn new(document: &str, at: &Word, problem: impl fmt::Display) -> Self {
        Self(LoadError::located(document, at.referenced, problem))
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        self.0.place()
    }

    /// What is odd.
    #[must_use]
    pub fn problem(&self) -> &str {
        self.0.problem()
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Looks at a document that [loads](super::Guardrails::from_text); `people` are those whom its rules may ask, where that is known.
///
/// # Errors
/// If it can't be read.
pub fn lint(name: &str, text: &str, people: Option<&Approvers>) -> Result<Lint, LoadError> {
    let (blocks, _) = read(HARD_BLOCKS.0, HARD_BLOCKS.1)?;
    let (own, its_examples) = read(name, text)?;
    let mut warnings = covered::warnings(name, &own.rules, &blocks.rules);
    warnings.extend(production::warnings(name, &own.rules));
    warnings.extend(people.map(|people| people::warnings(name, &own.rules, people)).unwrap_or_default());
    warnings.extend(budgets::warnings(name, &own.budgets));
    warnings.extend(examples::warnings(name, &its_examples, text)?);
    warnings.extend(names::warnings(name, &own, &its_examples));
    warnings.sort_by_key(|warning| warning.place().position);
    Ok(Lint { rules: own.ids.len(), examples: its_examples.len(), warnings })
}

fn read(name: &str, text: &str) -> Result<(Expanded, Vec<ExampleDocument>), LoadError> {
    let mut document: GuardrailsDocument = yaml::parse(name, text)?;
    let expanded = sections::expand(name, &mut document)?;
    Ok((expanded, document.examples))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "schema: selfheal.dev/guardrails/v1\nname: team\nversion: 1\n";

    fn warned(body: &str, people: Option<&str>) -> Vec<String> {
        let people = people.map(|people| Approvers::from_text("people.yaml", people, |_, _, _| false).unwrap());
        let lint = lint("team.yaml", &format!("{HEAD}{body}"), people.as_ref()).unwrap();
        lint.warnings.iter().map(ToString::to_string).collect()
    }

    fn rule(id: &str, effect: &str, rest: &str) -> String {
        format!("  - {{id: {id}, effect: {effect}, because: why, {rest}}}\n")
    }

    #[test]
    fn what_another_deny_covers_as_written_is_told_with_the_deny() {
        let deny = rule("locked", "deny", "kinds: [edit_file], targets: ['*.lock', 'infra/*']");
        let covered =
            rule("mend", "require_approval", "kinds: [edit_file], targets: ['infra/main.tf'], environments: [dev]");
        let open = rule("other", "require_approval", "kinds: [edit_file], targets: ['src/*']");
        assert_eq!(
            warned(&format!("rules:\n{deny}{covered}{open}"), None),
            ["team.yaml:6:10: 'mend' can never be heard: 'locked' denies all that it speaks about"]
        );
        let conditional = rule("locked", "deny", "kinds: ['*'], when: {severity: [critical]}");
        assert_eq!(warned(&format!("rules:\n{conditional}{covered}"), None), [""; 0]);
    }

    #[test]
    fn the_shipped_hard_blocks_cover_too() {
        let hooks = rule("hooks", "require_approval", "kinds: [edit_file], targets: ['.git/hooks/pre-push']");
        assert_eq!(
            warned(&format!("rules:\n{hooks}"), None),
            ["team.yaml:5:10: 'hooks' can never be heard: 'hard-blocks/git-internals' denies all that it speaks about"]
        );
    }

    #[test]
    fn of_two_denials_that_cover_each_other_the_later_is_told() {
        let twice = rule("one", "deny", "kinds: ['*']") + &rule("two", "deny", "kinds: ['*']");
        assert_eq!(
            warned(&format!("rules:\n{twice}"), None),
            ["team.yaml:6:10: 'two' adds nothing: 'one' denies all that it speaks about"]
        );
    }

    #[test]
    fn what_production_allows_unseen_is_told() {
        let open = rule("open", "allow", "kinds: [edit_file], environments: [production]");
        let told = warned(&format!("rules:\n{open}"), None);
        assert!(told[0].contains("'rehearsed: true' and 'reversibility'"), "{told:?}");
        let sure = "when: {rehearsed: true, reversibility: [undoable]}";
        for quiet in [
            rule("sure", "allow", &format!("kinds: [edit_file], {sure}")),
            rule("dev", "allow", "kinds: [edit_file], environments: [dev]"),
            rule("rerun", "allow", "kinds: [retry_stage]"),
        ] {
            assert_eq!(warned(&format!("rules:\n{quiet}"), None), [""; 0], "{quiet}");
        }
    }

    #[test]
    fn whom_nobody_can_answer_for_is_told_once_the_people_are_known() {
        let ask = rule("ask", "{require_approval: {k: 2, roles: [dba]}}", "kinds: ['*']");
        let people = format!(
            "schema: selfheal.dev/approvers/v1\npeople:\n  - {{name: ada, key: 'ed25519:{}', roles: [dba]}}\n",
            "a5".repeat(32)
        );
        assert_eq!(warned(&format!("rules:\n{ask}"), None), [""; 0]);
        assert_eq!(
            warned(&format!("rules:\n{ask}"), Some(&people)),
            ["team.yaml:5:10: 'ask' asks 2 people of role dba, and 1 is enrolled: nobody could agree"]
        );
    }

    #[test]
    fn a_budget_that_another_makes_needless_is_told() {
        let body = "rate_limits:\n  - {id: slow, scope: fleet, per: 1h, at_most: {effects: 5}, because: why}\n  \
                    - {id: fast, scope: fleet, per: 10m, at_most: {effects: 9}, kinds: [edit_file], because: why}\n";
        assert_eq!(
            warned(body, None),
            ["team.yaml:6:10: 'fast' can never be reached: 'slow' allows no more in longer"]
        );
    }

    #[test]
    fn an_environment_that_nobody_shows_is_told() {
        let body = format!("rules:\n{}", rule("no", "deny", "kinds: ['*'], environments: [prod]"));
        let told = warned(&body, None);
        assert!(told.len() == 1 && told[0].contains("shows the environment 'prod'"), "{told:?}");
        let shown = "examples:\n  - {name: a, given: {kind: edit_file, environment: prod}, expect: deny}\n";
        assert_eq!(warned(&format!("{body}{shown}"), None), [""; 0]);
    }

    #[test]
    fn an_example_that_repeats_another_is_told() {
        let body = "rules:\n  - {id: no, effect: deny, kinds: ['*'], because: why}\nexamples:\n  \
                    - {name: a, given: {kind: edit_file, environment: dev}, expect: deny}\n  \
                    - {name: b, given: {environment: dev, kind: edit_file}, expect: deny}\n  \
                    - {name: c, given: {kind: edit_file, environment: qa}, expect: deny}\n";
        assert_eq!(warned(body, None), ["team.yaml:8:12: example 'b' repeats example 'a'"]);
    }
}
