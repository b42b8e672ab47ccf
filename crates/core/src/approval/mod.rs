//! Approvals: who has to agree to a plan, what they are asked, what they answer, and what their answers come to.
//!
//! A [`Request`] is about exactly one plan as it was previewed, under exactly one version of the policy, until one deadline; its
//! [`RequestId`] stands for all of that, and each [`Answer`] names it. Requests, answers and redemptions are notes of one
//! [`Ledger`](crate::ports::Ledger) stream per incident, in one order. A [`Case`] is what that order says of one request, so that
//! everybody who reads it comes to the same [`Standing`]; of two who act on it at once, the second finds that the stream moved on.
//!
//! - [`Desk`] is the [`Approver`](crate::ports::Approver) over it: asks, looks, and redeems.
//! - [`answer`] hands an answer in.
//! - [`People`] knows who is enrolled, and whether an answer is theirs.

mod answer;
mod case;
mod desk;
mod docket;
mod edit;
mod hand_in;
mod people;
mod request;
mod seating;
mod standing;
mod terms;

pub use answer::{Answer, MAX_REPLY_BYTES, Proof, Reply, SignedAnswer};
pub use case::{Case, Redemption};
pub use desk::Desk;
pub use docket::{Docket, MAX_NOTES};
pub use edit::{Edit, EditError};
pub use hand_in::{Refusal, Taken, answer};
pub use people::{People, PeopleSource, Person};
pub use request::{Request, RequestId};
pub use standing::Standing;
pub use terms::{Stage, Terms};
