//! The key of a server.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::error::Result;
use zeroize::Zeroizing;

/// Most bytes of a key: long enough for the tokens of identity providers.
const MAX_BYTES: usize = 8 << 10;

/// What a server lets its callers in by. It never shows itself, and is wiped from memory when dropped.
#[derive(Clone)]
pub struct ApiKey(Arc<Zeroizing<String>>);

impl ApiKey {
    /// A key; white space around it is dropped, as files and consoles leave some.
    ///
    /// # Errors
    /// [`KeyError`] if it is empty, too long, or can't stand in a header.
    pub fn new(text: impl Into<String>) -> std::result::Result<Self, KeyError> {
        let text = Zeroizing::new(text.into());
        let key = text.trim();
        match () {
            () if key.is_empty() => Err(KeyError::Empty),
            () if key.len() > MAX_BYTES => Err(KeyError::Long(key.len())),
            () if !key.bytes().all(|byte| byte.is_ascii_graphic()) => Err(KeyError::Characters),
            () => Ok(Self(Arc::new(Zeroizing::new(key.to_owned())))),
        }
    }

    /// The key in the environment variable `name`; `None` if it isn't set, or is empty.
    ///
    /// # Errors
    /// [`KeyError`] as of [`ApiKey::new`].
    pub fn from_env(name: &str) -> std::result::Result<Option<Self>, KeyError> {
        match std::env::var(name) {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => Self::new(text).map(Some),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(KeyError::Characters),
        }
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What is wrong with a key. No message repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing, or white space.
    #[error("the key is empty")]
    Empty,
    /// Longer than any header takes.
    #[error("the key has {0} bytes; expected at most {MAX_BYTES}")]
    Long(usize),
    /// Something that can't stand in a header: a line break, a quote from another alphabet.
    #[error("the key has characters that no key has; expected visible ASCII without spaces")]
    Characters,
}

/// Where a host keeps the key: a vault, a file that is exchanged, a token that is refreshed. An [`ApiKey`] is its own source.
///
/// # To be correct
/// 1. It is asked before every call, so it keeps what is expensive to get.
/// 2. It ends within a second or so; the wait counts towards the request's deadline.
/// 3. Its errors don't carry the key.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The key to be used now.
    async fn key(&self) -> Result<ApiKey>;
}

#[async_trait]
impl KeySource for ApiKey {
    async fn key(&self) -> Result<ApiKey> {
        Ok(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_can_stand_in_a_header() {
        assert_eq!(ApiKey::new(" sk-1\n").unwrap().reveal(), "sk-1");
        assert_eq!(ApiKey::new(" \n").unwrap_err(), KeyError::Empty);
        for odd in ["sk-1\r\nHost: evil", "sk 1", "“sk-1”", "sk\0"] {
            assert_eq!(ApiKey::new(odd).unwrap_err(), KeyError::Characters, "{odd:?}");
        }
        assert_eq!(ApiKey::new("k".repeat(MAX_BYTES + 1)).unwrap_err(), KeyError::Long(MAX_BYTES + 1));
    }

    #[test]
    fn it_never_shows_itself() {
        assert_eq!(format!("{:?}", ApiKey::new("sk-secret").unwrap()), "ApiKey(…)");
    }
}
