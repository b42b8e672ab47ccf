//! Text without secrets that keeps its lines: a place in it stays where it was.
//!
//! A secret is recognised by what stands around it, so this comes before anything is left out.

use selfheal_detect::redact::Redactor;

/// What one replacement leaves may read as a secret in its new surroundings.
const MAX_ROUNDS: usize = 8;

/// `text` with each line of a secret replaced on its own.
pub(super) fn redacted(redactor: &Redactor, text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MAX_ROUNDS {
        let findings = redactor.find(&text);
        if findings.is_empty() {
            break;
        }
        let mut shown = String::with_capacity(text.len());
        let mut from = 0;
        for finding in findings {
            shown.push_str(&text[from..finding.range.start]);
            shown.push_str(&replaced(&text[finding.range.clone()], &finding.kind));
            from = finding.range.end;
        }
        shown.push_str(&text[from..]);
        text = shown;
    }
    text
}

fn replaced(secret: &str, kind: &str) -> String {
    let mark = |line: &str| if line.is_empty() { String::new() } else { format!("<secret:{kind}>") };
    secret.split('\n').map(mark).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_several_lines_leaves_as_many() {
        let key = "MIIEpAIBAAKCAQEA1c7z9z5Pad7OejecsQ0bu3aumQ0nT9mJ2rYyMTUxNjE3OTk0\n".repeat(3);
        let text = format!("a = 1\n-----BEGIN RSA PRIVATE KEY-----\n{key}-----END RSA PRIVATE KEY-----\nb = 2\n");
        let shown = redacted(&Redactor::default(), &text);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[6]), (7, "a = 1", "b = 2"), "{shown}");
        assert!(lines[1..6].iter().all(|line| *line == "<secret:private-key>"), "{shown}");
        assert_eq!(redacted(&Redactor::default(), &shown), shown);
    }
}
