//! Pipelines that run on this machine: running their command, and mending what their project lacks.
//!
//! [`Pipeline`] holds what is run and what the healer gave it; [`LocalExecutor`], [`CommandProbe`], [`LocalCandidates`],
//! [`LocalContext`] and [`LocalLog`] are core's ports on it. [`CommandExecutor`] is for hosts that let a judge allow commands.

mod as_seen;
mod candidates;
mod command_run;
mod context;
pub mod ecosystem;
mod edit;
mod executor;
mod kept;
mod log;
mod noise;
pub mod observation;
mod pipeline;
mod probe;
pub mod process;
mod staging;
mod steps;
mod tools;
pub mod workspace;

pub use candidates::LocalCandidates;
pub use command_run::CommandExecutor;
pub use context::LocalContext;
pub use executor::LocalExecutor;
pub use kept::Leftover;
pub use log::LocalLog;
pub use pipeline::{
    CommandUse, ConfiguredVariable, LEAST_RERUN_TIMEOUT, PIPELINE, Pipeline, PipelineConfig, RERUN_TIMEOUT_FACTOR,
    SYSTEM, command_line,
};
pub use probe::{COMMAND_SUCCEEDS, CommandProbe};
pub use tools::read_tools;
