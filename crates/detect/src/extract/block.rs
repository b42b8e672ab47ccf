//! Joins a cue's line with the lines that belong to it.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::cues::{self, Mark};
use super::line::Line;
use super::section::Sections;
use crate::pattern;

/// A stack trace or diff may be long, a block has an end.
const MAX_LINES: usize = 120;
/// Blank lines inside a block.
const MAX_BLANK: usize = 2;

/// Lines that carry on what a cue began: frames, excerpts, carets, comparisons, diffs, notes.
static CONTINUES: LazyLock<Regex> = LazyLock::new(|| {
    pattern::ascii(
        r#"(?x)
  ^\s*(?: at\ [\w.$<>\[(/] | \.\.\.\ \d+\ (?:more|common) | \#\d+\  | File\ " | from\ \S+:\d+ | in\ \S+:\d+ | \#\ \S+:\d+ | Caused\ by
    | \^ | ~+\^ | \| | \d+\ *\| | -->\  | =\ (?:note|help) | (?:note|help|hint): | [-+]{1}\s | [-+]{3}\  | @@\  | [<>]\ | E\ \ 
    | (?:[Ee]xpected|[Aa]ctual|[Gg]ot|[Rr]eceived|[Ww]anted|[Ll]eft|[Rr]ight|found|required|reason|details?|message)\b\ ?[:=] | Stack\ trace | ---\ 
    | \S+:\d+:(?:\d+:)?\s | In\ file\ included | \S+:\ In\ (?:member\ )?function )
"#,
    )
});

/// Neighbouring lines that tell one thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) score: f32,
    pub(super) rule: &'static str,
}

pub(super) fn blocks(lines: &[Line<'_>], marks: &[Option<Mark>], sections: &Sections) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        let Some(mark) = marks[index] else {
            index += 1;
            continue;
        };
        let end = end_of(lines, marks, index, mark);
        let score = mark.weight * sections.factor(index, lines.len());
        blocks.push(Block { start: index, end, score, rule: mark.rule });
        index = end;
    }
    blocks
}

fn end_of(lines: &[Line<'_>], marks: &[Option<Mark>], start: usize, mark: Mark) -> usize {
    let mut end = start + 1;
    let mut blank = 0;
    for index in start + 1..lines.len().min(start + MAX_LINES) {
        let line = &lines[index];
        if line.is_blank() {
            blank += 1;
            if blank > MAX_BLANK {
                break;
            }
            continue;
        }
        if !continues(lines, start, index, marks[index], mark, blank) {
            break;
        }
        blank = 0;
        end = index + 1;
    }
    end
}

fn continues(lines: &[Line<'_>], start: usize, index: usize, other: Option<Mark>, mark: Mark, blank: usize) -> bool {
    let line = &lines[index];
    if mark.is_echo {
        return other.is_some_and(|other| other.rule == mark.rule);
    }
    if let Some(other) = other {
        return !other.is_echo && (other.rule == mark.rule || line.indent > lines[start].indent || mark.opens);
    }
    if cues::is_success(line) {
        return false;
    }
    let deeper = line.indent > lines[start].indent;
    deeper || (CONTINUES.is_match(line.text.as_bytes()) && blank == 0) || (mark.opens && line.indent > 0)
}
