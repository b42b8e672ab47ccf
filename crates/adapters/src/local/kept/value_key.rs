//! Telling whether a value is still the one that was seen, without telling the value.

use std::ffi::OsStr;
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use selfheal_core::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The key of one incident. It lies in the directory's private state and goes with the incident, so that versions which stand in
/// journals and audit logs are of no use to who tries values on them: a hash without a key gives short secrets away.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::local) struct ValueKey([u8; 32]);

impl ValueKey {
    /// A new one.
    ///
    /// # Errors
    /// If the system gives no entropy.
    pub(in crate::local) fn random() -> Result<Self> {
        let mut key = [0; 32];
        let refused = |error: getrandom::Error| Error::new(ErrorKind::Unavailable, "local.keep", error.to_string());
        getrandom::fill(&mut key).map_err(refused)?;
        Ok(Self(key))
    }

    /// HMAC-SHA-256 over the variable `name` and its value, as 64 hex digits.
    ///
    /// # Errors
    /// None that is known: a key of 32 bytes is one.
    pub(in crate::local) fn version_of(&self, name: &str, value: &OsStr) -> Result<String> {
        let refused = |error| Error::new(ErrorKind::Internal, "local.keep", format!("the key of values: {error}"));
        let keyed = Hmac::<Sha256>::new_from_slice(&self.0).map_err(refused)?;
        // No name holds a NUL.
        let code = keyed.chain_update(name).chain_update([0]).chain_update(value.as_encoded_bytes()).finalize();
        Ok(code.into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for ValueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ValueKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_of_one_key_name_and_value() {
        let (key, other) = (ValueKey::random().unwrap(), ValueKey::random().unwrap());
        let version = |key: &ValueKey, name: &str, value: &str| key.version_of(name, value.as_ref()).unwrap();
        let seen = version(&key, "PIN", "1234");
        assert_eq!(version(&key.clone(), "PIN", "1234"), seen);
        for another in [version(&other, "PIN", "1234"), version(&key, "PIN", "1235"), version(&key, "PI", "N1234")] {
            assert_ne!(another, seen);
        }
    }
}
