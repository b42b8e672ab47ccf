//! Lines that somebody else wrote, with where they stand.

use std::sync::Arc;

use crate::diagnosis::Diagnosis;
use crate::engine::State;
use crate::evidence::{Citation, Evidence, Untrusted};

/// Most lines that are quoted for one entry.
pub(super) const MAX_QUOTES: usize = 8;

/// Most bytes of a line that are quoted.
const MAX_QUOTED_BYTES: usize = 2_048;

/// A line of evidence, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Which line.
    pub citation: Citation,
    /// Where the piece came from.
    pub origin: Arc<str>,
    /// What stands there, at most 2,048 bytes of it. Control and direction characters may be in it: it is for whoever shows it to
    /// take their effect away.
    pub line: Untrusted<String>,
}

impl Quote {
    fn of(piece: &Evidence, citation: Citation, line: &str) -> Self {
        let end = line.floor_char_boundary(MAX_QUOTED_BYTES);
        Self { citation, origin: piece.origin().into(), line: Untrusted::new(line[..end].to_owned()) }
    }

    /// The lines that `diagnosis` rests on; where it rests on none, those that best tell what failed.
    pub(super) fn cited(diagnosis: &Diagnosis, state: &State) -> Vec<Self> {
        let Some(best) = diagnosis.best() else { return Self::failing(state.current_evidence()) };
        let find = |citation: &Citation| {
            state.all_evidence().find_map(|piece| Some(Self::of(piece, *citation, piece.line(*citation)?)))
        };
        best.citations.iter().filter_map(find).take(MAX_QUOTES).collect()
    }

    /// The lines of `pieces` that best tell what failed.
    pub(super) fn failing(pieces: &[Evidence]) -> Vec<Self> {
        let all: Vec<(&Evidence, Citation, &str)> = pieces
            .iter()
            .flat_map(|piece| piece.lines().map(move |(citation, line)| (piece, citation, line)))
            .collect();
        let texts: Vec<&str> = all.iter().map(|(_, _, line)| *line).collect();
        let telling = selfheal_detect::extract::failing_lines(&texts, MAX_QUOTES);
        let quote = |index: usize| all.get(index).map(|(piece, citation, line)| Self::of(piece, *citation, line));
        telling.iter().filter_map(|failing| quote(failing.index)).collect()
    }
}
