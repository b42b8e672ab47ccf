//! What a guardrails document says that its author can hardly mean. It is still in force: a lint is advice.

mod autonomy;
mod budgets;
mod covered;
mod examples;
mod names;
mod people;
mod production;
mod provenance;
mod windows;

use selfheal_core::time::Timestamp;

use super::document::GuardrailsDocument;
use super::sections::{self, Expanded};
use crate::approvers::Approvers;
use crate::error::LoadError;
use crate::warning::Warning;
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

/// What is known beside the document; what isn't is not looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Those whom its rules may ask.
    pub people: Option<&'a Approvers>,
    /// When it is looked at.
    pub now: Option<Timestamp>,
}

/// Looks at a document that [loads](super::Guardrails::from_text).
///
/// # Errors
/// If it can't be read.
pub fn lint(name: &str, text: &str, beside: &Beside<'_>) -> Result<Lint, LoadError> {
    let blocks = Read::of(HARD_BLOCKS.0, HARD_BLOCKS.1)?.expanded;
    let Read { expanded: own, document } = Read::of(name, text)?;
    let (rules, examples) = (&own.rules, &document.examples);
    let mut warnings = covered::warnings(name, rules, &blocks.rules);
    warnings.extend(production::warnings(name, rules));
    warnings.extend(beside.people.map(|people| people::warnings(name, rules, people)).unwrap_or_default());
    warnings.extend(budgets::warnings(name, &own.budgets));
    warnings.extend(windows::warnings(name, &own, beside.now));
    warnings.extend(provenance::warnings(name, &document.provenance, rules, examples));
    warnings.extend(autonomy::warnings(name, document.autonomy.as_ref()));
    warnings.extend(examples::warnings(name, examples, text)?);
    warnings.extend(names::warnings(name, &own, examples));
    warnings.sort_by_key(|warning| warning.place().position);
    Ok(Lint { rules: own.ids.len(), examples: examples.len(), warnings })
}

/// A document, and what its rules and sections become.
struct Read {
    expanded: Expanded,
    document: GuardrailsDocument,
}

impl Read {
    fn of(name: &str, text: &str) -> Result<Self, LoadError> {
        let mut document: GuardrailsDocument = yaml::parse(name, text)?;
        Ok(Self { expanded: sections::expand(name, &mut document)?, document })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T12:00:00Z.
    const NOW: Timestamp = Timestamp::from_millis(1_795_348_800_000);
    const HEAD: &str = "schema: selfheal.dev/guardrails/v1\nname: team\nversion: 1\n";

    fn warned(body: &str, people: Option<&str>) -> Vec<String> {
        let people = people.map(|people| Approvers::from_text("people.yaml", people, |_, _, _| false).unwrap());
        let beside = Beside { people: people.as_ref(), now: Some(NOW) };
        let lint = lint("team.yaml", &format!("{HEAD}{body}"), &beside).unwrap();
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

    #[test]
    fn a_window_that_is_over_is_told_with_what_comes_of_it() {
        let window = "zone: Europe/Berlin, from: 2025-12-19, until: 2026-01-03, because: why";
        let body = format!(
            "freeze:\n  - {{id: xmas, {window}}}\nmaintenance:\n  - {{id: nights, {window}}}\nrules:\n{}",
            rule("then", "deny", "kinds: ['*'], when: {time: {within: {zone: UTC, until: 2026-11-21}}}")
        );
        let told = warned(&body, None);
        assert_eq!(
            told[0],
            "team.yaml:5:62: 'xmas' ended on 2026-01-03 and it holds nothing any more; expected an end that is still to come"
        );
        assert!(told[1].contains("'nights'") && told[1].contains("waits for ever"), "{told:?}");
        assert!(told[2].contains("'then'") && told[2].contains("never heard again") && told.len() == 3, "{told:?}");
        assert_eq!(warned(&body.replace("until: 2026", "until: 2027"), None), [""; 0]);
        let outside = rule("then", "deny", "kinds: ['*'], when: {time: {outside: {zone: UTC, until: 2026-11-21}}}");
        assert_eq!(warned(&format!("rules:\n{outside}"), None), [""; 0]);
    }

    #[test]
    fn a_freeze_that_denies_is_told_once() {
        let freeze =
            "freeze:\n  - {id: f, zone: Etc/GMT-2, effect: deny, from: 2025-01-01, until: 2025-01-02, because: b}\n";
        assert_eq!(warned(freeze, None).len(), 2);
    }

    #[test]
    fn a_zone_without_summer_is_told_with_the_offset_that_it_means() {
        let freeze = |zone: &str| {
            let weekly = "weekly: [{from: 'fri 18:00', until: 'mon 06:00'}]";
            warned(&format!("freeze:\n  - {{id: f, zone: {zone}, {weekly}, because: why}}\n"), None)
        };
        for (zone, offset) in [("Etc/GMT-2", "UTC+2"), ("etc/gmt+11", "UTC-11"), ("EST", "UTC-5")] {
            let told = freeze(zone);
            assert!(told.len() == 1 && told[0].contains(&format!("is always {offset}, in summer too")), "{told:?}");
        }
        for zone in ["UTC", "Etc/UTC", "Etc/GMT", "Etc/GMT+0", "Europe/Berlin", "Asia/Tokyo", "EST5EDT"] {
            assert_eq!(freeze(zone), [""; 0], "{zone}");
        }
    }

    #[test]
    fn what_exempts_applying_is_told() {
        let body = "freeze:\n  - {id: f, zone: UTC, weekly: [{from: 'fri 18:00', until: 'mon 06:00'}], exempt: [apply, undo], because: b}\n\
                    budgets:\n  - {id: b, scope: fleet, per: 1h, at_most: {effects: 5}, exempt: [apply], because: b}\n";
        let told = warned(body, None);
        assert!(told.len() == 2 && told.iter().all(|told| told.contains("exempts 'apply'")), "{told:?}");
        assert_eq!(warned(&body.replace("apply", "rehearse"), None), [""; 0]);
    }

    #[test]
    fn a_model_s_free_hand_is_told() {
        let told = warned("provenance:\n  '*': model\n  edit_file.*: model\n  package: model\n", None);
        assert!(told.len() == 1 && told[0].starts_with("team.yaml:5:8: '*: model' lets a model choose"), "{told:?}");
    }

    #[test]
    fn a_parameter_that_no_known_kind_has_is_told() {
        let told = warned("provenance: {packge: observed, shard: observed}\n", None);
        assert!(told[0].contains("the parameter 'packge'; did you mean 'package'?"), "{told:?}");
        assert!(told[1].contains("the parameter 'shard'; expected one that a kind has") && told.len() == 2, "{told:?}");
        let shown =
            "examples:\n  - {name: a, given: {kind: k, environment: dev, parameters: {shard: 1}}, expect: deny}\n";
        assert_eq!(warned(&format!("provenance: {{shard: observed}}\n{shown}"), None), [""; 0]);
    }

    #[test]
    fn production_that_asks_for_less_is_told() {
        let told = warned("autonomy: {environment: {dev: 0.1, staging: -0.3, production: -0.2}}\n", None);
        assert!(told.len() == 2 && told[0].contains("less than 'environment.dev' (0.1)"), "{told:?}");
        assert!(told[1].starts_with("team.yaml:4:") && told[1].contains("acts in production on less"), "{told:?}");
        assert_eq!(warned("autonomy: {threshold: 0.9}\n", None), [""; 0]);
    }
}
