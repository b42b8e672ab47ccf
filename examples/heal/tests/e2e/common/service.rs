//! A service that does not start with `workers = 0`, and a runbook that knows why.

use std::fs;

use super::gate::STOP_HERE;
use super::{Ended, World, edit_line};

/// The project. Its command is `./start.sh`; it counts its starts outside, and stops at its gate at start number `$STOP_AT`.
pub(crate) struct Service {
    pub(crate) world: World,
    runbooks: String,
}

pub(crate) const BROKEN: &str = "# how many requests are served at once\nworkers = 0\n";
pub(crate) const MENDED: &str = "# how many requests are served at once\nworkers = 4\n";

impl Service {
    pub(crate) fn new() -> Self {
        Self::in_world(World::new())
    }

    pub(crate) fn in_world(world: World) -> Self {
        let script = format!(
            "#!/bin/sh\n\
             echo start >>\"$OUTSIDE/starts\"\n\
             if [ \"$(wc -l <\"$OUTSIDE/starts\")\" -eq \"${{STOP_AT:-0}}\" ]; then\n{STOP_HERE}fi\n\
             if grep -q 'workers = 0' service.conf; then echo 'error: workers must be at least 1' >&2; exit 1; fi\n\
             [ ! -e \"$OUTSIDE/refuse\" ] || [ ! \"$PWD\" -ef \"$(cat \"$OUTSIDE/refuse\")\" ] || {{ echo 'no seat is free' >&2; exit 1; }}\n\
             echo started\n"
        );
        world.script("start.sh", &script);
        world.write("service.conf", BROKEN);
        let runbook = edit_line("error: workers must be at least 1", "workers = 0", "workers = 4");
        let file = world.aside("runbooks/workers.yaml", &runbook);
        let runbooks = file.trim_end_matches("/workers.yaml").to_owned();
        Self { world, runbooks }
    }

    /// From now on the command fails in the project itself, and passes only on a copy.
    pub(crate) fn refuse_in_place(&self) {
        fs::write(self.world.path("outside/refuse"), self.world.dir().as_os_str().as_encoded_bytes()).unwrap();
    }

    pub(crate) fn options<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        ["--runbooks", &self.runbooks].into_iter().chain(more.iter().copied()).collect()
    }

    pub(crate) fn heal_json(&self, more: &[&str]) -> Ended {
        self.world.heal_json(&self.options(more), &["./start.sh"])
    }

    pub(crate) fn conf(&self) -> String {
        self.world.read("service.conf")
    }
}

impl Service {
    /// Starts to heal; the command stops at its gate when it is started for the `at`th time.
    pub(crate) fn start(&self, more: &[&str], at: u32) -> std::process::Child {
        let mut heal = self.world.run(&self.options(more), &["./start.sh"]);
        heal.env("STOP_AT", at.to_string());
        heal.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    }
}
