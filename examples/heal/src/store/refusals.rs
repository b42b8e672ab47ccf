//! What to do about a store that can't be used.

use selfheal_core::error::{Error, ErrorKind};

use crate::run::Refusal;

/// A store that can't be used is the user's to mend; one that is out of reach is nobody's fault here.
pub(super) fn refused(error: Error) -> Refusal {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Internal => Refusal::failed(error),
        _ => Refusal::usage(error),
    }
}

/// As [`refused`], of a folder, with what can be done.
pub(super) fn unusable(error: Error) -> Refusal {
    let remedy = match error.kind() {
        ErrorKind::Invalid => {
            "nothing of it was changed. Put back a copy of it, use the version of heal that wrote it, or begin another with \
             --store"
        }
        ErrorKind::Conflict => "nothing of it was changed. Put back its newest copy, or begin another with --store",
        ErrorKind::Forbidden => {
            "nothing of it was changed. This user must be able to write to it, and SELFHEAL_AUDIT_KEY name the private key \
             that signs it"
        }
        ErrorKind::LimitReached => "make room, or use another with --store",
        _ => return refused(error),
    };
    let refusal = refused(error);
    Refusal { message: format!("{}; {remedy}", refusal.message), ..refusal }
}
