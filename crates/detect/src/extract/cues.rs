//! What single lines say: a table of cues by family of tools, and what looks like a cue and isn't.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;

use super::line::Line;
use crate::pattern;

mod table;
use table::{CUES, ROUTINE, SUCCESS};

/// A way to say that something failed.
pub(super) struct Cue {
    rule: &'static str,
    /// 0 to 1: how often a line like this is the reason rather than its echo.
    weight: f32,
    /// One of these is in the line, in any case; lines without any cost nothing more.
    words: &'static [&'static str],
    pattern: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Says,
    /// Says that what follows tells the reason.
    Opens,
    /// Repeats that something above failed.
    Echoes,
}

/// What a line says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) rule: &'static str,
    pub(super) weight: f32,
    pub(super) opens: bool,
    pub(super) is_echo: bool,
}

/// The cues ready to run; a pattern is compiled when one of its words is first seen.
struct Compiled {
    words: AhoCorasick,
    /// By word: indices into [`CUES`].
    cues_of: Vec<usize>,
    patterns: Vec<OnceLock<Regex>>,
    success: Regex,
    routine: Regex,
}

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let words: Vec<(usize, &str)> =
        CUES.iter().enumerate().flat_map(|(cue, row)| row.words.iter().map(move |word| (cue, *word))).collect();
    Compiled {
        words: pattern::all_words(words.iter().map(|&(_, word)| word)),
        cues_of: words.iter().map(|&(cue, _)| cue).collect(),
        patterns: CUES.iter().map(|_| OnceLock::new()).collect(),
        success: pattern::ascii(SUCCESS),
        routine: pattern::ascii(ROUTINE),
    }
});

/// A cue this strong is believed even in a line that looks like routine or like an echo.
const SURE: f32 = 0.9;

/// A line that comes this often, numbers aside, is the program's normal talk.
const COMMON: u32 = 20;
const COMMON_FACTOR: f32 = 0.4;

/// The strongest cue of each line.
pub(super) fn mark(lines: &[Line<'_>]) -> Vec<Option<Mark>> {
    let mut marks: Vec<Option<Mark>> = lines.iter().map(|line| COMPILED.mark(&line.text)).collect();
    let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
    let shapes: Vec<Option<u64>> =
        lines.iter().zip(&marks).map(|(line, mark)| mark.map(|_| shape(&line.text))).collect();
    for shape in shapes.iter().flatten() {
        *seen.entry(*shape).or_default() += 1;
    }
    for (mark, shape) in marks.iter_mut().zip(&shapes) {
        if let (Some(mark), Some(shape)) = (mark, shape)
            && seen.get(shape).is_some_and(|&count| count > COMMON)
        {
            mark.weight *= COMMON_FACTOR;
        }
    }
    marks
}

/// FNV-1a of the letters.
fn shape(text: &str) -> u64 {
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).take(80);
    letters.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether the line says that something went well.
pub(super) fn is_success(line: &Line<'_>) -> bool {
    COMPILED.success.is_match(line.text.as_bytes())
}

impl Compiled {
    fn mark(&self, text: &str) -> Option<Mark> {
        let mut tried = 0_u128;
        let (mut best, mut echo): (Option<&Cue>, Option<&Cue>) = (None, None);
        for hit in self.words.find_overlapping_iter(text) {
            let index = self.cues_of[hit.pattern().as_usize()];
            let cue = &CUES[index];
            let rival = if cue.kind == Kind::Echoes { &mut echo } else { &mut best };
            if tried & (1 << index) != 0 || rival.is_some_and(|rival| rival.weight >= cue.weight) {
                continue;
            }
            tried |= 1 << index;
            if self.pattern(index).is_match(text.as_bytes()) {
                *rival = Some(cue);
            }
        }
        let is_sure = best.is_some_and(|best| best.weight >= SURE);
        let cue = if is_sure { best } else { echo.or(best) }?;
        let is_harmless =
            self.success.is_match(text.as_bytes()) || (!is_sure && self.routine.is_match(text.as_bytes()));
        let mark = Mark {
            rule: cue.rule,
            weight: cue.weight,
            opens: cue.kind == Kind::Opens,
            is_echo: cue.kind == Kind::Echoes,
        };
        (!is_harmless).then_some(mark)
    }

    fn pattern(&self, index: usize) -> &Regex {
        self.patterns[index].get_or_init(|| pattern::ascii(CUES[index].pattern))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_fits_the_bit_set() {
        assert!(CUES.len() <= 128);
        for index in 0..CUES.len() {
            let _ = COMPILED.pattern(index);
        }
    }
}
