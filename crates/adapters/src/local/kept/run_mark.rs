//! The mark of the command's last run in its directory: what tells another process whether it happened.

use std::sync::Arc;

use selfheal_core::criterion::Observation;
use selfheal_core::evidence::Evidence;
use selfheal_detect::redact::Redactor;
use serde::{Deserialize, Serialize};

use super::StepKey;

/// Most evidence that is kept of a run, in bytes.
const MAX_EVIDENCE_BYTES: usize = 256 << 10;

/// A run of the command in its directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::local) struct RunMark {
    /// The step that it is; `None` if it only verified.
    pub(in crate::local) step: Option<StepKey>,
    pub(in crate::local) standing: Standing,
}

/// How far a run got, and what it says of the present.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::local) enum Standing {
    /// It was about to be started; whether it ended, nobody knows.
    Started,
    /// It ended, and nobody has looked at what was seen yet.
    Ended(Arc<Observation>),
    /// It ended, and what was seen has been judged.
    LookedAt(Arc<Observation>),
    /// Something was changed since.
    Outdated,
}

impl RunMark {
    pub(in crate::local) fn started(step: Option<StepKey>) -> Self {
        Self { step, standing: Standing::Started }
    }

    /// What was seen, as long as it says something of the present.
    pub(in crate::local) fn seen(&self) -> Option<&Arc<Observation>> {
        match &self.standing {
            Standing::Ended(seen) | Standing::LookedAt(seen) => Some(seen),
            Standing::Started | Standing::Outdated => None,
        }
    }
}

/// `observation` with so much of its evidence, the latest of it, as is kept.
pub(super) fn bounded(observation: &Observation, redactor: &Redactor) -> Observation {
    let Observation::Unhealthy { facts, evidence } = observation else { return observation.clone() };
    let mut room = MAX_EVIDENCE_BYTES;
    let mut kept: Vec<Evidence> = evidence.iter().rev().map_while(|piece| end_of(piece, &mut room, redactor)).collect();
    kept.reverse();
    Observation::Unhealthy { facts: facts.clone(), evidence: kept }
}

/// The end of `piece`, in whole lines if a line fits; `None` once there is no room.
fn end_of(piece: &Evidence, room: &mut usize, redactor: &Redactor) -> Option<Evidence> {
    let text = piece.text().read();
    if *room == 0 {
        return None;
    }
    if let Some(left) = room.checked_sub(text.len()) {
        *room = left;
        return Some(piece.clone());
    }
    let cut = text.ceil_char_boundary(text.len() - *room);
    let start = text[cut..].find('\n').map_or(cut, |newline| cut + newline + 1);
    *room = 0;
    let first = piece.lines().next().map_or(1, |(citation, _)| citation.line);
    let skipped = text[..start].bytes().filter(|byte| *byte == b'\n').count() as u64;
    // It was redacted as a whole; a second time changes nothing.
    Some(Evidence::new(piece.id(), piece.origin(), first + skipped, &text[start..], redactor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfheal_core::evidence::EvidenceId;
    use selfheal_core::facts::Facts;

    #[test]
    fn of_much_evidence_the_end_is_kept_with_its_line_numbers() {
        let redactor = Redactor::default();
        let text: String = (1..=40_000).map(|number| format!("line {number}\n")).collect();
        let evidence = vec![
            Evidence::new(EvidenceId(1), "earlier", 1, "lost", &redactor),
            Evidence::new(EvidenceId(2), "log", 1, &text, &redactor),
        ];
        let all = Observation::Unhealthy { facts: Facts::new(), evidence };
        let Observation::Unhealthy { evidence, .. } = bounded(&all, &redactor) else { panic!("health") };
        let [piece] = &evidence[..] else { panic!("{} pieces", evidence.len()) };
        assert!(piece.text().read().len() <= MAX_EVIDENCE_BYTES);
        let (citation, line) = piece.lines().next().unwrap();
        assert_eq!(line, format!("line {}", citation.line));
        assert_eq!(piece.lines().last().unwrap().1, "line 40000");
    }
}
