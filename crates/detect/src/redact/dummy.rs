//! Tells made-up values (documentation, placeholders, references) from real secrets.

/// What stands for a value that somebody else fills in, or says that there is none.
const STAND_INS: [&str; 24] = [
    "true",
    "false",
    "null",
    "nil",
    "none",
    "undefined",
    "yes",
    "no",
    "on",
    "off",
    "empty",
    "required",
    "optional",
    "missing",
    "invalid",
    "unset",
    "hidden",
    "masked",
    "redacted",
    "string",
    "password",
    "token",
    "secret",
    "changeme",
];

/// What a template, a shell or a program replaces by the value later.
const REFERENCES: [&str; 14] =
    ["$", "{", "<", "%(", "[", "(", "`", "var.", "env.", "secrets.", "process.env", "os.environ", "getenv", "vault("];

const MADE_UP: [&str; 8] = ["example", "xxxx", "****", "####", "...", "placeholder", "redacted", "insert"];

/// Bytes in a row that count up by one (`abcdefgh`, `12345678`) before a value is taken for typed by hand.
const MIN_SEQUENCE: usize = 8;

/// Whether `value` is no secret: a reference, a stand-in word, or typed by hand.
pub(super) fn is_dummy(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    STAND_INS.contains(&lower.as_str())
        || REFERENCES.iter().any(|reference| lower.starts_with(reference))
        || MADE_UP.iter().any(|word| lower.contains(word))
        || (lower.starts_with('%') && lower.ends_with('%'))
        || is_typed_by_hand(lower.as_bytes())
}

fn is_typed_by_hand(value: &[u8]) -> bool {
    if value.len() < MIN_SEQUENCE {
        return value.windows(2).all(|pair| pair[0] == pair[1]);
    }
    let mut run = 1;
    for pair in value.windows(2) {
        run = if pair[1] == pair[0].wrapping_add(1) { run + 1 } else { 1 };
        if run >= MIN_SEQUENCE {
            return true;
        }
    }
    distinct(value) <= if value.len() < 16 { 3 } else { 5 }
}

fn distinct(value: &[u8]) -> u32 {
    let seen = value.iter().fold([0_u64; 4], |mut seen, &byte| {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
        seen
    });
    seen.iter().map(|bits| bits.count_ones()).sum()
}

/// Shannon entropy of the bytes, in bits per byte: random hexadecimal is near 4, random base64 near 6, prose near 3.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in value {
        counts[usize::from(byte)] += 1;
    }
    let len = value.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| f64::from(count) / len)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_values_are_dummies() {
        for value in [
            "true",
            "${TOKEN}",
            "***",
            "xxxxxxxxxxxx",
            "AKIAIOSFODNN7EXAMPLE",
            "abcdefghij1",
            "%PASSWORD%",
            "aaaabbbbaaaabbbb",
        ] {
            assert!(is_dummy(value), "{value}");
        }
    }

    #[test]
    fn random_values_are_not() {
        for value in ["hunter2", "d9c201de-ce73-474e", "geLQXRNMC3P2o5!ZDi"] {
            assert!(!is_dummy(value), "{value}");
        }
    }

    #[test]
    fn entropy_is_in_bits() {
        assert!((entropy(b"abcdabcd") - 2.0).abs() < 1e-9);
        assert!(entropy(b"aaaa").abs() < 1e-9);
    }
}
