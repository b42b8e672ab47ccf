//! What was found so far, while a script is followed.

use super::assessment::{Assessment, Destruction, DestructionKind, Verdict};
use super::bounds;

/// How one command is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It only reads.
    Reads,
    /// It changes something, or isn't understood.
    Unknown(String),
    /// It destroys.
    Destroys(Vec<Loss>),
}

/// What a command destroys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) kind: DestructionKind,
    pub(super) what: String,
}

impl Judgement {
    /// One loss.
    pub(super) fn loss(kind: DestructionKind, what: impl Into<String>) -> Self {
        Self::Destroys(vec![Loss { kind, what: what.into() }])
    }

    /// Nothing is known to be destroyed, and nothing more is said.
    pub(super) fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(why.into())
    }
}

/// Effects and doubts; only ever grows, so that a command more can't loosen a verdict.
#[derive(Debug, Default)]
pub(super) struct Findings {
    effects: Vec<Destruction>,
    doubt: Option<String>,
}

impl Findings {
    pub(super) fn add(&mut self, judgement: Judgement, command: &str) {
        match judgement {
            Judgement::Reads => {}
            Judgement::Unknown(why) => self.doubt(why),
            Judgement::Destroys(losses) => {
                for loss in losses {
                    self.destroys(loss, command);
                }
            }
        }
    }

    /// Notes what isn't understood; the first one is reported.
    pub(super) fn doubt(&mut self, why: impl Into<String>) {
        if self.doubt.is_none() {
            self.doubt = Some(why.into());
        }
    }

    fn destroys(&mut self, loss: Loss, command: &str) {
        let effect = Destruction { kind: loss.kind, what: loss.what, command: shortened(command) };
        if self.effects.len() < bounds::EFFECTS && !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    pub(super) fn finish(self) -> Assessment {
        let verdict = match (self.effects.is_empty(), self.doubt) {
            (false, _) => Verdict::Destructive { effects: self.effects },
            (true, Some(why)) => Verdict::Unknown { why },
            (true, None) => Verdict::ReadOnly,
        };
        Assessment { verdict }
    }
}

/// At most [`bounds::QUOTED_CHARS`] characters of `text`.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(bounds::QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
