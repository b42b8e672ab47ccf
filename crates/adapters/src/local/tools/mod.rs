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
mod commits;
mod diff;
mod environment;
mod files;
mod git;
mod manifest;
mod resources;
mod secret;
mod source;
mod spec;
mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{LookUp, ReadTool, ReadToolSpec};

use self::arguments::Arguments;
use super::ecosystem::Tools;
use super::executor::blocking;
use super::pipeline::Pipeline;

/// What the tools look at.
struct Scene {
    pipeline: Arc<Pipeline>,
    tools: Arc<dyn Tools>,
}

type Look = fn(&Scene, &Arguments) -> Result<String>;

struct LocalTool {
    spec: ReadToolSpec,
    look: Look,
    scene: Arc<Scene>,
}

/// Every tool for `pipeline`; registries are asked by package tools through `tools`.
#[must_use]
pub fn read_tools(pipeline: &Arc<Pipeline>, tools: Arc<dyn Tools>) -> Vec<Arc<dyn ReadTool>> {
    let scene = Arc::new(Scene { pipeline: Arc::clone(pipeline), tools });
    let all: [(ReadToolSpec, Look); 7] = [
        (spec::recent_commits(), commits::look),
        (spec::recent_diff(), diff::look),
        (spec::source(), source::look),
        (spec::manifest(), manifest::look),
        (spec::registry_versions(), versions::look),
        (spec::environment_names(), environment::look),
        (spec::resources(), resources::look),
    ];
    let tool = |(spec, look)| Arc::new(LocalTool { spec, look, scene: Arc::clone(&scene) }) as Arc<dyn ReadTool>;
    all.into_iter().map(tool).collect()
}

#[async_trait]
impl ReadTool for LocalTool {
    fn spec(&self) -> &ReadToolSpec {
        &self.spec
    }

    async fn look(&self, what: &LookUp<'_>) -> Result<Untrusted<String>> {
        if *what.resource != self.scene.pipeline.resource() {
            return Err(refused(ErrorKind::NotFound, "this tool knows another pipeline"));
        }
        let arguments = Arguments::of(&self.spec, what.arguments)?;
        let (look, scene) = (self.look, Arc::clone(&self.scene));
        let said = blocking(move || look(&scene, &arguments)).await?;
        Ok(Untrusted::new(answer::bounded(&said, answer::MAX_BYTES)))
    }
}

fn refused(kind: ErrorKind, why: impl Into<String>) -> Error {
    Error::new(kind, "tool.look", why)
}
