//! Package ecosystems, asked through their own tools: which change would make a dependency problem resolve.
//!
//! An [`Ecosystem`] answers named *sets* with rows that its tool has confirmed, best first, and makes a
//! [`Change`] in a private copy of the project. A version is never taken from a log: the log may only
//! *name* packages (`given`), each name is checked against the ecosystem's grammar, and what is written
//! into a manifest comes from the tool's or registry's answer.
//!
//! Nothing here runs project code: npm runs with `--ignore-scripts --package-lock-only`, pip as a
//! `--dry-run` on wheels only, cargo only resolves.

mod cargo;
mod change;
mod error;
mod facts;
mod given;
mod npm;
mod pattern;
mod pip;
#[cfg(test)]
mod scripted;
mod scrub;
mod snapshot;
mod system_tools;
mod tools;
pub(super) mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use cargo::Cargo;
pub use change::{Change, Pin};
pub use error::EcosystemError;
pub use facts::ecosystems;
pub use npm::Npm;
pub use pip::Pip;
pub use system_tools::SystemTools;
pub use tools::{Invocation, ToolError, ToolOutput, Tools};

/// One observed alternative: parameters for an action, by name.
///
/// Rows that stand for a version or a new dependency have `package`, `requirement` and `manifest`;
/// [`Pin::of_row`] reads them, with the further changes that `also` may carry as JSON.
pub type Row = BTreeMap<String, String>;

/// Names that untrusted text selected, by the key a runbook gave them.
pub type Given = BTreeMap<String, Vec<String>>;

/// Most rows that a set answers with.
pub const MAX_ROWS: usize = 5;

/// A package ecosystem and its tool.
pub trait Ecosystem: Send + Sync {
    /// The ecosystem's name, also the prefix of its sets: `npm`, `pip`, `cargo`.
    fn name(&self) -> &'static str;

    /// Whether `dir` holds a project of this ecosystem.
    fn present(&self, dir: &Path) -> bool;

    /// The sets that [`rows`](Self::rows) answers.
    fn sets(&self) -> &'static [&'static str];

    /// The rows of `set`, best first, at most [`MAX_ROWS`]; none where no change could be confirmed.
    ///
    /// `scratch` is a private copy of the whole project. Files may change while the tool is asked;
    /// they are put back before this returns.
    ///
    /// # Errors
    /// When the set is unknown, the tool is missing or can't reach its registry, or a manifest can't be read.
    fn rows(&self, set: &str, given: &Given, scratch: &Path, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError>;

    /// Whether `name` is one that a package of this ecosystem may have.
    fn is_package(&self, name: &str) -> bool;

    /// The versions of `package` that the registry has, newest first; none if it has no such package. The tool runs in `room`, an
    /// empty directory, so that only the user's own configuration says which registry that is.
    ///
    /// # Errors
    /// When the tool is missing or can't reach the registry, or the name is no package's.
    fn versions(&self, package: &str, room: &Path, tools: &dyn Tools) -> Result<Vec<String>, EcosystemError>;

    /// Makes `change` in `scratch` and returns the paths, relative to it, that may have changed.
    ///
    /// # Errors
    /// When the change doesn't apply to the manifest as it is, or the tool refuses it.
    fn change(&self, change: &Change, scratch: &Path, tools: &dyn Tools) -> Result<Vec<PathBuf>, EcosystemError>;
}

/// Every ecosystem that has a tool here, in the order of their names.
#[must_use]
pub fn all() -> Vec<Box<dyn Ecosystem>> {
    vec![Box::new(Cargo), Box::new(Npm), Box::new(Pip)]
}
