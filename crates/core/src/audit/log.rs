//! Appending to the log.

use super::bytes::{MAX_FIELDS, Malformed, Reader};
use super::field::{Field, Opening, Salt};
use super::frontier::Frontier;
use super::hash::Hash;
use super::leaf;
use super::openings;

const VERSION: u8 = 1;

/// The end of a log: all that is needed to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    last: Hash,
    frontier: Frontier,
}

/// A leaf that is to be stored, with its openings apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 0-based place in the log.
    pub index: u64,
    /// The leaf's encoding, see [`Leaf`](super::Leaf).
    pub leaf: Vec<u8>,
    /// [`Hash::leaf`] of it.
    pub hash: Hash,
    /// The openings' encoding, see [`Openings`](super::Openings).
    pub openings: Vec<u8>,
}

impl Head {
    /// The head of a log without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Hash of the last leaf; [`Hash::ZERO`] if there is none.
    #[must_use]
    pub fn last(&self) -> Hash {
        self.last
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Peaks of the tree over all leaves.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The next leaf: says `fields`, in whatever order they come, each with a salt of its own.
    ///
    /// Entry and head belong into one transaction: a store appends to a copy of the head and keeps it once both are durable.
    ///
    /// # Errors
    /// [`Malformed`] if there are too many fields, or one that is misnamed, too long, or stands twice; the head is then as
    /// before.
    pub fn append(&mut self, mut fields: Vec<Field>, mut salt: impl FnMut() -> Salt) -> Result<Entry, Malformed> {
        check(&mut fields)?;
        let opened = fields.iter().map(|field| Opening { name: field.name, salt: salt(), value: &field.value });
        let opened: Vec<_> = opened.collect();
        let commitments = opened.iter().map(|opening| (opening.name, opening.commitment()));
        let index = self.size();
        let leaf = leaf::encode(index, &self.last, commitments);
        let hash = Hash::leaf(&leaf);
        self.push(hash);
        Ok(Entry { index, leaf, hash, openings: openings::encode(&opened) })
    }

    pub(super) fn push(&mut self, hash: Hash) {
        self.frontier.append(hash);
        self.last = hash;
    }

    /// As a store keeps it: version 1, 32 bytes hash of the last leaf, u64 size, 32 bytes per peak; canonical.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(41 + 32 * self.frontier.peaks().len());
        bytes.push(VERSION);
        bytes.extend(self.last.as_bytes());
        self.frontier.encode(&mut bytes);
        bytes
    }

    /// Reads an encoding.
    ///
    /// # Errors
    /// [`Malformed`] unless it is a canonical encoding; that it is the head of a certain log is for
    /// [`verify`](super::verify) to find out.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        reader.version(VERSION)?;
        let last = reader.hash("the last leaf's hash")?;
        let frontier = Frontier::decode(&mut reader)?;
        reader.end()?;
        Ok(Self { last, frontier })
    }
}

impl Extend<Hash> for Head {
    /// Goes on past leaves that are already there, by their hashes.
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|hash| self.push(hash));
    }
}

fn check(fields: &mut [Field]) -> Result<(), Malformed> {
    if fields.len() > MAX_FIELDS {
        return Err(Malformed::TooManyFields { found: fields.len() });
    }
    fields.iter().try_for_each(Field::check)?;
    fields.sort_by_key(|field| field.name);
    match fields.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(Malformed::Order { name: pair[1].name.to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Leaf, Openings};
    use super::*;

    const SALT: Salt = Salt([1; 16]);

    #[test]
    fn an_entry_names_the_leaf_before_and_commits_to_its_fields() {
        let mut head = Head::new();
        let first = head.append(vec![Field::new("event", "opened")], || SALT).unwrap();
        let second = head.append(vec![Field::new("event", "closed"), Field::new("by", "ann")], || SALT).unwrap();
        let leaf = Leaf::decode(&second.leaf).unwrap();
        assert_eq!((leaf.index, leaf.previous), (1, first.hash));
        let opened = Openings::decode(&second.openings).unwrap();
        let committed: Vec<_> = opened.iter().map(|opening| (opening.name, opening.commitment())).collect();
        assert_eq!(leaf.commitments().collect::<Vec<_>>(), committed);
        assert_eq!((head.size(), head.last(), head.root()), (2, second.hash, Hash::node(&first.hash, &second.hash)));
    }

    #[test]
    fn a_head_that_was_read_back_goes_on_as_the_one_that_was_kept() {
        let mut kept = Head::new();
        for number in 0..21 {
            let mut read = Head::decode(&kept.encode()).unwrap();
            assert_eq!(read, kept);
            let fields = || vec![Field::new("number", number.to_string())];
            assert_eq!(read.append(fields(), || SALT), kept.append(fields(), || SALT));
            assert_eq!(read, kept);
        }
        let bytes = kept.encode();
        assert!(matches!(Head::decode(&bytes[..bytes.len() - 1]), Err(Malformed::Peaks { .. })));
        assert!(matches!(Head::decode(&[&bytes, [0].as_slice()].concat()), Err(Malformed::Trailing { .. })));
    }

    #[test]
    fn a_refused_leaf_leaves_the_head_as_it_was() {
        let mut head = Head::new();
        assert!(head.append(vec![Field::new("a", ""), Field::new("a", "")], || SALT).is_err());
        assert!(head.append(vec![Field::new("A", "")], || SALT).is_err());
        assert!(head.append(vec![Field::new("a", "x".repeat((64 << 10) + 1))], || SALT).is_err());
        assert_eq!(head, Head::new());
    }
}
