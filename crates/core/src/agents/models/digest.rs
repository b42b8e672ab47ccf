//! An excerpt of evidence that fits into a prompt: the lines that tell most, in their order, each with its citation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use selfheal_detect::extract::{self, FailingLine};
use selfheal_detect::mask;

use super::legible::{shortened, visible};
use crate::evidence::{Citation, Evidence};

/// Most lines that are ranked.
const RANKED_LINES: usize = 160;

/// Most bytes of a line that surely tells.
const TELLING_BYTES: usize = 240;

/// Most bytes of another line: what stands around, a stack frame.
const OTHER_BYTES: usize = 90;

/// A round of taking lines: the best first, with what stands around those that surely tell.
struct Round {
    /// How many of the ranked lines.
    best: usize,
    /// How many lines alike, numbers and paths aside: what comes again tells little.
    alike: u32,
    /// Lines before one that tells.
    before: usize,
    /// Lines after it.
    after: usize,
}

/// What is taken in which order, while there is room.
const ROUNDS: [Round; 4] = [
    Round { best: 8, alike: 16, before: 4, after: 14 },
    Round { best: RANKED_LINES, alike: 16, before: 2, after: 4 },
    Round { best: RANKED_LINES, alike: u32::MAX, before: 10, after: 25 },
    Round { best: RANKED_LINES, alike: u32::MAX, before: 40, after: 40 },
];

/// Bytes of a mark that lines were left out.
const GAP_BYTES: usize = 22;

/// An excerpt.
#[derive(Debug, Default)]
pub(super) struct Digest {
    /// Its lines, each after its citation; gaps are marked.
    pub(super) text: String,
    /// Which lines are in it.
    pub(super) shown: BTreeSet<Citation>,
}

/// The at most `budget` bytes of `evidence` that tell most.
pub(super) fn digest<'a>(evidence: impl Iterator<Item = &'a Evidence>, budget: usize) -> Digest {
    let lines: Vec<(Citation, &str)> = evidence.flat_map(Evidence::lines).collect();
    of_lines(&lines, budget)
}

/// As [`digest`], of the last `most` lines.
pub(super) fn digest_of_end<'a>(evidence: impl Iterator<Item = &'a Evidence>, most: usize, budget: usize) -> Digest {
    let lines: Vec<(Citation, &str)> = evidence.flat_map(Evidence::lines).collect();
    of_lines(&lines[lines.len().saturating_sub(most)..], budget)
}

fn of_lines(lines: &[(Citation, &str)], budget: usize) -> Digest {
    let mut digest = Digest::default();
    let mut next = 0;
    for (index, line) in chosen(lines, budget) {
        mark_gap(&mut digest.text, &lines[next..index]);
        digest.text.push_str(&line);
        digest.shown.insert(lines[index].0);
        next = index + 1;
    }
    mark_gap(&mut digest.text, &lines[next..]);
    digest
}

/// Blank lines are no gap.
fn mark_gap(text: &mut String, left_out: &[(Citation, &str)]) {
    let count = left_out.iter().filter(|(_, line)| !line.trim_end().is_empty()).count();
    if count > 0 {
        let _ = writeln!(text, "[left out: {count}]");
    }
}

/// The most telling lines with what stands around them, as they are shown, within the budget.
fn chosen(lines: &[(Citation, &str)], budget: usize) -> BTreeMap<usize, String> {
    let texts: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
    let mut ranked = extract::failing_lines(&texts, RANKED_LINES);
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.index.cmp(&other.index)));
    let left = budget.saturating_sub(GAP_BYTES);
    let mut chosen = Chosen { lines, left, taken: BTreeMap::new(), alike: BTreeMap::new() };
    for round in &ROUNDS {
        for line in ranked.iter().take(round.best) {
            chosen.takes_around(line, round);
        }
    }
    chosen.taken
}

struct Chosen<'a> {
    lines: &'a [(Citation, &'a str)],
    left: usize,
    taken: BTreeMap<usize, String>,
    /// How many lines alike were taken, by what they are when masked.
    alike: BTreeMap<String, u32>,
}

impl Chosen<'_> {
    fn takes_around(&mut self, line: &FailingLine, round: &Round) {
        let tells = line.score >= extract::CONFIDENT;
        let bytes = if tells { TELLING_BYTES } else { OTHER_BYTES };
        if self.takes(line.index, bytes, round.alike) && tells {
            let end = (line.index + round.after + 1).min(self.lines.len());
            for index in line.index.saturating_sub(round.before)..end {
                self.takes(index, OTHER_BYTES, round.alike);
            }
        }
    }

    /// Takes the line at `index`, `bytes` of it, if there is room for it and less than `most` of its like are taken; whether it is in.
    fn takes(&mut self, index: usize, bytes: usize, most: u32) -> bool {
        if self.taken.contains_key(&index) {
            return true;
        }
        let (citation, line) = self.lines[index];
        let line = line.trim_end();
        if line.is_empty() || self.left < line.len().min(bytes) {
            return false;
        }
        let shown = format!("{citation}| {}\n", shortened(&visible(line), bytes));
        let is_alone = !(self.taken.contains_key(&(index + 1)) || index > 0 && self.taken.contains_key(&(index - 1)));
        let cost = shown.len() + if is_alone { GAP_BYTES } else { 0 };
        let alike = self.alike.entry(mask::mask(line).into_owned()).or_default();
        if *alike >= most || cost > self.left {
            return false;
        }
        *alike += 1;
        self.left -= cost;
        self.taken.insert(index, shown);
        true
    }
}

/// The first lines of a piece, whose most telling part comes first. Source keeps its indentation.
pub(super) fn beginning(evidence: &Evidence, budget: usize) -> Digest {
    let mut digest = Digest::default();
    let lines: Vec<(Citation, &str)> = evidence.lines().collect();
    for (index, (citation, line)) in lines.iter().enumerate() {
        let line = format!("{citation}| {}\n", shortened(&visible(line), TELLING_BYTES));
        if digest.text.len() + line.len() + GAP_BYTES > budget {
            mark_gap(&mut digest.text, &lines[index..]);
            break;
        }
        digest.text.push_str(&line);
        digest.shown.insert(*citation);
    }
    digest
}

#[cfg(test)]
mod tests {
    use selfheal_detect::redact::Redactor;

    use super::*;
    use crate::evidence::EvidenceId;

    fn evidence(text: &str) -> Evidence {
        Evidence::new(EvidenceId(1), "log", 1, text, &Redactor::builder().build())
    }

    fn of(text: &str, budget: usize) -> String {
        digest([evidence(text)].iter(), budget).text
    }

    #[test]
    fn telling_lines_stand_in_their_order_with_their_names_and_gaps_are_marked() {
        let quiet = "doing something quite ordinary\n".repeat(200);
        let text = of(&format!("{quiet}error[E0432]: unresolved import `a::b`\n{quiet}"), 300);
        assert!(text.contains("e1:201| error[E0432]: unresolved import `a::b`\n"), "{text}");
        assert!(text.starts_with('[') && text.ends_with("]\n"), "{text}");
    }

    #[test]
    fn it_stays_within_its_budget_whatever_the_lines_are() {
        let long = format!("error: {}\n", "x".repeat(5_000));
        let dense = "error: one\nfatal: two\nException: three\n".repeat(500);
        for text in [long.repeat(50), dense, "error: \u{202e}\u{200b}\n".repeat(3_000)] {
            for budget in [0, 50, 500, 5_000] {
                let digest = of(&text, budget);
                assert!(digest.len() <= budget.max(GAP_BYTES + 10), "{} of {budget}", digest.len());
            }
        }
    }

    #[test]
    fn what_comes_again_and_again_leaves_room_for_what_does_not() {
        let noise: String = (0..300).map(|n| format!("error: retrying request {n}\n")).collect();
        let text = of(&format!("{noise}error: certificate has expired\n{noise}"), 2_500);
        assert!(text.contains("certificate has expired"), "{text}");
    }

    #[test]
    fn of_a_page_the_beginning_is_shown() {
        let page = beginning(&evidence("1| fn a() {\n2|     b()\n3| }\n"), 45);
        assert_eq!(page.text, "e1:1| 1| fn a() {\n[left out: 2]\n");
        assert_eq!(page.shown.len(), 1);
    }
}
