//! Text to syntax tree, within bounds.

use brush_parser::ast::Program;
use brush_parser::{Parser, ParserOptions};

use super::super::bounds;

/// Bash's own defaults.
pub(in crate::command) fn options() -> ParserOptions {
    ParserOptions::default()
}

/// Parses a script.
///
/// # Errors
/// Why it can't be followed.
pub(in crate::command) fn program(script: &str) -> Result<Program, String> {
    within_bounds(script)?;
    Parser::new(script.as_bytes(), &options())
        .parse_program()
        .map_err(|_| "it isn't valid bash: a shell may still run parts of it".to_owned())
}

/// The parser recurses, so its input must not be able to nest deeply.
fn within_bounds(script: &str) -> Result<(), String> {
    if script.len() > bounds::SCRIPT_BYTES {
        return Err(format!("it is longer than {} bytes", bounds::SCRIPT_BYTES));
    }
    if script.contains('\0') {
        return Err("it holds a NUL, at which shells disagree".to_owned());
    }
    if nesting(script) > bounds::NESTING {
        return Err(format!("it nests deeper than {} levels", bounds::NESTING));
    }
    Ok(())
}

/// An upper bound for the nesting of a script or a word. The parser tries alternatives at every level, so its time
/// doubles with each.
pub(super) fn nesting(text: &str) -> usize {
    brackets(text) + keywords(text)
}

/// Brackets that are open at the same time. What stands in single quotes is skipped, unless comments or here-documents
/// could make an apostrophe mean something else.
fn brackets(text: &str) -> usize {
    let trusts_quotes = !text.contains('#') && !text.contains("<<");
    let (mut depth, mut deepest, mut quote) = (0_usize, 0, None);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => {
                bytes.next();
            }
            (None, b'\'' | b'"') if trusts_quotes => quote = Some(byte),
            (_, b'(' | b'{' | b'[') => depth += 1,
            (_, b')' | b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Compound commands that nest by keyword, each with its end.
fn keywords(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut starts_command = true;
    for word in text.split_inclusive(char::is_whitespace).filter(|word| !word.trim().is_empty()) {
        let ends_line = word.ends_with('\n');
        let word = word.trim();
        let opens = starts_command
            && matches!(word, "if" | "while" | "until" | "for" | "case" | "select" | "coproc" | "function");
        if opens {
            depth += 1;
        } else if matches!(word.trim_end_matches(';'), "fi" | "done" | "esac") {
            depth = depth.saturating_sub(1);
        }
        deepest = deepest.max(depth);
        let separated = ends_line || word.ends_with([';', '&', '|', '(', ')', '{', '!', '`']);
        starts_command = separated || opens || matches!(word, "then" | "do" | "else" | "elif" | "time");
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_never_taken_for_less_than_it_is() {
        assert_eq!(nesting("(((ls"), 3);
        assert_eq!(nesting("echo '((((' \"$(ls)\""), 1);
        assert_eq!(nesting("# don't\n((((ls"), 4);
        assert_eq!(nesting("if a; then if b; then (c); fi; fi"), 3);
        assert_eq!(nesting("echo if for while"), 0);
    }
}
