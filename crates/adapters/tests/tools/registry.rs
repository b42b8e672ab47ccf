//! What registries have, by their tools.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use selfheal_adapters::local::ecosystem::{Invocation, ToolError, ToolOutput, Tools};
use selfheal_core::error::ErrorKind;

use super::scene::Project;

/// npm with one answer; remembers what it was asked.
#[derive(Default)]
struct Npm(Mutex<Vec<(Vec<String>, PathBuf)>>);

impl Tools for Npm {
    fn run(&self, invocation: &Invocation) -> Result<ToolOutput, ToolError> {
        assert!(invocation.timeout.as_secs() <= 10);
        self.0.lock().unwrap().push((invocation.args.clone(), invocation.dir.clone()));
        let stdout = "[\"1.0.0\", \"1.1.0\", \"2.0.0-rc.1\"]".to_owned();
        Ok(ToolOutput { status: Some(0), stdout, stderr: String::new() })
    }
}

#[tokio::test]
async fn versions_are_told_newest_first_and_asked_outside_of_the_project() {
    let npm = Arc::new(Npm::default());
    let project = Project::with_tools(npm.clone());
    project.write("package.json", "{}");
    let said = project.look("registry_versions", &[("package", "@scope/left-pad")]).await.unwrap();
    assert_eq!(said, "npm, newest first:\n2.0.0-rc.1\n1.1.0\n1.0.0\n");
    let asked = npm.0.lock().unwrap();
    assert_eq!(asked[0].0, ["view", "@scope/left-pad", "versions", "--json"]);
    assert!(!asked[0].1.starts_with(&project.dir));
}

#[tokio::test]
async fn what_is_no_name_of_a_package_reaches_no_tool() {
    let npm = Arc::new(Npm::default());
    let project = Project::with_tools(npm.clone());
    project.write("package.json", "{}");
    for name in ["--registry=http://evil", "git+https://x", "../x", "a b", "file:x", "x@latest", "$(id)", "left-pad@1"]
    {
        let said = project.look("registry_versions", &[("package", name)]).await;
        assert_eq!(said.unwrap_err().kind(), ErrorKind::Invalid, "{name}");
    }
    assert!(npm.0.lock().unwrap().is_empty());
}
