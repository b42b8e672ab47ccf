//! A leaf of the log: its place, the leaf before it, and a commitment per field.

use super::bytes::{Malformed, Reader};
use super::hash::Hash;
use super::openings::saturated;

const VERSION: u8 = 1;

/// A leaf in its encoding, checked.
///
/// The encoding is canonical: version 1, u64 index, 32 bytes hash of the leaf before (zeros at the first), u8 number of
/// fields, and per field, ascending by name: u8 length and name, 32 bytes commitment; numbers are big-endian. The leaf's
/// hash is [`Hash::leaf`] of these bytes.
#[derive(Debug, Clone)]
pub struct Leaf<'a> {
    /// 0-based place in the log.
    pub index: u64,
    /// Hash of the leaf before; [`Hash::ZERO`] at the first.
    pub previous: Hash,
    commitments: Vec<(&'a str, Hash)>,
}

impl<'a> Leaf<'a> {
    /// Reads an encoding.
    ///
    /// # Errors
    /// [`Malformed`] unless it is the canonical form of a leaf with at most 32 fields.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        reader.version(VERSION)?;
        let index = reader.u64("its index")?;
        let previous = reader.hash("the hash before")?;
        let count = reader.fields()?;
        let mut commitments: Vec<(&'a str, Hash)> = Vec::with_capacity(count);
        for _ in 0..count {
            let (name, commitment) = (reader.name()?, reader.hash("a commitment")?);
            if commitments.last().is_some_and(|(before, _)| *before >= name) {
                return Err(Malformed::Order { name: name.to_owned() });
            }
            commitments.push((name, commitment));
        }
        reader.end()?;
        Ok(Self { index, previous, commitments })
    }

    /// Each field's name and commitment, ascending by name.
    pub fn commitments(&self) -> impl ExactSizeIterator<Item = (&'a str, Hash)> {
        self.commitments.iter().copied()
    }
}

/// The encoding of a leaf; the caller has sorted and checked the fields.
pub(super) fn encode<'a>(
    index: u64,
    previous: &Hash,
    commitments: impl ExactSizeIterator<Item = (&'a str, Hash)>,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 + 48 * commitments.len());
    bytes.push(VERSION);
    bytes.extend(index.to_be_bytes());
    bytes.extend(previous.as_bytes());
    bytes.push(saturated(commitments.len()));
    for (name, commitment) in commitments {
        bytes.push(saturated(name.len()));
        bytes.extend(name.as_bytes());
        bytes.extend(commitment.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(names: &[&str]) -> Vec<u8> {
        encode(3, &Hash::of(b"before"), names.iter().map(|name| (*name, Hash::of(name.as_bytes()))))
    }

    #[test]
    fn it_reads_back_as_it_was_written() {
        let bytes = encoded(&["at_ms", "by", "event"]);
        let leaf = Leaf::decode(&bytes).unwrap();
        assert_eq!((leaf.index, leaf.previous), (3, Hash::of(b"before")));
        let names: Vec<_> = leaf.commitments().map(|(name, _)| name).collect();
        assert_eq!(names, ["at_ms", "by", "event"]);
        assert!(leaf.commitments().all(|(name, hash)| hash == Hash::of(name.as_bytes())));
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        assert!(matches!(Leaf::decode(&encoded(&["b", "a"])), Err(Malformed::Order { .. })));
        assert!(matches!(Leaf::decode(&encoded(&["a", "a"])), Err(Malformed::Order { .. })));
        assert!(matches!(Leaf::decode(&encoded(&["9"])), Err(Malformed::Name { .. })));
        let many: Vec<String> = (10..43).map(|number| format!("f{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(matches!(Leaf::decode(&encoded(&many)), Err(Malformed::TooManyFields { found: 33 })));
        let mut newer = encoded(&["a"]);
        newer[0] = 2;
        assert!(matches!(Leaf::decode(&newer), Err(Malformed::Version { found: 2, expected: 1 })));
    }

    proptest! {
        #[test]
        fn whatever_decodes_is_the_only_encoding_of_what_it_says(bytes in mutated()) {
            if let Ok(leaf) = Leaf::decode(&bytes) {
                let fields: Vec<_> = leaf.commitments().collect();
                prop_assert_eq!(encode(leaf.index, &leaf.previous, fields.into_iter()), bytes);
            }
        }
    }

    fn mutated() -> impl Strategy<Value = Vec<u8>> {
        (prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3), 0usize..3).prop_map(
            |(edits, cut)| {
                let mut bytes = encoded(&["at_ms", "by", "event"]);
                for (at, byte) in edits {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
                bytes.truncate(bytes.len() - cut);
                bytes
            },
        )
    }
}
