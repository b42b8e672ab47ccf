//! Ports: what a host plugs in. Small traits, each with its obligations ("To be correct").
//!
//! All are used as `Arc<dyn …>`. Text that comes out of a port is untrusted unless the port says otherwise.

mod candidates;
mod context;
mod executor;
mod host;
mod journal;
mod ledger;
mod llm;
mod log_source;
mod memory;
mod policy;
mod probe;
mod runbooks;

pub use candidates::{CandidateQuery, Candidates, Row};
pub use context::ContextSource;
pub use executor::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
pub use host::{Approval, ApprovalQuestion, Approver, Clock, Entropy, Escalation, Notifier, Progress};
pub use journal::{Claim, History, Journal, Lease, Query, Record, Snapshot, Standing};
pub use ledger::{Activity, Effected, Ended, Entry, Ledger, Note, Opened, Reserved, Scope, Site, Stream, Switched};
pub use llm::{LlmMessage, LlmProvider, LlmRequest, LlmResponse, LlmRole, ModelTier, TokenUsage};
pub use log_source::LogSource;
pub use memory::{Lesson, MemoryStore, PastOutcome, ProvenFix};
pub use policy::{EffectClass, Moment, PolicyEngine, PolicyQuestion, Reach, RehearsalEvidence};
pub use probe::{HealthProbe, ProbeRequest};
pub use runbooks::{Case, Runbooks};
