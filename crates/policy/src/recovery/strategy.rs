//! Names of strategies, and the kinds of action that each of them means.
//!
//! A strategy is the exact name of a kind of action, or one of the names below. Case, `-`, `_` and blanks don't matter: `RetryStage`,
//! `retry-stage` and `retry_stage` are one. A strategy may mean kinds that no executor at hand performs; it permits nothing then.
//!
//! | strategy | kinds |
//! |---|---|
//! | `retry`, `retry-step`, `retry-job`, `retry-with-backoff`, `exponential-backoff`, `rerun` | `retry_stage` |
//! | `dependency-fix`, `fix-dependency`, `fix-dependencies`, `dependency-resolution`, `resolve-dependencies` | `patch_dependency_version`, `add_dependency`, `regenerate_lockfile` |
//! | `version-fix`, `patch-dependency`, `dependency-patch`, `update-dependency`, `dependency-update`, `upgrade-dependency`, `dependency-upgrade`, `pin-version`, `version-pin`, `pin-dependency` | `patch_dependency_version` |
//! | `install-dependency`, `install-missing-dependency`, `missing-dependency` | `add_dependency` |
//! | `lockfile-fix`, `update-lockfile`, `refresh-lockfile` | `regenerate_lockfile` |
//! | `config-patch`, `patch-config`, `config-fix`, `fix-config`, `configuration-fix`, `update-config` | `set_environment`, `edit_file` |
//! | `set-env`, `inject-env`, `environment-fix`, `inject-environment` | `set_environment` |
//! | `patch-file`, `file-edit`, `patch`, `code-fix` | `edit_file` |
//! | `increase-resources`, `resource-increase`, `adjust-resources`, `resource-adjustment`, `scale-resources`, `resource-scaling`, `memory-increase`, `increase-memory-limit`, `bump-memory` | `increase_memory` |
//! | `scale`, `scale-up`, `scale-out` | `scale_workload` |
//! | `restart`, `restart-pod`, `pod-restart` | `restart_workload`, `restart_service` |
//! | `rollback`, `revert` | `roll_back_workload`, `revert_commit` |
//! | `escalate`, `notify`, `manual`, `manual-intervention` | none: a person is told anyway |

use std::collections::BTreeSet;

use selfheal_core::action::ActionKind;

const STRATEGIES: &[(&[&str], &[&str])] = &[
    (&["retry", "retrystep", "retryjob", "retrywithbackoff", "exponentialbackoff", "rerun"], &["retry_stage"]),
    (
        &["dependencyfix", "fixdependency", "fixdependencies", "dependencyresolution", "resolvedependencies"],
        &["patch_dependency_version", "add_dependency", "regenerate_lockfile"],
    ),
    (
        &[
            "versionfix",
            "patchdependency",
            "dependencypatch",
            "updatedependency",
            "dependencyupdate",
            "upgradedependency",
            "dependencyupgrade",
            "pinversion",
            "versionpin",
            "pindependency",
        ],
        &["patch_dependency_version"],
    ),
    (&["installdependency", "installmissingdependency", "missingdependency"], &["add_dependency"]),
    (&["lockfilefix", "updatelockfile", "refreshlockfile"], &["regenerate_lockfile"]),
    (
        &["configpatch", "patchconfig", "configfix", "fixconfig", "configurationfix", "updateconfig"],
        &["set_environment", "edit_file"],
    ),
    (&["setenv", "injectenv", "environmentfix", "injectenvironment"], &["set_environment"]),
    (&["patchfile", "fileedit", "patch", "codefix"], &["edit_file"]),
    (
        &[
            "increaseresources",
            "resourceincrease",
            "adjustresources",
            "resourceadjustment",
            "scaleresources",
            "resourcescaling",
            "memoryincrease",
            "increasememorylimit",
            "bumpmemory",
        ],
        &["increase_memory"],
    ),
    (&["scale", "scaleup", "scaleout"], &["scale_workload"]),
    (&["restart", "restartpod", "podrestart"], &["restart_workload", "restart_service"]),
    (&["rollback", "revert"], &["roll_back_workload", "revert_commit"]),
    (&["escalate", "notify", "manual", "manualintervention"], &[]),
];

/// The kinds that `strategy` means; `None` if it is no name above and none of `kinds`.
pub(crate) fn kinds_of(strategy: &str, kinds: &BTreeSet<ActionKind>) -> Option<BTreeSet<ActionKind>> {
    let name = squashed(strategy);
    let itself = kinds.iter().find(|kind| squashed(kind.as_str()) == name);
    let named = STRATEGIES.iter().find(|(names, _)| names.contains(&name.as_str()));
    match (itself, named) {
        (Some(kind), _) => Some(BTreeSet::from([kind.clone()])),
        (None, Some((_, kinds))) => Some(kinds.iter().map(|kind| ActionKind::named(kind)).collect()),
        (None, None) => None,
    }
}

/// The kinds that some strategy means.
pub(crate) fn kinds() -> impl Iterator<Item = ActionKind> {
    STRATEGIES.iter().flat_map(|(_, kinds)| *kinds).map(|kind| ActionKind::named(kind))
}

/// The first name of each strategy, for people.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STRATEGIES.iter().filter_map(|(names, _)| names.first().copied())
}

/// A name without what spellings differ in.
pub(crate) fn squashed(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(strategy: &str) -> Option<Vec<String>> {
        let kinds = kinds_of(strategy, &ActionKind::ALL.iter().cloned().collect())?;
        Some(kinds.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn spelling_does_not_matter_and_the_unknown_is_unknown() {
        for retry in ["retry_stage", "RetryStage", "retry-stage", "Retry", "retry with backoff"] {
            assert_eq!(meant(retry), Some(vec!["retry_stage".to_owned()]), "{retry}");
        }
        assert_eq!(meant("manual-intervention"), Some(vec![]));
        assert_eq!(meant("retryy"), None);
        assert_eq!(meant(""), None);
    }

    #[test]
    fn the_page_above_lists_every_name_with_what_it_means() {
        let page = include_str!("strategy.rs");
        let mut rows = page.lines().filter_map(|line| line.strip_prefix("//! | `"));
        for (names, kinds) in STRATEGIES {
            let row = rows.next().unwrap();
            let (named, meaning) = row.split_once(" | ").unwrap();
            let named: Vec<String> = named.split(", ").map(|name| squashed(name.trim_matches('`'))).collect();
            for name in *names {
                assert!(named.iter().any(|row| row == name), "{name} is not in {row}");
            }
            for kind in *kinds {
                assert!(meaning.contains(&format!("`{kind}`")), "{kind} is not in {row}");
            }
            for name in named {
                assert!(names.contains(&name.as_str()), "{name} means nothing");
            }
        }
        assert_eq!(rows.next(), None);
    }
}
