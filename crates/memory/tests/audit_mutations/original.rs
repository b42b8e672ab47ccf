//! The log that is changed: with erasures, checkpoints, a tail that is not signed yet, and a witness.

use std::path::Path;

use selfheal_core::audit::{Erasure, Field, Hash, Head};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{Export, InMemoryLog, SigningKey, export, verify};

/// Leaves that say something; erasures come on top.
const LEAVES: u64 = 30;

/// All that whoever takes a store has in hands, and the witness's file beside it.
#[derive(Clone)]
pub(crate) struct Stolen {
    pub(crate) log: InMemoryLog,
    pub(crate) witnessed: Vec<String>,
    /// Its export, if that is what was changed.
    pub(crate) export: Option<Vec<u8>>,
}

impl Stolen {
    pub(crate) fn original() -> Self {
        let key = key();
        let mut log = InMemoryLog::new(key.public());
        let mut witnessed = Vec::new();
        for number in 0..LEAVES {
            log.append(says(number, "as it was")).unwrap();
            let signed = match number {
                11 => log.erase(&erasure(4, "detail"), &key).unwrap(),
                19 => log.erase(&erasure(16, "by"), &key).unwrap(),
                _ if number % 5 == 4 => log.checkpoint(Timestamp::from_millis(number), &key).unwrap(),
                _ => continue,
            };
            witnessed.push(signed.as_str().to_owned());
        }
        log.append(says(LEAVES, "not signed yet")).unwrap();
        Self { log, witnessed, export: None }
    }

    /// A copy of the store, taken without the witness's file.
    pub(crate) fn without_witness(&self) -> Self {
        Self { witnessed: Vec::new(), ..self.clone() }
    }

    /// That the witness's file is missing is no change of the log.
    pub(crate) fn is_changed_from(&self, original: &Self) -> bool {
        let witnessed = !self.witnessed.is_empty() && self.witnessed != original.witnessed;
        witnessed || self.log != original.log || self.export != original.export
    }

    pub(crate) fn exported(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        export(&self.log, &mut bytes).unwrap();
        bytes
    }

    pub(crate) fn verify(&self) -> Result<(), String> {
        let Some(bytes) = &self.export else {
            return verify(&self.log, None, &self.witnessed).map(drop).map_err(|error| error.to_string());
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.jsonl");
        std::fs::write(&path, bytes).unwrap();
        self.verify_file(&path)
    }

    fn verify_file(&self, path: &Path) -> Result<(), String> {
        let export = Export::open(path).map_err(|error| error.to_string())?;
        verify(&export, None, &self.witnessed).map(drop).map_err(|error| error.to_string())
    }

    /// Leaves that the newest checkpoint covers.
    pub(crate) fn signed(&self) -> usize {
        self.log.rows.len() - 1
    }

    /// Cuts the log to `leaves`, with the head that fits.
    pub(crate) fn cut(&mut self, leaves: usize) {
        self.log.rows.truncate(leaves);
        let mut head = Head::new();
        head.extend(self.log.rows.iter().map(|row| Hash::leaf(&row.leaf)));
        self.log.head = head.encode();
    }
}

/// The key that the thief doesn't have.
fn key() -> SigningKey {
    SigningKey::from_seed("example.org/log", &[1; 32]).unwrap()
}

/// Eight fields, as a leaf of the journal has.
pub(crate) fn says(number: u64, detail: &str) -> Vec<Field> {
    vec![
        Field::new("incident", format!("inc-{:016x}", number / 10)),
        Field::new("sequence", (number % 10).to_string()),
        Field::new("at_ms", (1_790_000_000_000 + number).to_string()),
        Field::new("event", "decided"),
        Field::new("phase", "audit"),
        Field::new("by", "healer"),
        Field::new("record", Hash::of(&number.to_be_bytes()).to_string()),
        Field::new("detail", format!("{{\"number\":{number},\"text\":\"{detail}\"}}")),
    ]
}

pub(crate) fn erasure(leaf: u64, field: &str) -> Erasure {
    let (by, because) = ("ann".to_owned(), "asked to".to_owned());
    Erasure { leaf, field: field.to_owned(), by, because, at: Timestamp::from_millis(leaf) }
}
