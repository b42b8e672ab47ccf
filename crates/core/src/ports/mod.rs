//! Ports: what a host plugs in. Small traits, each with its obligations ("To be correct").
//!
//! All are used as `Arc<dyn …>`. Text that comes out of a port is untrusted unless the port says otherwise.

mod candidates;
mod command_judge;
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
mod repertoire;
mod runbooks;
mod tool;

pub use candidates::{CandidateQuery, Candidates, Row};
pub use command_judge::{CommandJudge, JudgedCommand};
pub use context::ContextSource;
pub use executor::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
pub use host::{Approval, ApprovalQuestion, Approver, Clock, Entropy, Escalation, Notifier, Progress};
pub use journal::{Claim, History, Journal, Lease, Query, Record, Snapshot, Standing};
pub use ledger::{Activity, Effected, Ended, Entry, Ledger, Note, Opened, Reserved, Scope, Site, Stream, Switched};
pub use llm::{
    AnswerForm, Embedder, LlmMessage, LlmProvider, LlmRequest, LlmResponse, ModelTier, TokenUsage, ToolCall, ToolSpec,
};
pub use log_source::LogSource;
pub use memory::{Lesson, MemoryStore, PastOutcome, ProvenFix};
pub use policy::{EffectClass, Moment, PolicyEngine, PolicyQuestion, Reach, RehearsalEvidence};
pub use probe::{HealthProbe, ProbeRequest};
pub use repertoire::{Offer, OfferInput, Repertoire};
pub use runbooks::{Case, Runbooks};
pub use tool::{ArgumentSpec, LookUp, ReadTool, ReadToolSpec};
