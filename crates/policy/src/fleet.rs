//! The bounds of the fleet's guards as a file: core's [`FleetLimits`] in YAML or JSON.
//!
//! What is left out has its default, a guard that is `null` is off.
//!
//! ```yaml
//! autonomy_must_be_granted: [production]     # there people are asked, unless an operator granted autonomy lately
//! budgets:
//!   - {scope: resource, per_seconds: 3600, starts: 10}
//!   - {scope: fleet, per_seconds: 3600, starts: 100, resources: 40}
//! cool_down: {after_heal_seconds: 60, after_failed_heal_seconds: 600}
//! relapses: {at_most: 2, within_seconds: 86400}
//! dependencies: null
//! ```

use std::path::Path;

use selfheal_core::fleet::FleetLimits;

use crate::error::LoadError;
use crate::yaml;

/// The bounds that a file sets.
///
/// # Errors
/// If it can't be read, or says what can't be kept: with file, line where it is known, and what was expected.
pub fn from_file(path: &Path) -> Result<FleetLimits, LoadError> {
    checked(&path.display().to_string(), yaml::parse_file(path)?)
}

/// As [`from_file`], for a text that is in memory; `name` stands for its path in errors.
///
/// # Errors
/// As [`from_file`].
pub fn from_text(name: &str, text: &str) -> Result<FleetLimits, LoadError> {
    checked(name, yaml::parse(name, text)?)
}

fn checked(name: &str, limits: FleetLimits) -> Result<FleetLimits, LoadError> {
    limits.check().map_err(|problem| LoadError::whole(name, problem))?;
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use selfheal_core::resource::Environment;

    use super::*;

    #[test]
    fn what_is_left_out_has_its_default_and_null_is_off() {
        let limits = from_text("fleet.yaml", "autonomy_must_be_granted: [production]\nmass_failure: null\n").unwrap();
        assert!(limits.autonomy_must_be_granted.contains(&Environment::Production));
        assert_eq!(limits.mass_failure, None);
        assert_eq!(limits.relapses, FleetLimits::default().relapses);
        let json = from_text("fleet.json", r#"{"budgets": [{"scope": "fleet", "per_seconds": 60, "starts": 1}]}"#);
        assert_eq!(json.unwrap().budgets.len(), 1);
    }

    #[test]
    fn what_can_not_be_kept_is_refused_with_its_place() {
        for (text, problem) in [
            ("budget: []\n", "fleet.yaml:1:1: "),
            (
                "relapses:\n  at_most: many\n  within_seconds: 1\n",
                "fleet.yaml:2:12: expected a whole number, 0 or more",
            ),
            (
                "mass_failure: {resources: 1, within_seconds: 60}\n",
                "fleet.yaml: fleet limit `mass_failure.resources`: expected at least 2",
            ),
            ("budgets: [{scope: fleet, per_seconds: 60}]\n", "fleet.yaml: fleet limit `budgets`: expected one of"),
        ] {
            let refused = from_text("fleet.yaml", text).unwrap_err().to_string();
            assert!(refused.starts_with(problem), "{refused}");
        }
    }
}
