//! The source of an inline program: where a command line holds it, and its string literals.

use super::super::super::text::Text;

/// The options that hold code, for the interpreters of other languages.
pub(super) fn code_options(program: &str) -> Option<&'static [&'static str]> {
    match language(program) {
        "python" => Some(&["-c"]),
        "perl" | "ruby" => Some(&["-e", "-E", "-ne", "-pe", "-le", "-lne", "-ane", "-pie", "-i", "-nle", "-we"]),
        "node" => Some(&["-e", "--eval", "-p", "--print", "-pe"]),
        "php" => Some(&["-r", "-R"]),
        "lua" | "Rscript" | "groovy" | "elixir" | "scala" | "julia" | "osascript" | "ghc" | "swift" | "crystal"
        | "janet" | "R" => Some(&["-e", "--eval"]),
        "bun" => Some(&["-e", "--eval", "-p", "--print"]),
        "erl" => Some(&["-eval", "--eval"]),
        "expect" => Some(&["-c"]),
        "tclsh" | "wish" | "jshell" | "irb" | "pry" | "iex" | "ghci" | "guile" => Some(&["-c", "-e", "--eval"]),
        "deno" => Some(&["eval"]),
        // Frameworks that run code of their language.
        "rails" => Some(&["runner", "r"]),
        "manage.py" | "django-admin" => Some(&["-c", "--command"]),
        "artisan" => Some(&["--execute"]),
        "wp" => Some(&["eval"]),
        "drush" => Some(&["php:eval", "php-eval", "ev"]),
        "mix" => Some(&["-e", "--eval"]),
        _ => None,
    }
}

/// `python3.12` is Python.
pub(super) fn language(program: &str) -> &str {
    let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match name {
        "pypy" | "ipython" | "python-" | "py" => "python",
        "nodejs" | "tsx" | "ts-node" => "node",
        "luajit" => "lua",
        "jruby" => "ruby",
        other => other,
    }
}

pub(super) fn given_code(args: &[Text], options: &[&str]) -> Option<Text> {
    for (index, arg) in args.iter().enumerate() {
        if options.contains(&arg.text.as_str()) {
            return args.get(index + 1).cloned();
        }
        // `-c'code'` and `--eval=code`.
        let attached = options.iter().find_map(|option| match option.strip_prefix("--") {
            Some(_) => arg.text.strip_prefix(*option)?.strip_prefix('='),
            None => arg.text.strip_prefix(*option),
        });
        if let Some(code) = attached.filter(|code| code.len() > 3 && !arg.text.starts_with("-i")) {
            return Some(Text { text: code.to_owned(), ..arg.clone() });
        }
    }
    None
}

/// True when one of `names` stands in the code outside its literals, or as a key of one (`getattr(os, 'system')`).
pub(super) fn calls(code: &str, names: &[&str]) -> bool {
    let bare = without_literals(code);
    names.iter().any(|name| bare.contains(name))
}

/// The code with its string literals emptied; backquotes stay, they run commands.
pub(super) fn without_literals(code: &str) -> String {
    let mut bare = String::with_capacity(code.len());
    let mut quote = None;
    let mut escaped = false;
    for c in code.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => {
                bare.push(c);
                quote = None;
            }
            Some(_) => {}
            None => {
                bare.push(c);
                if c == '\'' || c == '"' {
                    quote = Some(c);
                }
            }
        }
    }
    bare
}

/// The string literals of a program, escapes undone, backquoted text and `q{…}` included.
pub(in crate::command) fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut quote: Option<char> = None;
    let mut text = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                text.push('\\');
                text.extend(chars.next());
            }
            Some(open) if c == open => {
                found.push(super::super::escapes::ansi_c(&std::mem::take(&mut text)));
                quote = None;
            }
            Some(_) => text.push(c),
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            // Perl's and Ruby's own brackets: qx{…}, %x(…), q(…).
            None if matches!(c, 'x' | 'q') && matches!(chars.peek(), Some('{' | '(' | '/' | '|' | '[')) => {
                quote = chars.next().map(closing);
            }
            None => {}
        }
    }
    found
}

fn closing(open: char) -> char {
    match open {
        '{' => '}',
        '(' => ')',
        '[' => ']',
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::STARTS;
    use super::*;

    #[test]
    fn literals_are_found() {
        assert_eq!(literals(r#"os.system("rm -rf /"); f('a\'b')"#), ["rm -rf /", "a'b"]);
        assert_eq!(literals("print `id`; qx{ls -la}"), ["id", "ls -la"]);
    }

    #[test]
    fn names_in_literals_are_not_calls() {
        assert!(!calls("print('os.system')", STARTS));
        assert!(calls("os.system('x')", STARTS));
    }
}
