//! Env files: variables that the command may be given. Their values are never said or stored.

use std::collections::BTreeMap;
use std::path::Path;

use selfheal_adapters::local::ConfiguredVariable;

use super::Refusal;
use crate::cli::EnvFile;

/// A larger file is no env file.
const MAX_BYTES: u64 = 1 << 20;

/// Reads `NAME=value` lines (dotenv: quotes, comments and `export` are understood) into `variables`; later files win.
///
/// # Errors
/// With file, line and what was expected; never with the line itself.
pub(super) fn read(file: &EnvFile, variables: &mut BTreeMap<String, ConfiguredVariable>) -> Result<(), Refusal> {
    let path = &file.path;
    let refuse = |problem: String| Refusal::usage(format!("{}: {problem}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
    if metadata.len() > MAX_BYTES {
        return Err(refuse("expected NAME=value lines, the file has more than 1 MiB".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        refuse_at(
            path,
            1 + error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count(),
            "expected UTF-8 text",
        )
    })?;
    let source = Path::new(&file.name).display().to_string();
    for entry in dotenvy::from_read_iter(literal(&text).as_bytes()) {
        let (name, value) = entry.map_err(|error| match &error {
            dotenvy::Error::LineParse(line, _) => refuse_at(path, line_of(&text, line), "expected NAME=value"),
            _ => refuse("expected NAME=value lines".to_owned()),
        })?;
        variables.insert(name, ConfiguredVariable { value: value.into(), source: source.clone() });
    }
    Ok(())
}

/// The text with every `$` outside of single quotes escaped: a secret's `$` is a character, not the name of a variable.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut quote = None;
    let mut previous = '\n';
    for c in text.chars() {
        match (c, quote) {
            ('\'' | '"', None) if previous != '\\' => quote = Some(c),
            (c, Some(open)) if c == open && (previous != '\\' || open == '\'') => quote = None,
            ('\n', Some('\'')) => quote = None,
            ('$', quote) if quote != Some('\'') && previous != '\\' => escaped.push('\\'),
            _ => {}
        }
        escaped.push(c);
        previous = c;
    }
    escaped
}

fn refuse_at(path: &Path, line: usize, expected: &str) -> Refusal {
    Refusal::usage(format!("{}:{line}: {expected}", path.display()))
}

fn line_of(text: &str, line: &str) -> usize {
    let first = line.lines().next().unwrap_or(line).trim();
    text.lines().position(|candidate| candidate.trim() == first).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<BTreeMap<String, ConfiguredVariable>, String> {
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        std::fs::write(file.path(), text).map_err(|error| error.to_string())?;
        let mut variables = BTreeMap::new();
        let read = read(&EnvFile::from(file.path().as_os_str().to_owned()), &mut variables);
        read.map(|()| variables).map_err(|refusal| refusal.message.rsplit('/').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn understands_what_people_write() {
        let variables = read_text("# comment\nexport A=1\nB=\"two words\"\n\nC='$A'\n").unwrap();
        let values: Vec<_> = variables.iter().map(|(name, v)| (name.as_str(), v.value.to_str().unwrap())).collect();
        assert_eq!(values, [("A", "1"), ("B", "two words"), ("C", "$A")]);
    }

    #[test]
    fn a_dollar_sign_is_a_character() {
        let variables = read_text("# don't\nA=pa$sw0rd\nB=\"x$HOME\"\nC='y$z'\nD=a\\$b\n").unwrap();
        let values: Vec<_> = variables.values().map(|v| v.value.to_str().unwrap()).collect();
        assert_eq!(values, ["pa$sw0rd", "x$HOME", "y$z", "a$b"]);
    }

    #[test]
    fn says_where_a_line_is_wrong_and_not_what_it_holds() {
        let error = read_text("A=1\nthis is s3cret no assignment\n").err().unwrap();
        assert!(error.contains(":2: expected NAME=value"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
