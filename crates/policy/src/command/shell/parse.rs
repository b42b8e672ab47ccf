//! Text to syntax tree, within bounds.

use brush_parser::ast::Program;
use brush_parser::{Parser, ParserOptions};

use super::super::bounds;

/// Bash's own defaults.
pub(super) fn options() -> ParserOptions {
    ParserOptions::default()
}

/// Parses a script.
///
/// # Errors
/// Why it can't be followed.
pub(super) fn program(script: &str) -> Result<Program, String> {
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
    if openings(script) > bounds::NESTING {
        return Err(format!("it nests deeper than {} levels", bounds::NESTING));
    }
    Ok(())
}

/// An upper bound for the nesting of a script. Quotes are not looked at: too many is refused, never too few let through.
fn openings(script: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in script.bytes() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest + keywords(script)
}

/// Compound commands that nest by keyword, each with its end.
fn keywords(script: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for word in script.split(|c: char| c.is_ascii_whitespace() || c == ';').filter(|word| !word.is_empty()) {
        match word {
            "if" | "while" | "until" | "for" | "case" | "select" | "coproc" | "function" => depth += 1,
            "fi" | "done" | "esac" => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
