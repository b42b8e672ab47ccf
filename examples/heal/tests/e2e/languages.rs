//! The same missing variable, as each language tells it.

use crate::common::{World, have, skip};

fn healed(program: &str, file: &str, source: &str) {
    if !have(program) {
        return skip(&format!("{program} is not here"));
    }
    let world = World::new();
    world.write(file, source);
    let before = world.snapshot();
    let without = world.heal_json(&[], &[program, file]);
    without.assert_gist(20, "escalated", "missing_configuration", 1);
    assert!(without.json()["escalation"].as_str().unwrap().contains("DEPLOY_REGION"), "{without}");
    let env = world.aside("ci.env", "DEPLOY_REGION=eu-west-1\n");
    let ended = world.heal_json(&["--env-file", &env], &[program, file]);
    ended.assert_gist(0, "healed", "missing_configuration", 2);
    assert_eq!(world.snapshot(), before);
}

#[test]
fn python() {
    healed("python3", "deploy.py", "import os\nprint(len(os.environ['DEPLOY_REGION']))\n");
}

#[test]
fn node() {
    healed(
        "node",
        "deploy.js",
        "const region = process.env.DEPLOY_REGION;\nif (!region) {\n  throw new Error('Missing required environment variable: DEPLOY_REGION');\n}\n",
    );
}

#[test]
fn shell() {
    healed("bash", "deploy.sh", "set -u\necho \"$DEPLOY_REGION\"\n");
}
