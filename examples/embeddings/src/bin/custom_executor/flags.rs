//! The service: flags by name, each with a version that every change raises.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) on: bool,
    pub(crate) version: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Flags(Arc<Mutex<BTreeMap<String, Flag>>>);

impl Flags {
    pub(crate) fn get(&self, name: &str) -> Option<Flag> {
        self.lock().get(name).copied()
    }

    pub(crate) fn set(&self, name: &str, on: bool) {
        let mut flags = self.lock();
        let version = flags.get(name).map_or(0, |flag| flag.version) + 1;
        flags.insert(name.to_owned(), Flag { on, version });
    }

    /// Sets the flag if it still has this version: the service itself keeps the fence, so nobody can come between.
    pub(crate) fn set_if(&self, name: &str, on: bool, version: u64) -> bool {
        let mut flags = self.lock();
        match flags.get_mut(name) {
            Some(flag) if flag.version == version => {
                *flag = Flag { on, version: version + 1 };
                true
            }
            _ => false,
        }
    }

    pub(crate) fn shown(&self, name: &str) -> &'static str {
        match self.get(name) {
            Some(Flag { on: true, .. }) => "on",
            Some(Flag { on: false, .. }) => "off",
            None => "unknown",
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Flag>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
