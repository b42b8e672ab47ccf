//! What ports say in their own words is redacted and bounded before it is journaled: an error message of a tool may quote a
//! credential as well as its log does.

use std::sync::Arc;

use selfheal_detect::redact::Redactor;

use crate::engine::Event;
use crate::evidence::Untrusted;
use crate::ports::{Approval, Rehearsal, Undone};

/// Most bytes of one saying; past that its beginning is kept.
const MAX_BYTES: usize = 16 << 10;

/// The event with every text of a port redacted. Evidence was redacted when it was made.
pub(super) fn redacted(mut event: Event, redactor: &Redactor) -> Event {
    match &mut event {
        Event::Failed(failure) => clean(&mut failure.message, redactor),
        Event::Rehearsed(Rehearsal::Unsupported { why }) => clean(why, redactor),
        Event::Undone(Undone::ForeignChange { what }) => clean(what, redactor),
        Event::Answered(Approval::Refused { because, .. } | Approval::Outdated { because })
        | Event::Held { because, .. }
        | Event::Stopped { because }
        | Event::Outdated { because } => clean(because, redactor),
        // What rules say is their authors'; the rationale may be what an engine's error says.
        Event::Decided(decision) => clean(&mut Arc::make_mut(decision).rationale, redactor),
        Event::Answered(Approval::Responded { text, .. }) => {
            let mut said = text.read().clone();
            clean(&mut said, redactor);
            *text = Untrusted::new(said);
        }
        Event::Verified(seen) => {
            if let Some(why) = &mut seen.no_data {
                clean(why, redactor);
            }
        }
        _ => {}
    }
    event
}

fn clean(text: &mut String, redactor: &Redactor) {
    if text.len() > MAX_BYTES {
        text.truncate(text.floor_char_boundary(MAX_BYTES));
        text.push('…');
    }
    let redacted = redactor.redact(text);
    if let std::borrow::Cow::Owned(redacted) = redacted {
        *text = redacted;
    }
}
