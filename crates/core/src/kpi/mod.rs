//! What people ask of the records afterwards: what happened when, where the time went, and how well it goes over many.
//!
//! All of it is computed from [`History`](crate::ports::History) and nothing else: no IO, no clock. One incident is read into an
//! [`Account`] (how it ended, and its [`Split`]) or into a [`Timeline`] (the same, with every event in plain words and the
//! lines that were cited). Many are folded, one [`Account`] after the other, into [`Kpis`], which keep no incident:
//! their size grows with the kinds of failures, not with their number.
//!
//! # What counts where
//! The time between two records belongs to the phase that was left; the sum of all parts is exactly the time from
//! [`observed_at`](crate::incident::Incident::observed_at) to the last record.
//!
//! | part | from … to, or which phases |
//! |---|---|
//! | detect | from the observation of the failure to the opening of the incident |
//! | diagnose | recall, classify, analyse, plan, preview: finding out what is wrong, and what would mend it |
//! | decide | audit, rehearse, gate: whether it may be done; a rehearsal is evidence for the gate |
//! | execute | apply, probe, undo |
//! | verify | observing the criteria, the waits of the stability window included, and remembering what was verified |
//! | waiting | approvals, backoffs, telling people until somebody receives it, and the time until another worker took over |
//! | compacted | what lies before a snapshot: its records are gone, so nobody can say where the time went |

mod account;
mod figures;
mod groups;
mod kpis;
mod policy;
mod predictions;
mod quote;
mod rate;
mod repair;
mod repeats;
mod split;
mod spread;
mod timeline;
mod trend;
mod unended;
mod words;

pub use account::{Account, Compacted, Ending, Endings};
pub use figures::{Figures, Rates};
pub use groups::GroupFigures;
pub use kpis::Kpis;
pub use policy::{PolicyFigures, RuleCount};
pub use quote::Quote;
pub use rate::Rate;
pub use repair::Repair;
pub use repeats::{Recurring, RepeatFigures};
pub use split::{Part, Split};
pub use spread::Spread;
pub use timeline::{Detail, Entry, Timeline};
pub use trend::Period;
pub use unended::{OpenFigures, OpenIncident};
