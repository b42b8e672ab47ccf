//! What people read, of real runs of the orchestrator against fakes.

mod incidents;
mod report;
mod show;
mod stage;
