//! How much is copied at most.

use std::path::Path;

use super::CopyError;
use super::copy_error::failed;

/// What is left of the bounds of one copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Files, directories and links.
    pub(super) entries: u64,
    /// Their content, in bytes.
    pub(super) bytes: u64,
}

/// A checkout of a very large monorepo with its dependencies has some hundred thousand files and some gigabytes.
const MAX: Bounds = Bounds { entries: 500_000, bytes: 20 << 30 };

/// Space that stays free besides a tenth of the copy, in bytes: the command writes too.
const SPARE_BYTES: u64 = 32 << 20;

impl Default for Bounds {
    fn default() -> Self {
        MAX
    }
}

/// What a copy takes so far.
#[derive(Debug)]
pub(super) struct Size {
    bounds: Bounds,
    entries: u64,
    bytes: u64,
}

impl Size {
    pub(super) fn within(bounds: Bounds) -> Self {
        Self { bounds, entries: 0, bytes: 0 }
    }

    /// Counts an entry with `bytes` of content.
    pub(super) fn add(&mut self, bytes: u64) -> Result<(), CopyError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.entries > self.bounds.entries {
            return Err(too_large(format!("it has more than {} files", self.bounds.entries)));
        }
        if self.bytes > self.bounds.bytes {
            return Err(too_large(format!("it holds more than {} MiB", self.bounds.bytes >> 20)));
        }
        Ok(())
    }

    /// Whether it fits into the file system of `place`.
    pub(super) fn fits(&self, place: &Path) -> Result<(), CopyError> {
        let space =
            rustix::fs::statvfs(place).map_err(|error| failed("cannot measure the space of", place)(error.into()))?;
        self.fits_into(space.f_bavail.saturating_mul(space.f_frsize), place)
    }

    fn fits_into(&self, free: u64, place: &Path) -> Result<(), CopyError> {
        let needed = self.bytes.saturating_add(self.bytes / 10).saturating_add(SPARE_BYTES);
        if needed <= free {
            return Ok(());
        }
        let (needed, free) = (needed >> 20, free >> 20);
        Err(too_large(format!("{} has {free} MiB free, and {needed} MiB are needed", place.display())))
    }
}

fn too_large(why: String) -> CopyError {
    CopyError::TooLarge { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_leaves_too_little_space_is_refused() {
        let mut size = Size::within(Bounds::default());
        size.add(100 << 20).unwrap();
        let place = Path::new("/copies");
        assert!(size.fits_into(200 << 20, place).is_ok());
        let refused = size.fits_into(120 << 20, place).unwrap_err().to_string();
        assert_eq!(
            refused,
            "the directory is too large to work on a copy: /copies has 120 MiB free, and 142 MiB are needed"
        );
    }
}
