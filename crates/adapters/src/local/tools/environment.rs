//! `environment_names`: which variables there are, by name.

use selfheal_core::error::Result;
use selfheal_core::value_type::ValueType;

use super::Scene;
use super::arguments::Arguments;

pub(super) fn look(scene: &Scene, _: &Arguments) -> Result<String> {
    let config = scene.pipeline.config();
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let configured = config.variables.iter().map(|(name, variable)| (name.clone(), variable.source.clone()));
    Ok(told(configured.collect(), set.collect()))
}

fn told(configured: Vec<(String, String)>, mut set: Vec<String>) -> String {
    set.retain(|name| ValueType::EnvName.accepts(name));
    set.sort();
    let given = configured.iter().map(|(name, source)| {
        let inherited = if set.contains(name) { "set, and " } else { "not set, but " };
        format!("{name}: {inherited}configured in {source}\n")
    });
    let given: String = given.collect();
    format!("{given}Set ({}):\n{}\n", set.len(), set.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_configured_comes_first_and_odd_names_are_left_out() {
        let configured = vec![("DATABASE_URL".to_owned(), ".env".to_owned()), ("HOME".to_owned(), ".env".to_owned())];
        let set = ["PATH", "HOME", "BASH_FUNC_x%%"].map(str::to_owned).to_vec();
        let expected =
            "DATABASE_URL: not set, but configured in .env\nHOME: set, and configured in .env\nSet (2):\nHOME\nPATH\n";
        assert_eq!(told(configured, set), expected);
    }
}
