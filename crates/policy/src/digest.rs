//! Short digests of documents: a decision names the text that it came from.

use sha2::{Digest, Sha256};

/// The first 8 hex digits of the text's SHA-256.
pub(crate) fn short(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
