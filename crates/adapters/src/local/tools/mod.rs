//! What an analyst may look up about a local pipeline: read-only, bounded, and without running anything of the project.
//!
//! | tool | arguments | answers |
//! |---|---|---|
//! | `recent_commits` | | the last ten commits that touched the directory, with the files that they changed |
//! | `recent_diff` | | what is changed and not committed, and what the last commit changed |
//! | `source` | `path`, `line` | the lines around a place |
//! | `manifest` | | the manifests at the top of the directory, and the versions of tools that it asks for |
//! | `registry_versions` | `package` | the versions of a package that its registry has |
//! | `environment_names` | | the names of the variables that are set, or configured for the pipeline; never a value |
//! | `resources` | | memory, load, free space, the largest processes, which ports are listened on |
//!
//! An answer is text of others: it may hold anything that a commit, a file or a registry says.

mod answer;
mod arguments;
mod armour;
mod commits;
mod diff;
mod environment;
mod files;
mod git;
mod manifest;
mod own_git;
mod patience;
mod redacted;
mod resources;
mod secret;
mod source;
mod spec;
mod versions;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{LookUp, ReadTool, ReadToolSpec};

use self::arguments::Arguments;
use self::patience::Patience;
use self::redacted::redacted;
use super::ecosystem::Tools;
use super::executor::blocking;
use super::pipeline::Pipeline;

/// How long a look may take: less than an analyst waits for it.
const LONGEST: Duration = Duration::from_secs(8);

/// What a tool looks at, and for how long.
struct Scene {
    pipeline: Arc<Pipeline>,
    tools: Arc<dyn Tools>,
    patience: Patience,
}

impl Scene {
    /// `text` without secrets: before anything of it is left out.
    fn redacted(&self, text: &str) -> String {
        redacted(&self.pipeline.config().redactor, text)
    }
}

type Look = fn(&Scene, &Arguments) -> Result<String>;

struct LocalTool {
    spec: ReadToolSpec,
    look: Look,
    pipeline: Arc<Pipeline>,
    tools: Arc<dyn Tools>,
}

/// Every tool for `pipeline`; registries are asked by package tools through `tools`.
#[must_use]
pub fn read_tools(pipeline: &Arc<Pipeline>, tools: Arc<dyn Tools>) -> Vec<Arc<dyn ReadTool>> {
    let all: [(ReadToolSpec, Look); 7] = [
        (spec::recent_commits(), commits::look),
        (spec::recent_diff(), diff::look),
        (spec::source(), source::look),
        (spec::manifest(), manifest::look),
        (spec::registry_versions(), versions::look),
        (spec::environment_names(), environment::look),
        (spec::resources(), resources::look),
    ];
    let tool = |(spec, look)| {
        let (pipeline, tools) = (Arc::clone(pipeline), Arc::clone(&tools));
        Arc::new(LocalTool { spec, look, pipeline, tools }) as Arc<dyn ReadTool>
    };
    all.into_iter().map(tool).collect()
}

#[async_trait]
impl ReadTool for LocalTool {
    fn spec(&self) -> &ReadToolSpec {
        &self.spec
    }

    async fn look(&self, what: &LookUp<'_>) -> Result<Untrusted<String>> {
        if *what.resource != self.pipeline.resource() {
            return Err(refused(ErrorKind::NotFound, "this tool knows another pipeline"));
        }
        let arguments = Arguments::of(&self.spec, what.arguments)?;
        let patience = Patience::of(LONGEST);
        let _waiting = patience.waiting();
        let scene = Scene { pipeline: Arc::clone(&self.pipeline), tools: Arc::clone(&self.tools), patience };
        let look = self.look;
        let said = blocking(move || Ok(scene.redacted(&look(&scene, &arguments)?))).await?;
        Ok(Untrusted::new(answer::bounded(&said, answer::MAX_BYTES)))
    }
}

fn refused(kind: ErrorKind, why: impl Into<String>) -> Error {
    Error::new(kind, "tool.look", why)
}
