//! Salts from the system's entropy.

use selfheal_core::audit::Salt;
use selfheal_core::error::{Error, ErrorKind, Result};

/// How many salts are drawn at once.
const BATCH: usize = 64;

/// Random salts, drawn from the system some at a time.
#[derive(Default)]
pub struct Salts {
    drawn: Vec<Salt>,
}

impl Salts {
    /// As many salts as `count` fields need, each used once.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the system gives no entropy.
    pub fn draw(&mut self, count: usize) -> Result<impl FnMut() -> Salt + use<>> {
        while self.drawn.len() < count {
            let mut bytes = [0; 16 * BATCH];
            getrandom::fill(&mut bytes).map_err(no_entropy)?;
            self.drawn.extend(bytes.as_chunks().0.iter().copied().map(Salt));
        }
        let mut taken = self.drawn.split_off(self.drawn.len() - count).into_iter();
        // A salt that is asked for beyond `count` would be a defect of the caller's; the leaf has no more fields.
        Ok(move || taken.next().unwrap_or(Salt([0; 16])))
    }
}

impl std::fmt::Debug for Salts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salts(..)")
    }
}

pub(super) fn no_entropy(error: getrandom::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "audit.entropy", error.to_string())
}
