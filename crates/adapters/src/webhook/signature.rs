//! Signing, and the receiver's check.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac as _};
use selfheal_core::time::Timestamp;
use sha2::Sha256;

use super::secret::SigningSecret;

/// Symmetric signatures of the specification's first version.
const VERSION: &str = "v1";

/// Signatures of one header that are looked at; a sender that rotates its secret sends two.
const SIGNATURES_MAX: usize = 8;

/// How far a timestamp may be off by default, either way.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

fn keyed(secret: &SigningSecret, id: &str, timestamp_s: &str, body: &[u8]) -> Hmac<Sha256> {
    secret.mac().chain_update(id).chain_update(".").chain_update(timestamp_s).chain_update(".").chain_update(body)
}

/// The `webhook-signature` header: one signature per secret, separated by spaces.
pub(super) fn sign(secrets: &[SigningSecret], id: &str, timestamp_s: u64, body: &[u8]) -> String {
    let timestamp = timestamp_s.to_string();
    let signed = secrets.iter().map(|secret| {
        let code = keyed(secret, id, &timestamp, body).finalize().into_bytes();
        format!("{VERSION},{}", BASE64_STANDARD.encode(code))
    });
    signed.collect::<Vec<_>>().join(" ")
}

/// The three headers of a webhook, as they came.
#[derive(Debug, Clone, Copy)]
pub struct SignedHeaders<'a> {
    /// `webhook-id`: the same for every delivery of one message.
    pub id: &'a str,
    /// `webhook-timestamp`: when it was sent, in seconds since the Unix epoch.
    pub timestamp: &'a str,
    /// `webhook-signature`: versioned signatures, separated by spaces.
    pub signature: &'a str,
}

/// Why a webhook is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// `webhook-timestamp` is no number of seconds.
    #[error("`webhook-timestamp` is not a number of seconds since the Unix epoch")]
    Timestamp,
    /// It was sent longer ago than is tolerated, or comes from the future: a replay, or a clock that is off.
    #[error("`webhook-timestamp` is off by more than {} s", tolerance.as_secs())]
    NotNow {
        /// What would have been tolerated.
        tolerance: Duration,
    },
    /// No signature fits: another secret, or the message was changed.
    #[error("no `v1` signature of `webhook-signature` fits")]
    Mismatch,
}

/// What a receiver checks webhooks with.
///
/// A message that passes may still be a repetition: a receiver remembers `webhook-id`s for at least the tolerance, and
/// answers a repeated one as it answered the first.
#[derive(Debug, Clone)]
pub struct Verifier {
    secrets: Vec<SigningSecret>,
    tolerance: Duration,
}

impl Verifier {
    /// Accepts what was signed with `secret` within five minutes of the receiver's time.
    #[must_use]
    pub fn new(secret: SigningSecret) -> Self {
        Self { secrets: vec![secret], tolerance: TOLERANCE }
    }

    /// Accepts `secret` too, while a sender changes over.
    #[must_use]
    pub fn also_accepting(mut self, secret: SigningSecret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Another tolerance, either way.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Checks `body`, exactly as its bytes came, at the receiver's time `now`. Compares in constant time.
    ///
    /// # Errors
    /// A [`VerifyError`]; the message must then be refused.
    pub fn verify(&self, headers: &SignedHeaders<'_>, body: &[u8], now: Timestamp) -> Result<(), VerifyError> {
        self.check_time(headers.timestamp, now)?;
        let fits = |code: &[u8]| {
            let mut secrets = self.secrets.iter();
            secrets.any(|secret| keyed(secret, headers.id, headers.timestamp, body).verify_slice(code).is_ok())
        };
        let given = headers.signature.split(' ').take(SIGNATURES_MAX).filter_map(decoded);
        if given.into_iter().any(|code| fits(&code)) { Ok(()) } else { Err(VerifyError::Mismatch) }
    }

    fn check_time(&self, timestamp: &str, now: Timestamp) -> Result<(), VerifyError> {
        let sent_s: u64 = timestamp.parse().map_err(|_| VerifyError::Timestamp)?;
        let off = Duration::from_secs(sent_s.abs_diff(now.as_millis() / 1000));
        if off > self.tolerance { Err(VerifyError::NotNow { tolerance: self.tolerance }) } else { Ok(()) }
    }
}

/// The code of one `v1,<base64>`; what has another version or isn't base64 is passed over.
fn decoded(signature: &str) -> Option<Vec<u8>> {
    let (version, code) = signature.split_once(',')?;
    if version != VERSION {
        return None;
    }
    BASE64_STANDARD.decode(code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT_S: u64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> SigningSecret {
        SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    fn other() -> SigningSecret {
        SigningSecret::from_bytes(&[7; 32]).unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn check(
        verifier: &Verifier,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now_s: u64,
    ) -> Result<(), VerifyError> {
        verifier.verify(&SignedHeaders { id: ID, timestamp, signature }, body, at(now_s))
    }

    // The vector of the specification's reference libraries.
    #[test]
    fn signs_as_the_reference_libraries_do() {
        assert_eq!(sign(&[secret()], ID, SENT_S, BODY), SIGNATURE);
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let verifier = Verifier::new(secret());
        let sent = SENT_S.to_string();
        assert_eq!(check(&verifier, &sent, SIGNATURE, BODY, SENT_S), Ok(()));
        for index in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[index] ^= 1;
            assert_eq!(check(&verifier, &sent, SIGNATURE, &body, SENT_S), Err(VerifyError::Mismatch));
        }
        let later = (SENT_S + 1).to_string();
        assert_eq!(check(&verifier, &later, SIGNATURE, BODY, SENT_S), Err(VerifyError::Mismatch));
        let headers = SignedHeaders { id: "msg_other", timestamp: &sent, signature: SIGNATURE };
        assert_eq!(verifier.verify(&headers, BODY, at(SENT_S)), Err(VerifyError::Mismatch));
        assert_eq!(check(&Verifier::new(other()), &sent, SIGNATURE, BODY, SENT_S), Err(VerifyError::Mismatch));
    }

    #[test]
    fn what_is_old_or_from_the_future_is_refused() {
        let verifier = Verifier::new(secret()).with_tolerance(Duration::from_secs(10));
        let sent = SENT_S.to_string();
        let not_now = Err(VerifyError::NotNow { tolerance: Duration::from_secs(10) });
        assert_eq!(check(&verifier, &sent, SIGNATURE, BODY, SENT_S + 10), Ok(()));
        assert_eq!(check(&verifier, &sent, SIGNATURE, BODY, SENT_S + 11), not_now);
        assert_eq!(check(&verifier, &sent, SIGNATURE, BODY, SENT_S - 11), not_now);
        assert_eq!(check(&verifier, "yesterday", SIGNATURE, BODY, SENT_S), Err(VerifyError::Timestamp));
    }

    #[test]
    fn a_secret_is_changed_without_a_gap_on_either_side() {
        let sent = SENT_S.to_string();
        let both = sign(&[other(), secret()], ID, SENT_S, BODY);
        assert_eq!(check(&Verifier::new(secret()), &sent, &both, BODY, SENT_S), Ok(()));
        let changing = Verifier::new(other()).also_accepting(secret());
        assert_eq!(check(&changing, &sent, SIGNATURE, BODY, SENT_S), Ok(()));
    }

    #[test]
    fn what_is_no_signature_is_passed_over() {
        let sent = SENT_S.to_string();
        let verifier = Verifier::new(secret());
        for none in ["", "v1,", "v1", "v1,***", SIGNATURE.trim_start_matches("v1,"), &SIGNATURE.replace("v1,", "v2,")] {
            assert_eq!(check(&verifier, &sent, none, BODY, SENT_S), Err(VerifyError::Mismatch), "{none}");
        }
        let mixed = format!("v1a,Zm9v garbage {SIGNATURE}");
        assert_eq!(check(&verifier, &sent, &mixed, BODY, SENT_S), Ok(()));
    }
}
