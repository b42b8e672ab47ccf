//! How a pipeline is configured.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use selfheal_detect::redact::Redactor;

use super::super::process::{Launcher, Passthrough};
use super::super::workspace::StateDir;

/// A variable that the operator configured, and where.
#[derive(Clone)]
pub struct ConfiguredVariable {
    /// The secret or setting itself; never shown or stored.
    pub value: OsString,
    /// The file or store it comes from, for people.
    pub source: String,
}

/// What is run, where, and within which bounds.
pub struct PipelineConfig {
    /// The pipeline's name; failures are remembered by it.
    pub name: String,
    /// The directory, canonical.
    pub dir: PathBuf,
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where the command's own output goes when it runs in the directory.
    pub passthrough: Passthrough,
    /// Memory limit in bytes, if any.
    pub memory: Option<u64>,
    /// How far the limit may be raised, in bytes.
    pub memory_max: Option<u64>,
    /// Most starts of the command, the first and rehearsals included.
    pub max_starts: u32,
    /// Time after which a further run of the command is stopped, and counts as failed. By default ten times that of the first,
    /// which nothing stops, and at least ten minutes.
    pub rerun_timeout: Option<Duration>,
    /// Variables that may be given to the command, by name.
    pub variables: BTreeMap<String, ConfiguredVariable>,
    /// Redacts what is kept of its output.
    pub redactor: Arc<Redactor>,
    /// Whether reruns, variables and memory limits are rehearsed on a copy too, because nothing may run in the directory
    /// again (a proposal); otherwise their first run in place is the test.
    pub leave_in_place: bool,
    /// The directory's private state.
    pub state: StateDir,
    /// Copies are made beside this path, in private directories whose names begin with its own.
    pub scratch: PathBuf,
    /// The host's executable; needed for memory limits.
    pub launcher: Option<Launcher>,
}
