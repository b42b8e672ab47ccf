use std::sync::LazyLock;

use regex::Regex;

use super::pattern::pattern;

/// Longest text of a tool that goes into an error, in characters.
const MAX_SUMMARY_CHARS: usize = 300;

static URL_CREDENTIALS: LazyLock<Regex> = LazyLock::new(|| pattern(r"://[^/\s@]+@"));
static AUTHORIZATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(authorization\s*[=:]\s*)(?:(?:basic|bearer|token)\s+)?\S+"));
static ASSIGNED_SECRET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)((?:_auth|token|password|passwd|secret|api[_-]?key)\s*[=:]\s*)\S+"));

/// What a tool said, on one line, short, without URL credentials and without values of secret-named settings.
pub(super) fn scrub(said: &str) -> String {
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = URL_CREDENTIALS.replace_all(&line, "://***@");
    let line = AUTHORIZATION.replace_all(&line, "${1}***");
    let line = ASSIGNED_SECRET.replace_all(&line, "${1}***");
    if line.chars().count() <= MAX_SUMMARY_CHARS {
        return line.into_owned();
    }
    let mut short: String = line.chars().take(MAX_SUMMARY_CHARS).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_survive() {
        let said =
            "GET https://bob:hunter2@npm.example/x\n //npm.example/:_authToken=npm_abc Authorization: Basic Zm9v";
        let clean = scrub(said);
        for secret in ["hunter2", "npm_abc", "Zm9v"] {
            assert!(!clean.contains(secret), "{clean}");
        }
        assert!(clean.contains("npm.example/x"));
    }

    #[test]
    fn long_output_is_shortened() {
        assert_eq!(scrub(&"é".repeat(1000)).chars().count(), MAX_SUMMARY_CHARS + 1);
    }
}
