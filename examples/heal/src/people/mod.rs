//! What people are asked, and how they answer: `heal approvals`, `approve`, `reject`, `respond`, `edit`, `approver`.
//!
//! Who somebody is, is told by the key they hold and by the document in which it is enrolled; there is no option for a name.

mod answering;
mod approver;
mod cli;
mod enrolled;
mod json;
mod key;
mod listing;
mod narrowing;
mod waiting;
mod words;

#[cfg(feature = "mcp")]
pub(crate) use answering::{answer, answers_as};
pub(crate) use answering::{approve, edit, reject, respond};
pub(crate) use approver::{approver, user};
#[cfg(feature = "mcp")]
pub(crate) use cli::Which;
pub(crate) use cli::{
    ApprovalsOptions, ApproveOptions, ApproverOptions, EditOptions, EnrolledOptions, RejectOptions, RespondOptions,
};
pub(crate) use enrolled::{Document, Enrolled};
pub(crate) use listing::approvals;
#[cfg(feature = "mcp")]
pub(crate) use listing::listed;
pub(crate) use words::{Asked, command, quoted, terms};
