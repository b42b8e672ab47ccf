//! What the answers to a request come to.

use super::edit::Edit;
use crate::evidence::Untrusted;

/// What the answers to a request come to, at one moment, by the people who are enrolled then.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// More people must agree.
    Waiting {
        /// 0-based: the first stage that is not full.
        stage: usize,
        /// Of how many.
        stages: usize,
        /// How many of its people agreed.
        have: u32,
        /// How many must.
        need: u32,
        /// Who counts there: people with one of these roles; empty for anybody who is enrolled.
        roles: Vec<String>,
        /// Who agreed so far, to whichever stage, in alphabetical order.
        by: Vec<String>,
    },
    /// Everybody who must agreed: their names, in alphabetical order.
    Agreed {
        /// Who.
        by: Vec<String>,
    },
    /// Somebody agreed to less.
    Edited {
        /// Who.
        by: String,
        /// To what is left.
        edit: Edit,
    },
    /// Somebody answered with a remark.
    Responded {
        /// Who.
        by: String,
        /// What they said.
        text: Untrusted<String>,
    },
    /// Somebody refused.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        because: String,
    },
    /// Nobody who counts decided it in time.
    Expired,
    /// It was redeemed, but by the people who are enrolled now the answers would not have been enough.
    Lapsed,
}

impl Standing {
    /// Whether somebody decided it: it can be acted upon, once.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        !matches!(self, Self::Waiting { .. } | Self::Expired | Self::Lapsed)
    }

    /// Who decided it, or agreed so far.
    #[must_use]
    pub fn by(&self) -> Vec<String> {
        match self {
            Self::Agreed { by } | Self::Waiting { by, .. } => by.clone(),
            Self::Edited { by, .. } | Self::Responded { by, .. } | Self::Rejected { by, .. } => vec![by.clone()],
            Self::Expired | Self::Lapsed => Vec::new(),
        }
    }
}
