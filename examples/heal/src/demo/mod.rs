//! `heal demo`: three real runs in a temporary directory, offline.

mod scenes;
mod snapshot;

use std::path::Path;
use std::time::Instant;

use selfheal_core::resource::Environment;
use serde_json::{Value, json};

use crate::cli::{DemoOptions, RunOptions, StoreArgument};
use crate::exit;
use crate::models::ModelsOptions;
use crate::run::{self, RunResult};
use crate::say::{Voice, json as as_json, timeline};
use scenes::Scene;
use snapshot::Snapshot;

/// Runs the demo; 0 if every scene went as it should.
pub(crate) fn main(options: &DemoOptions) -> i32 {
    let voice = Voice::default();
    match play(options, &voice) {
        Ok(true) => exit::HEALED,
        Ok(false) => exit::FAILED,
        Err(problem) => {
            voice.error(&format!("the demo could not be played: {problem}"));
            exit::FAILED
        }
    }
}

fn play(options: &DemoOptions, voice: &Voice) -> Result<bool, String> {
    let started = Instant::now();
    let root = tempfile::Builder::new().prefix("heal-demo-").tempdir().map_err(|error| error.to_string())?;
    let place = root.path().canonicalize().map_err(|error| error.to_string())?;
    let scenes = scenes::set_up(&place).map_err(|error| error.to_string())?;
    let mut played = Vec::new();
    for (number, scene) in (1..).zip(&scenes) {
        voice.say(&format!("\n━━ {number}. {} ━━\n   {}", scene.title, scene.story));
        played.push(play_scene(scene, &place, voice)?);
    }
    let good = played.iter().all(|scene| scene["as_expected"] == Value::Bool(true));
    let seconds = started.elapsed().as_secs_f64();
    if options.json {
        print(&json!({"as_expected": good, "seconds": seconds, "scenes": played}));
    } else {
        let verdict = if good { "All three went as they should" } else { "Something did not go as it should" };
        voice.say(&format!("\n{verdict}, in {seconds:.1} s. Wrap a command of your own: heal run -- CMD"));
    }
    Ok(good)
}

fn play_scene(scene: &Scene, root: &Path, voice: &Voice) -> Result<Value, String> {
    let options = RunOptions {
        models: ModelsOptions::NONE,
        dir: scene.dir.clone(),
        name: None,
        env: Environment::Dev,
        policy: Vec::new(),
        recovery_policy: Vec::new(),
        healing_policy: Vec::new(),
        fleet: None,
        enrolled: Default::default(),
        runbooks: scene.runbooks.iter().cloned().collect(),
        env_file: Vec::new(),
        memory: None,
        memory_max: None,
        max_attempts: 10,
        no_rerun: false,
        allow_run_command: false,
        rerun_timeout: None,
        store: Some(StoreArgument::Folder(root.join("store"))),
        webhook: Vec::new(),
        webhook_secret: None,
        propose: false,
        patch: None,
        dry_run: false,
        // The commands' own output goes to stderr, between the healer's words.
        json: true,
        command: scene.command.clone(),
    };
    let before = Snapshot::of(&scene.dir).map_err(|error| error.to_string())?;
    let result = run::heal(&options, Some(root.join("state")), voice).map_err(|refusal| refusal.message)?;
    let after = Snapshot::of(&scene.dir).map_err(|error| error.to_string())?;
    timeline::tell(voice, &result);
    Ok(judged(scene, &result, before == after, voice))
}

fn judged(scene: &Scene, result: &RunResult, same_bytes: bool, voice: &Voice) -> Value {
    let good = result.outcome == scene.expected && (!scene.untouched || same_bytes);
    if scene.untouched {
        let word = if same_bytes { "every source file is as it was, to the byte" } else { "FILES DIFFER from before" };
        voice.say(&format!("{:>10} {word}", "checked"));
    }
    if !good {
        voice.error(&format!("expected outcome {}, got {}", scene.expected, result.outcome));
    }
    json!({"title": scene.title, "as_expected": good, "same_bytes": same_bytes, "result": as_json::value(result)})
}

fn print(value: &Value) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{value}");
}
