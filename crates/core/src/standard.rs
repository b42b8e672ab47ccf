//! The specs of the kinds that selfheal itself names: one list for runbooks, policies and executors.

use crate::action::{ActionKind, ActionSpec, ParameterType, Reversibility, RiskTier};

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
            .rated(RiskTier::Low, Reversibility::Undoable),
        ActionSpec::new(ActionKind::EDIT_FILE)
            .requires("path", Text)
            .requires("line", Integer)
            .requires("expected", Text)
            .requires("replacement", Text),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_spec() {
        let kinds: Vec<ActionKind> = standard_specs().into_iter().map(|spec| spec.kind).collect();
        assert_eq!(kinds, ActionKind::ALL);
    }
}
