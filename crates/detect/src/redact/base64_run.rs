//! Secrets inside base64, as in a Kubernetes `Secret` or a container registry's `auth`.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Finding, connection, pem, provider};

pub(super) const KIND: &str = "base64-secret";

/// Shorter runs can't hold a token; longer ones are files.
const RUN_BYTES: Range<usize> = 24..8192;

const DECODER: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Runs that decode to text in which a provider's token, a private key or a URL with a password stands.
pub(super) fn find(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(start) = bytes[from..].iter().position(is_base64).map(|at| from + at) {
        let body = bytes[start..].iter().take_while(|byte| is_base64(byte)).count();
        let padding = bytes[start + body..].iter().take(2).take_while(|&&byte| byte == b'=').count();
        from = start + body + padding;
        if RUN_BYTES.contains(&body) && holds_secret(&bytes[start..start + body]) {
            found.push(Finding { range: start..from, kind: Cow::Borrowed(KIND) });
        }
    }
}

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn holds_secret(run: &[u8]) -> bool {
    // The first groups show cheaply that most words, hashes and paths aren't encoded text.
    let looks_like_text = |bytes: &[u8]| {
        DECODER
            .decode(bytes)
            .is_ok_and(|start| start.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..0x7f)))
    };
    if !looks_like_text(&run[..12]) {
        return false;
    }
    let Some(text) = DECODER.decode(run).ok().and_then(|decoded| String::from_utf8(decoded).ok()) else {
        return false;
    };
    let mut inside = Vec::new();
    provider::find(&text, &mut inside);
    pem::find(&text, &mut inside);
    connection::find(&text, &mut inside);
    !inside.is_empty()
}
