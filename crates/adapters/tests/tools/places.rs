//! Files, variables and the machine.

use selfheal_core::error::ErrorKind;
use selfheal_core::evidence::Untrusted;
use selfheal_core::facts::Facts;
use selfheal_core::ports::LookUp;
use selfheal_core::resource::ResourceRef;

use super::scene::Project;

#[tokio::test]
async fn a_place_in_a_file_is_shown_with_what_is_around_it() {
    let project = Project::new();
    project.write("src/app.py", &(1..=200).map(|number| format!("line_{number}()\n")).collect::<String>());
    let said = project.look("source", &[("path", "src/app.py"), ("line", "100")]).await.unwrap();
    assert!(said.starts_with("src/app.py (lines 70 to 130 of 200)\n70| line_70()\n"), "{said}");
    let absolute = project.dir.join("src/app.py").display().to_string();
    assert_eq!(project.look("source", &[("path", &absolute), ("line", "100")]).await.unwrap(), said);
}

#[tokio::test]
async fn a_path_from_further_down_is_found_if_one_file_ends_so() {
    let project = Project::new();
    project.write("crates/a/src/lib.rs", "fn a() {}\n");
    project.write("crates/a/src/main.rs", "\n");
    project.write("crates/b/src/main.rs", "\n");
    let said = project.look("source", &[("path", "src/lib.rs"), ("line", "1")]).await.unwrap();
    assert!(said.starts_with("crates/a/src/lib.rs (lines 1 to 1 of 1)\n"), "{said}");
    let several = project.look("source", &[("path", "src/main.rs"), ("line", "1")]).await.unwrap_err();
    assert!(several.to_string().contains("found 2"), "{several}");
    let bare = project.look("source", &[("path", "ib.rs"), ("line", "1")]).await.unwrap_err();
    assert_eq!(bare.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn nothing_outside_or_secret_is_shown_whatever_the_path_is_called() {
    let project = Project::new();
    let elsewhere = project.beside("elsewhere");
    std::fs::write(elsewhere.join("theirs.txt"), "theirs\n").unwrap();
    std::os::unix::fs::symlink(&elsewhere, project.dir.join("link")).unwrap();
    project.write(".env", "TOKEN=1\n");
    project.write(".git/config", "[remote]\n");
    project.write("deep/tls/server.pem", "key\n");
    let outside = elsewhere.join("theirs.txt").display().to_string();
    let hostile = [
        "link/theirs.txt",
        "../elsewhere/theirs.txt",
        &outside,
        "/etc/passwd",
        ".env",
        ".git/config",
        "deep/tls/server.pem",
        "tls/server.pem",
        "src/../../elsewhere/theirs.txt",
        "--help",
        "~/.ssh/id_rsa",
        "/proc/self/environ",
    ];
    for path in hostile {
        let said = project.look("source", &[("path", path), ("line", "1")]).await;
        let kind = said.as_ref().err().map(selfheal_core::error::Error::kind);
        assert!(
            matches!(kind, Some(ErrorKind::Invalid | ErrorKind::Forbidden | ErrorKind::NotFound)),
            "{path}: {said:?}"
        );
    }
}

#[tokio::test]
async fn what_is_left_out_does_not_hide_that_the_rest_is_a_secret() {
    let project = Project::new();
    let key = "MIIEpAIBAAKCAQEA1c7z9z5Pad7OejecsQ0bu3aumQ0nT9mJ2rYyMTUxNjE3OTk0\n".repeat(60);
    let armoured = format!("-----BEGIN RSA PRIVATE KEY-----\n{key}-----END RSA PRIVATE KEY-----\n");
    project.write("settings.py", &format!("KEY = \"\"\"{armoured}\"\"\"\nmode = 1\n"));
    let inside = project.look("source", &[("path", "settings.py"), ("line", "31")]).await.unwrap();
    assert!(inside.contains("\n31| <secret:private-key>\n") && !inside.contains("MIIE"), "{inside}");
    let after = project.look("source", &[("path", "settings.py"), ("line", "64")]).await.unwrap();
    assert!(after.contains("\n64| mode = 1\n"), "lines keep their numbers: {after}");
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    project.write("long.py", &format!("x = '{}' + ' {token}'\n", "a ".repeat(187)));
    let long = project.look("source", &[("path", "long.py"), ("line", "1")]).await.unwrap();
    assert!(!long.contains("ghp_16"), "{long}");
    project.write("package.json", &format!("{}{token}\n", "{}\n".repeat(1700)));
    project.write("requirements.txt", &format!("{}--index {token}\n", "x".repeat((5 << 10) - 20)));
    let manifests = project.look("manifest", &[]).await.unwrap();
    assert!(!manifests.contains("ghp_16"), "{manifests}");
}

#[tokio::test]
async fn a_huge_file_is_shown_as_far_as_it_is_read() {
    let project = Project::new();
    project.write("big.log", &"0123456789\n".repeat(600_000));
    let near = project.look("source", &[("path", "big.log"), ("line", "1000")]).await.unwrap();
    assert!(near.starts_with("big.log (lines 970 to 1030 of a longer file)\n"), "{near}");
    let far = project.look("source", &[("path", "big.log"), ("line", "590000")]).await.unwrap_err();
    assert_eq!(far.kind(), ErrorKind::Invalid);
    project.write("wide.js", &"x".repeat(3 << 20));
    assert!(project.look("source", &[("path", "wide.js"), ("line", "1")]).await.unwrap().len() < 1000);
}

#[tokio::test]
async fn manifests_are_shown_bounded_and_without_links_out() {
    let project = Project::new();
    project.write("package.json", "{\"name\": \"app\"}\n");
    project.write(".nvmrc", "22\n");
    project.write("requirements-dev.txt", &"pytest\n".repeat(5000));
    std::os::unix::fs::symlink("/etc/passwd", project.dir.join("setup.cfg")).unwrap();
    let said = project.look("manifest", &[]).await.unwrap();
    assert!(said.starts_with("== package.json\n{\"name\": \"app\"}\n"), "{said}");
    assert!(said.contains("== requirements-dev.txt\npytest\n") && said.ends_with("== .nvmrc\n22\n"), "{said}");
    assert!(!said.contains("setup.cfg") && said.len() <= 16 << 10);
    let none = Project::new().look("manifest", &[]).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn variables_are_told_by_name_only() {
    let said = Project::new().look("environment_names", &[]).await.unwrap();
    assert!(said.starts_with("DATABASE_URL: not set, but configured in .env\n"), "{said}");
    assert!(said.contains("\nPATH\n") && !said.contains("not-to-be-told"));
    assert!(!said.contains(&std::env::var("PATH").unwrap()));
}

#[tokio::test]
async fn the_machine_s_state_is_told() {
    let said = Project::new().look("resources", &[]).await.unwrap();
    assert!(said.starts_with("processors: ") && said.contains("disk of the project: "), "{said}");
}

#[tokio::test]
async fn another_pipeline_is_not_told_of() {
    let project = Project::new();
    let (tool, _) = project.tool("resources");
    let (other, facts) = (ResourceRef::new("local", "pipeline", "another"), Facts::new());
    let arguments = std::collections::BTreeMap::<String, Untrusted<String>>::new();
    let said = tool.look(&LookUp { resource: &other, facts: &facts, arguments: &arguments }).await;
    assert_eq!(said.unwrap_err().kind(), ErrorKind::NotFound);
}
