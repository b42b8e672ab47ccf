//! Repertoire: the fixes that are known at all, for whoever chooses among them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::diagnosis::Remedy;
use crate::error::Result;
use crate::facts::Facts;
use crate::value_type::ValueType;

/// A known way to mend something, whatever it was written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Names it; stable for the same documents.
    pub id: String,
    /// What it does and when it helps, in plain words of the operator.
    pub what: String,
    /// What has to be read from the evidence for it.
    pub inputs: Vec<OfferInput>,
    /// The remedy; its query's `given` names the inputs.
    pub remedy: Arc<Remedy>,
}

/// Something that an offer selects observed values by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferInput {
    /// Its name, as the remedy's query gives it.
    pub name: String,
    /// What it is; its grammar too.
    pub value_type: ValueType,
}

/// Knows remedies that an operator wrote, apart from the failures that they were written for.
///
/// # To be correct
/// 1. Every offer is an operator's: nothing of it comes from evidence.
/// 2. Offers that can't apply by `facts` (another ecosystem) are left out.
/// 3. The same documents and facts give the same offers in the same order.
#[async_trait]
pub trait Repertoire: Send + Sync {
    /// What could be offered where `facts` hold.
    async fn offers(&self, facts: &Facts) -> Result<Vec<Offer>>;
}
