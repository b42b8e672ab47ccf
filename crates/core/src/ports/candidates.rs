//! Candidates: observed values to select from.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::action::Value;
use crate::error::Result;
use crate::evidence::Untrusted;
use crate::plan::Step;
use crate::resource::ResourceRef;

/// One observed alternative: column → value.
pub type Row = BTreeMap<String, Value>;

/// Which rows are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateQuery {
    /// Whose.
    pub resource: ResourceRef,
    /// Which set, such as `npm.peer_alignments`.
    pub set: String,
    /// What text selects by: column → values read from evidence. Untrusted.
    pub given: BTreeMap<String, Vec<Untrusted<String>>>,
    /// Steps that will have been applied before; the rows are those of the world after them.
    pub after: Vec<Step>,
}

/// Answers which versions, sizes, tags, names there really are, by asking the tool or registry.
///
/// # To be correct
/// 1. Every value of a row was observed with the adapter's own tool or credential; nothing is copied from
///    `given` unless it was found to be a member of what was observed. *Text may select, never create.*
/// 2. `given` is checked against the grammar of its column before it is used in any query; a value that
///    doesn't fit selects nothing. It never becomes an option of a command.
/// 3. Rows come best first and in the same order for the same world.
/// 4. It changes nothing that outlives the call.
/// 5. An unknown set is [`ErrorKind::Unsupported`](crate::error::ErrorKind::Unsupported); a known set with
///    nothing to offer is an empty list.
#[async_trait]
pub trait Candidates: Send + Sync {
    /// The rows that `query` selects.
    async fn rows(&self, query: &CandidateQuery) -> Result<Vec<Row>>;
}
