//! The floor: a plain loop over boxed async steps, one per visit, whose inputs were recorded from the orchestrator.
//!
//! Two of them. [`of_agents`] does the same visits: the same agents do the same work over the same ports, as a
//! hand-written loop would, from the fingerprint that memory is asked by to the lesson that it is told. [`of_ports`] makes
//! the same port calls and nothing else: no agent, no plan, no hash, not even the inputs are made; it shows what the ports
//! themselves cost. Each step checks its answer, so that a loop that took another path than the orchestrator fails
//! instead of being faster.

mod agents;
mod inputs;
mod ports;

use futures::future::BoxFuture;

use selfheal_core::error::{Error, ErrorKind, Result};

pub use agents::{Crew, of_agents};
pub use inputs::Inputs;
pub use ports::of_ports;

/// One visit of a plain loop: what it is called, and what it does with `C`.
pub struct Step<C> {
    name: &'static str,
    visit: Box<Visit<C>>,
}

type Visit<C> = dyn for<'a> Fn(&'a C, &'a Inputs) -> BoxFuture<'a, Result<()>> + Send + Sync;

impl<C> Step<C> {
    fn new<V>(name: &'static str, visit: V) -> Self
    where
        V: for<'a> Fn(&'a C, &'a Inputs) -> BoxFuture<'a, Result<()>> + Send + Sync + 'static,
    {
        Self { name, visit: Box::new(visit) }
    }

    /// The phase that it does the work of.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// Runs the steps one after the other.
///
/// # Errors
/// The first answer that is not the one that the orchestrator got.
pub async fn run<C>(steps: &[Step<C>], context: &C, inputs: &Inputs) -> Result<()> {
    for step in steps {
        (step.visit)(context, inputs).await?;
    }
    Ok(())
}

fn ensure(holds: bool, what: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::new(ErrorKind::Internal, "floor", what)) }
}
