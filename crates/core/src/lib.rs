//! The vocabulary, ports, agents, engine and orchestrator of selfheal.

pub mod action;
pub mod agents;
pub mod category;
pub mod confidence;
pub mod criterion;
pub mod decision;
pub mod diagnosis;
pub mod engine;
pub mod error;
pub mod evidence;
pub mod facts;
pub mod incident;
pub mod limits;
pub mod orchestrator;
pub mod plan;
pub mod ports;
pub mod resource;
pub mod standard;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
