//! Brace expansion: `{a,b}` and `{1..3}`.

use brush_parser::word::{BraceExpressionMember, BraceExpressionOrText, parse_brace_expansions};

use super::super::bounds;
use super::parse::{nesting, options};

/// The words that `word` stands for; `None` if they are too many.
pub(super) fn expand(word: &str) -> Option<Vec<String>> {
    let braces = word.contains('{') && (word.contains(',') || word.contains(".."));
    if !braces {
        return Some(vec![word.to_owned()]);
    }
    if nesting(word) > bounds::NESTING {
        return None;
    }
    match parse_brace_expansions(word, &options()) {
        Ok(Some(pieces)) => sequence(&pieces),
        _ => Some(vec![word.to_owned()]),
    }
}

fn sequence(pieces: &[BraceExpressionOrText]) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    for piece in pieces {
        let choices = match piece {
            BraceExpressionOrText::Text(text) => vec![text.clone()],
            BraceExpressionOrText::Expr(members) => alternatives(members)?,
        };
        if words.len().saturating_mul(choices.len()) > bounds::WORDS {
            return None;
        }
        words = words.iter().flat_map(|word| choices.iter().map(move |choice| format!("{word}{choice}"))).collect();
    }
    Some(words)
}

fn alternatives(members: &[BraceExpressionMember]) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for member in members {
        match member {
            BraceExpressionMember::Child(pieces) => all.extend(sequence(pieces)?),
            BraceExpressionMember::NumberSequence { start, end, increment } => {
                all.extend(numbers(*start, *end, *increment)?.into_iter().map(|number| number.to_string()));
            }
            BraceExpressionMember::CharSequence { start, end, increment } => {
                let codes = numbers(i64::from(u32::from(*start)), i64::from(u32::from(*end)), *increment)?;
                all.extend(
                    codes
                        .into_iter()
                        .filter_map(|code| u32::try_from(code).ok().and_then(char::from_u32))
                        .map(String::from),
                );
            }
        }
    }
    (all.len() <= bounds::WORDS).then_some(all)
}

fn numbers(start: i64, end: i64, increment: i64) -> Option<Vec<i64>> {
    let step = increment.unsigned_abs().max(1);
    let count = start.abs_diff(end) / step;
    let bound = u64::try_from(bounds::WORDS).ok()?;
    if count >= bound {
        return None;
    }
    let sign = if start <= end { 1 } else { -1 };
    let step = i64::try_from(step).ok()?;
    (0..=i64::try_from(count).ok()?)
        .map(|round| round.checked_mul(step * sign).and_then(|by| start.checked_add(by)))
        .collect()
}
