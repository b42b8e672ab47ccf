//! The secret that sender and receiver share.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::WebhookError;

const PREFIX: &str = "whsec_";

/// Bounds of the specification: 192 to 512 bits.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A signing secret of 24 to 64 bytes. It never shows itself, and is wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningSecret(Hmac<Sha256>);

impl SigningSecret {
    /// From its usual form, `whsec_` and base64.
    ///
    /// # Errors
    /// [`WebhookError::SecretFormat`] or [`WebhookError::SecretLength`].
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(WebhookError::SecretFormat)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| WebhookError::SecretFormat)?;
        Self::from_bytes(&Zeroizing::new(bytes))
    }

    /// From the key itself.
    ///
    /// # Errors
    /// [`WebhookError::SecretLength`].
    pub fn from_bytes(key: &[u8]) -> Result<Self, WebhookError> {
        let length = WebhookError::SecretLength(key.len());
        if !BYTES.contains(&key.len()) {
            return Err(length);
        }
        Hmac::new_from_slice(key).map(Self).map_err(|_| length)
    }

    /// A fresh keyed hash.
    pub(super) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_the_same_key() {
        use hmac::Mac as _;
        let parsed = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let raw = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let raw = SigningSecret::from_bytes(&raw).unwrap();
        assert_eq!(parsed.mac().finalize(), raw.mac().finalize());
    }

    #[test]
    fn a_key_that_is_malformed_or_weak_is_refused() {
        assert!(matches!(SigningSecret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Err(WebhookError::SecretFormat)));
        assert!(matches!(SigningSecret::parse("whsec_*"), Err(WebhookError::SecretFormat)));
        assert!(matches!(SigningSecret::parse("whsec_"), Err(WebhookError::SecretLength(0))));
        assert!(matches!(SigningSecret::from_bytes(&[7; 23]), Err(WebhookError::SecretLength(23))));
        assert!(matches!(SigningSecret::from_bytes(&[7; 65]), Err(WebhookError::SecretLength(65))));
    }

    #[test]
    fn it_never_shows_itself() {
        assert_eq!(format!("{:?}", SigningSecret::from_bytes(&[7; 32]).unwrap()), "SigningSecret(…)");
    }
}
