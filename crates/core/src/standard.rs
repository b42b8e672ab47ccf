//! The specs of the kinds that selfheal itself names: one list for runbooks, policies and executors.

use crate::action::{ActionKind, ActionSpec, Narrower, ParameterType, Reversibility, RiskTier};

/// The kinds of [`ActionKind::ALL`] with their parameters.
///
/// | kind | parameters |
/// |---|---|
/// | `retry_stage` | `attempts` (starts, at least 1), `initial_backoff_ms` |
/// | `set_environment` | `name`, `source` (which configured source; never the value) |
/// | `patch_dependency_version` | `ecosystem`, `package`, `requirement`, `manifest`, optionally `also`: a JSON list of further pins that belong together |
/// | `add_dependency` | `ecosystem`, `package`, `requirement`, `manifest`, optionally `section`, `features` (comma-separated) |
/// | `regenerate_lockfile` | `ecosystem`, `manifest` |
/// | `increase_memory` | `limit_bytes` |
/// | `edit_file` | `path`, `line` (1-based), `expected` (the exact lines there), `replacement` |
#[must_use]
pub fn standard_specs() -> Vec<ActionSpec> {
    use ParameterType::{Integer, Text};
    let dependency = |kind| {
        let spec = ActionSpec::new(kind).requires("ecosystem", Text).requires("package", Text);
        spec.requires("requirement", Text).requires("manifest", Text)
    };
    vec![
        ActionSpec::new(ActionKind::RETRY_STAGE)
            .requires("attempts", Integer)
            .requires("initial_backoff_ms", Integer)
            .narrowing("attempts", Narrower::Lower)
            .rated(RiskTier::Low, Reversibility::NothingToUndo),
        ActionSpec::new(ActionKind::SET_ENVIRONMENT)
            .requires("name", Text)
            .requires("source", Text)
            .rated(RiskTier::Low, Reversibility::Undoable),
        dependency(ActionKind::PATCH_DEPENDENCY_VERSION).accepts("also", Text),
        dependency(ActionKind::ADD_DEPENDENCY).accepts("section", Text).accepts("features", Text),
        ActionSpec::new(ActionKind::REGENERATE_LOCKFILE).requires("ecosystem", Text).requires("manifest", Text),
        ActionSpec::new(ActionKind::INCREASE_MEMORY)
            .requires("limit_bytes", Integer)
            .narrowing("limit_bytes", Narrower::Lower)
            .rated(RiskTier::Low, Reversibility::Undoable),
        ActionSpec::new(ActionKind::EDIT_FILE)
            .requires("path", Text)
            .requires("line", Integer)
            .requires("expected", Text)
            .requires("replacement", Text),
    ]
}

impl ActionKind {
    /// Run a command that only reads. Not among [`ActionKind::ALL`]: a host switches it on, see [`run_command_spec`].
    pub const RUN_COMMAND: Self = Self::custom("run_command");
}

/// The spec of [`ActionKind::RUN_COMMAND`], the one kind whose parameter is the text of a command: the escape hatch for a check or a
/// wait that no other kind has. It is off unless a host gives an executor for it, and a
/// [`CommandJudge`](crate::ports::CommandJudge) lets through the text of each.
///
/// | parameter | |
/// |---|---|
/// | `command` | the text: one program and its arguments |
/// | `directory` | where it runs, within the project; the project itself by default |
/// | `timeout_ms` | after which it is stopped, and has failed; a minute by default |
///
/// What it only reads can be told, that it does no more can't be proven: so it counts as what can't be taken back, and a person
/// agrees to each.
#[must_use]
pub fn run_command_spec() -> ActionSpec {
    let spec = ActionSpec::new(ActionKind::RUN_COMMAND)
        .requires("command", ParameterType::Text)
        .accepts("directory", ParameterType::Text)
        .accepts("timeout_ms", ParameterType::Integer);
    ActionSpec { idempotent: false, ..spec.rated(RiskTier::High, Reversibility::Irreversible) }
}

/// The spec of a kind that selfheal names, switched on or not; `None` of a host's own.
#[must_use]
pub fn spec_of(kind: &ActionKind) -> Option<ActionSpec> {
    standard_specs().into_iter().chain([run_command_spec()]).find(|spec| spec.kind == *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_no_kind_that_anybody_has_by_default() {
        assert!(!ActionKind::ALL.contains(&ActionKind::RUN_COMMAND));
        assert_eq!(ActionKind::named("run_command"), ActionKind::RUN_COMMAND);
    }

    #[test]
    fn every_kind_has_one_spec() {
        let kinds: Vec<ActionKind> = standard_specs().into_iter().map(|spec| spec.kind).collect();
        assert_eq!(kinds, ActionKind::ALL);
    }
}
