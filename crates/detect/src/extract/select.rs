//! Takes the best blocks until the budget is spent.

use std::collections::BTreeMap;

use super::BEFORE_EXIT;
use super::FailingLine;
use super::block::Block;
use super::cues::Mark;
use super::line::Line;
use super::section::Sections;

/// One block may not spend more than this share of the budget while others wait.
const MAX_SHARE: f32 = 0.8;

/// What stands just before the exit status is worth reading even without a cue.
const TAIL_SCORE: f32 = 0.28;

pub(super) fn within(
    budget: usize,
    lines: &[Line<'_>],
    marks: &[Option<Mark>],
    sections: &Sections,
    blocks: &[Block],
) -> Vec<FailingLine> {
    let mut candidates = blocks.to_vec();
    candidates.extend(tails(lines, marks, sections, budget));
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.start.cmp(&b.start)));
    let best = candidates.first().map_or(1.0, |block| block.score);
    let share = ((budget as f32 * MAX_SHARE).ceil() as usize).max(1);
    let mut chosen: BTreeMap<usize, FailingLine> = BTreeMap::new();
    for block in candidates {
        let score = (block.score / best).min(1.0);
        for index in telling_first(&block, marks).take(share) {
            if chosen.len() >= budget {
                break;
            }
            if !lines[index].is_blank() || block.end - block.start > 1 {
                chosen.entry(index).or_insert(FailingLine { index, score, rule: block.rule });
            }
        }
    }
    chosen.into_values().collect()
}

/// The block's lines with a cue of their own first: of a traceback too long for the budget, its last line matters most.
fn telling_first(block: &Block, marks: &[Option<Mark>]) -> impl Iterator<Item = usize> {
    let (telling, other): (Vec<usize>, Vec<usize>) =
        (block.start..block.end).partition(|&index| marks[index].is_some_and(|mark| !mark.is_echo));
    telling.into_iter().chain(other)
}

/// The lines before each exit status and its echoes, nearest first.
fn tails(lines: &[Line<'_>], marks: &[Option<Mark>], sections: &Sections, budget: usize) -> Vec<Block> {
    let is_echo = |index: &usize| lines[*index].is_blank() || marks[*index].is_some_and(|mark| mark.is_echo);
    let mut tails = Vec::new();
    for section in sections.or_whole(lines.len()).into_iter().rev().take(4) {
        let end = section.end - section.clone().rev().take_while(is_echo).count();
        for (distance, index) in (section.start..end).rev().take(budget).enumerate() {
            let score = TAIL_SCORE / (1.0 + distance as f32 / 20.0);
            tails.push(Block { start: index, end: index + 1, score, rule: BEFORE_EXIT });
        }
    }
    tails
}
