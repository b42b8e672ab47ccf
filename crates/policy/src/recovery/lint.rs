//! What recovery and healing policies say that their author can hardly mean.

use super::Names;
use super::load::{self, Read};
use crate::error::LoadError;
use crate::warning::Warning;

/// Looks at a text that [loads](super::RecoveryPolicies::from_text) with the same `names`.
///
/// # Errors
/// If it can't be read.
pub fn lint(name: &str, text: &str, names: &Names) -> Result<Vec<Warning>, LoadError> {
    let Read::Healing(policies) = load::read(name, text)? else { return Ok(Vec::new()) };
    let kinds = policies.iter().map(|policy| &policy.resource_kind);
    let unknown = kinds.filter(|word| word.value.trim() != "*" && !names.has_resource_kind(word.value.trim()));
    let warning = |word: &super::document::Word| {
        let problem = format!(
            "expected a kind of resource that is known, such as 'pipeline' or 'deployment', found '{}'",
            word.value
        );
        Warning::at(name, word.referenced, problem)
    };
    Ok(unknown.map(warning).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_resource_that_nobody_knows_is_told_with_its_place() {
        let text = "[{\"resource_kind\": \"turbine\", \"issue_type\": \"*\", \"auto_heal\": true, \"max_retries\": 1},\n \
                    {\"resource_kind\": \"Pod\", \"issue_type\": \"*\", \"auto_heal\": true, \"max_retries\": 1}]";
        let told = lint("h.json", text, &Names::default()).unwrap();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert!(
            told.len() == 1 && told[0].starts_with("h.json:1:20: ") && told[0].ends_with("found 'turbine'"),
            "{told:?}"
        );
        let own = Names::default().with_resource_kind("turbine");
        assert_eq!(lint("h.json", text, &own), Ok(Vec::new()));
    }
}
