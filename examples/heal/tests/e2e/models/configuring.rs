//! Which models there are, and what is said where they can't be used.

use std::net::TcpListener;

use super::project::{healed, puzzling, sensible};
use super::server::{KEY, LARGE, ModelServer, Reply, SMALL, with_models};
use crate::common::{Ended, Service, World};

/// A loopback address where nobody listens.
fn nobody() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}/v1")
}

fn document(providers: &str) -> String {
    format!(
        "version: 1\nproviders: {{a: {{{providers}}}}}\nsmall: [{{provider: a, model: s}}]\nlarge: [{{provider: a, model: l}}]\n"
    )
}

#[test]
fn what_is_configured_wrongly_is_refused_before_the_command_runs() {
    let here = "protocol: openai, url: \"http://127.0.0.1:9/v1\"";
    for (text, told) in [
        (
            document(&format!("{here}, key_env: NO_SUCH_KEY_HERE")),
            "NO_SUCH_KEY_HERE: is not set; provider `a` expects its key there",
        ),
        (document(&format!("{here}, key_file: /nowhere/key")), "/nowhere/key: "),
        (document("protocol: openai, url: models.example.org"), "provider `a`: the server's address is not a URL"),
        (document("protocol: telnet, url: x"), "models.yaml:2:"),
        ("version: 1\n".to_owned(), "models.yaml:"),
        (document(here).replace("version: 1", "version: 7"), "version 7: expected 1"),
    ] {
        let world = World::new();
        let file = world.aside("models.yaml", &text);
        let ended = world.heal(&["--models", &file], &["sh", "-c", "echo >>\"$OUTSIDE/starts\""]);
        assert_eq!((ended.status, world.starts()), (Some(2), 0), "{ended}");
        ended.assert_says(told);
    }
}

#[test]
fn half_of_the_variables_is_an_error_that_names_the_other_half() {
    let world = World::new();
    let mut run = world.run(&[], &["true"]);
    run.env("SELFHEAL_LLM_MODEL_SMALL", SMALL);
    let ended = Ended::of(run);
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.assert_says("SELFHEAL_LLM_URL: SELFHEAL_LLM_MODEL_SMALL is set; expected the base URL of its server");
}

#[test]
fn models_are_found_in_the_users_configuration_too() {
    let (service, server) = (puzzling(), ModelServer::new(sensible));
    let written = server.document(&service.world, 10, "");
    let usual = service.world.path("home/.config/selfheal/models.yaml");
    std::fs::create_dir_all(usual.parent().unwrap()).unwrap();
    std::fs::rename(&written, &usual).unwrap();
    service.heal_json(&[]).assert_gist(21, "awaiting_approval", "missing_configuration", 2);
    let (other, elsewhere) = (puzzling(), ModelServer::new(sensible));
    let mut run = other.world.run(&other.options(&["--json"]), &["./start.sh"]);
    run.env("SELFHEAL_MODELS", elsewhere.document(&other.world, 10, ""));
    assert_eq!(Ended::of(run).status, Some(21));
    assert_eq!((server.asked().len(), elsewhere.asked().len()), (4, 4));
}

#[test]
fn a_server_that_cannot_be_reached_is_told_in_a_line_and_the_heal_goes_on() {
    let known = Service::new();
    healed(&known, &nobody(), &["--json"]).assert_gist(0, "healed", "missing_configuration", 3);
    let service = puzzling();
    let before = service.world.snapshot();
    let ended = healed(&service, &nobody(), &[]);
    assert_eq!((ended.status, service.world.starts()), (Some(20), 1), "{ended}");
    ended.assert_says("nothing known explains this failure");
    ended.assert_says("A language model could not be asked for the analyst: ");
    let line = ended.said().lines().find(|line| line.contains("could not be asked")).unwrap().to_owned();
    assert!(line.contains("SELFHEAL_LLM_URL"), "it says what to set: {line}");
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn the_key_is_told_to_the_server_alone() {
    let (world, server) = (World::new(), ModelServer::new(sensible));
    let tells = "env | grep SELFHEAL_LLM; echo \"panic: it is $(cat \"$OUTSIDE/key\")\"; exit 1";
    std::fs::write(world.path("outside/key"), KEY).unwrap();
    let ended = Ended::of(with_models(world.run(&[], &["sh", "-c", tells]), &server.url()));
    let stdout = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(stdout.contains("SELFHEAL_LLM_URL=") && !stdout.contains("SELFHEAL_LLM_KEY"), "{ended}");
    assert!(!ended.said().contains(KEY), "{ended}");
    assert_eq!(world.files_that_tell(KEY), Vec::<std::path::PathBuf>::new());
    assert!(server.asked().iter().any(|asked| asked.text().contains("panic: it is <secret:")), "{ended}");
    assert!(server.asked().iter().all(|asked| !asked.body.to_string().contains(KEY)));
}

#[test]
fn a_key_in_a_file_is_redacted_like_one_in_a_variable() {
    let (world, server) = (World::new(), ModelServer::new(sensible));
    let key = world.aside("key", "correct-horse-battery-staple\n");
    let models = server.document(&world, 10, &format!(", key_file: \"{key}\""));
    let tells = format!("echo 'panic: correct-horse-battery-staple'; echo {LARGE}; exit 1");
    let ended = world.heal(&["--models", &models], &["sh", "-c", &tells]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(!server.asked().is_empty() && !ended.said().contains("horse"), "{ended}");
    assert!(server.asked().iter().all(|asked| !asked.body.to_string().contains("horse")));
}

#[test]
fn what_a_server_can_do_is_told_with_what_to_set() {
    let world = World::new();
    let check = |url: &str, more: &[&str]| {
        let mut heal = world.command(env!("CARGO_BIN_EXE_heal"));
        heal.args(["llm", "check", "--timeout", "5"]).args(more);
        Ended::of(with_models(heal, url))
    };
    let able = ModelServer::new(|_| Reply::Says(serde_json::json!({ "selfheal_check": true })));
    let told = check(&able.url(), &["--json"]);
    assert_eq!((told.status, &told.json()["usable"]), (Some(0), &serde_json::json!(true)), "{told}");
    let tiers = &told.json()["servers"][0]["tiers"];
    assert_eq!(
        (&tiers["small"]["model"], &tiers["large"]["json_by"]),
        (&SMALL.into(), &"JSON by schema".into()),
        "{told}"
    );
    let in_words = String::from_utf8(check(&able.url(), &[]).stdout).unwrap();
    assert!(in_words.contains("small tier: tiny is asked for JSON by schema"), "{in_words}");
    let page = ModelServer::new(|_| Reply::Page(200, "text/html", b"<!doctype html><title>Log in</title>".to_vec()));
    for url in [nobody(), page.url()] {
        let told = check(&url, &[]);
        assert_eq!(told.status, Some(1), "{told}");
        told.assert_says("no model of the small tier gives answers that can be used");
        assert!(String::from_utf8_lossy(&told.stdout).contains("SELFHEAL_LLM_URL"), "{told}");
    }
    let nothing = world.ask(&["llm", "check"]);
    assert_eq!(nothing.status, Some(2), "{nothing}");
    nothing.assert_says("set SELFHEAL_LLM_URL (ending in /v1)");
}
