//! What a program that only reads must not be asked for: work without end, or text that takes over a terminal.

use super::super::run::{Invocation, escapes};
use super::super::text::Text;

/// Words of a jq program that read more than its input, or may never end.
const JQ: &[&str] = &[
    "env",
    "ENV",
    "import",
    "include",
    "input_filename",
    "input",
    "def ",
    "range",
    "repeat",
    "until",
    "while",
    "recurse",
    "limit",
    "getpath",
    "$__",
    "get_search_list",
    "debug",
    "halt",
];
/// Most digits of a number that a program counts, waits or pads to.
const DIGITS: usize = 4;

/// Why what the program is asked for has no bound, or shows more than it says.
pub(super) fn exceeded(call: &Invocation<'_>) -> Option<String> {
    let any = |holds: &dyn Fn(&str) -> bool| call.args.iter().any(|arg| holds(&arg.text));
    let beyond = match call.program {
        "jq" => any(&|arg| JQ.iter().any(|word| arg.contains(word))),
        "seq" | "factor" | "expr" => any(&has_long_number),
        "sleep" => any(&|arg| !is_short_wait(arg)),
        "vmstat" => !call.args.is_empty(),
        "tail" => any(&|arg| arg.starts_with("--f") || arg.starts_with("--r") || is_follow(arg)),
        "lsof" => any(&|arg| arg.starts_with('+')),
        "printf" => any(&|arg| arg.contains('%') && (arg.contains('*') || has_long_number(arg))),
        _ => false,
    };
    if beyond {
        return Some(format!("what {} is asked for isn't known to end, or to show only its input", call.program));
    }
    let prints = matches!(call.program, "echo" | "printf");
    (prints && call.args.iter().any(commands_terminal)).then(|| "it sends commands to the terminal".to_owned())
}

fn has_long_number(arg: &str) -> bool {
    let exponent = arg.contains(['e', 'E']) && arg.starts_with(|c: char| c.is_ascii_digit());
    exponent || arg.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > DIGITS)
}

fn is_short_wait(arg: &str) -> bool {
    let number = arg.strip_suffix('s').unwrap_or(arg);
    !number.is_empty() && number.len() < DIGITS && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn is_follow(arg: &str) -> bool {
    arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['f', 'F'])
}

/// An escape that does more than colour: it may write to the clipboard, or make the terminal type.
fn commands_terminal(arg: &Text) -> bool {
    let text = escapes::ansi_c(&arg.text);
    text.match_indices('\u{1b}').any(|(at, escape)| !text[at + escape.len()..].starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_beyond(line: &str) -> bool {
        let mut words = line.split(' ');
        let program = words.next().unwrap_or_default();
        let args: Vec<Text> = words.map(Text::exact).collect();
        exceeded(&Invocation { program, args: &args, stdin: None, elsewhere: false }).is_some()
    }

    #[test]
    fn work_without_end_is_not_only_reading() {
        for line in ["seq 1e9", "seq 100000", "sleep infinity", "sleep 1d", "vmstat 1", "tail -f x", "printf %*s 9 x"] {
            assert!(is_beyond(line), "{line}");
        }
        for line in ["seq 1 10", "sleep 5", "sleep 0.5s", "vmstat", "tail -n 20 x", "printf %5s x", "jq .items"] {
            assert!(!is_beyond(line), "{line}");
        }
    }

    #[test]
    fn only_colours_reach_the_terminal() {
        assert!(is_beyond("echo -e \\033]52;c;eA==\\007"));
        assert!(!is_beyond("echo -e \\033[32mok"));
    }
}
