//! A log with a key that is only as good as a test needs.

use selfheal_core::audit::{
    Checkpoint, Defects, Entry, Field, Hash, Head, KeyId, Row, Salt, Segment, SignatureVerifier, SignedCheckpoint,
    Signer, Stored, Verified, verify,
};
use selfheal_core::error::Result;
use selfheal_core::time::Timestamp;

/// Whoever knows the name can sign: enough to see that signatures are asked about.
#[derive(Clone)]
pub(crate) struct Key(pub(crate) &'static str);

impl Key {
    fn signature(&self, message: &[u8]) -> [u8; 64] {
        let half = *Hash::of(&[self.0.as_bytes(), message].concat()).as_bytes();
        [half, half].concat().try_into().unwrap()
    }
}

impl Signer for Key {
    fn name(&self) -> &str {
        "example.org/log"
    }

    fn key_id(&self) -> KeyId {
        KeyId::ed25519("example.org/log", Hash::of(self.0.as_bytes()).as_bytes())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64]> {
        Ok(self.signature(message))
    }
}

impl SignatureVerifier for Key {
    fn name(&self) -> &str {
        Signer::name(self)
    }

    fn key_id(&self) -> KeyId {
        Signer::key_id(self)
    }

    fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.signature(message) == *signature
    }
}

#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) key: Key,
    pub(crate) head: Head,
    pub(crate) entries: Vec<Entry>,
    pub(crate) checkpoints: Vec<SignedCheckpoint>,
}

impl Log {
    /// A log of `leaves` leaves, signed after every third.
    pub(crate) fn of(leaves: u64) -> Self {
        let mut log = Self { key: Key("secret"), head: Head::new(), entries: Vec::new(), checkpoints: Vec::new() };
        for number in 0..leaves {
            log.append(vec![Field::new("event", "opened"), Field::new("number", number.to_string())]);
            if number % 3 == 2 {
                log.sign();
            }
        }
        log
    }

    pub(crate) fn append(&mut self, fields: Vec<Field>) {
        let mut salt = self.head.size() as u8;
        let salts = || {
            salt = salt.wrapping_mul(31).wrapping_add(7);
            Salt([salt; 16])
        };
        let entry = self.head.append(fields, salts).unwrap();
        self.entries.push(entry);
    }

    pub(crate) fn sign(&mut self) {
        let at = Timestamp::from_millis(1_000 + self.head.size());
        let signed = Checkpoint::sign(&self.head, at, self.checkpoints.last(), &self.key).unwrap();
        self.checkpoints.push(signed);
    }

    pub(crate) fn verify(&self) -> Result<Verified, Defects> {
        self.verify_with(&[])
    }

    pub(crate) fn verify_with(&self, witnessed: &[String]) -> Result<Verified, Defects> {
        let checkpoints = self.checkpoints.iter().map(|checkpoint| checkpoint.as_str().to_owned()).collect();
        let stored = Stored { rows: self.entries.len() as u64, head: self.head.encode(), checkpoints };
        let middle = self.entries.len() / 2;
        let segments = [(0, &self.entries[..middle]), (middle as u64, &self.entries[middle..])];
        let segments = segments.into_iter().map(|(first, entries)| segment(first, entries)).collect();
        verify(segments, &stored, &Key("secret"), witnessed)
    }
}

fn segment(first: u64, entries: &[Entry]) -> Segment {
    let mut segment = Segment::starting_at(first);
    for Entry { index, leaf, hash, openings } in entries {
        segment.add(&Row { index: *index, hash: hash.as_bytes(), leaf, openings });
    }
    segment
}
