//! The openings of one leaf, as a store keeps them: apart from the leaf, so that one can be dropped.

use super::bytes::{MAX_VALUE_BYTES, Malformed, Reader};
use super::field::{Opening, Salt};

const VERSION: u8 = 1;

/// The openings of one leaf in their encoding, checked.
///
/// The encoding is canonical, so that no byte of a stored column can change unseen: version 1, u8 number of openings, and
/// per opening, ascending by name: u8 length and name, 16 bytes salt, u32 length and value; numbers are big-endian.
#[derive(Debug, Clone)]
pub struct Openings<'a> {
    openings: Vec<Opening<'a>>,
}

impl<'a> Openings<'a> {
    /// Reads an encoding.
    ///
    /// # Errors
    /// [`Malformed`] unless it is the canonical form of at most 32 openings within their bounds.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        reader.version(VERSION)?;
        let count = reader.fields()?;
        let mut openings: Vec<Opening<'a>> = Vec::with_capacity(count);
        for _ in 0..count {
            let opening = next(&mut reader)?;
            if openings.last().is_some_and(|before| before.name >= opening.name) {
                return Err(Malformed::Order { name: opening.name.to_owned() });
            }
            openings.push(opening);
        }
        reader.end()?;
        Ok(Self { openings })
    }

    /// The openings, ascending by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Opening<'a>> {
        self.openings.iter().copied()
    }

    /// The value of the field `name`, if its opening is there.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|opening| opening.name == name).map(|opening| opening.value)
    }

    /// The encoding without the field `name`: what a store keeps after its erasure; `None` if it isn't there.
    #[must_use]
    pub fn without(&self, name: &str) -> Option<Vec<u8>> {
        self.value(name)?;
        let kept: Vec<_> = self.iter().filter(|opening| opening.name != name).collect();
        Some(encode(&kept))
    }
}

/// The encoding of `openings`; the caller has sorted and checked them.
pub(super) fn encode(openings: &[Opening<'_>]) -> Vec<u8> {
    let length = |opening: &Opening<'_>| 21 + opening.name.len() + opening.value.len();
    let mut bytes = Vec::with_capacity(2 + openings.iter().map(length).sum::<usize>());
    bytes.extend([VERSION, saturated(openings.len())]);
    for opening in openings {
        bytes.push(saturated(opening.name.len()));
        bytes.extend(opening.name.as_bytes());
        bytes.extend(opening.salt.0);
        bytes.extend(u32::try_from(opening.value.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(opening.value.as_bytes());
    }
    bytes
}

/// Encodes openings that were read elsewhere, such as in an export.
///
/// # Errors
/// [`Malformed`] unless they are in order, unique and within their bounds.
pub fn encode_openings(openings: &[Opening<'_>]) -> Result<Vec<u8>, Malformed> {
    if openings.len() > super::bytes::MAX_FIELDS {
        return Err(Malformed::TooManyFields { found: openings.len() });
    }
    if let Some(long) = openings.iter().find(|opening| opening.name.len() > super::bytes::MAX_NAME_BYTES) {
        return Err(Malformed::Name { found: long.name.to_owned() });
    }
    let bytes = encode(openings);
    Openings::decode(&bytes)?;
    Ok(bytes)
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Opening<'a>, Malformed> {
    let name = reader.name()?;
    let salt = Salt(*reader.array("a salt")?);
    let length = usize::try_from(u32::from_be_bytes(*reader.array("a value's length")?)).unwrap_or(usize::MAX);
    if length > MAX_VALUE_BYTES {
        return Err(Malformed::TooLong { name: name.to_owned(), found: length });
    }
    let bytes = reader.take(length, "a value")?;
    let value = std::str::from_utf8(bytes).map_err(|_| Malformed::NotText { name: name.to_owned() })?;
    Ok(Opening { name, salt, value })
}

/// Lengths are bounded far below 255 before anything is encoded.
pub(super) fn saturated(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: Salt = Salt([9; 16]);

    fn opening<'a>(name: &'a str, value: &'a str) -> Opening<'a> {
        Opening { name, salt: SALT, value }
    }

    #[test]
    fn dropping_one_leaves_the_others_as_they_were() {
        let all = [opening("at", "1"), opening("by", "ann"), opening("detail", "{}")];
        let bytes = encode_openings(&all).unwrap();
        let openings = Openings::decode(&bytes).unwrap();
        assert_eq!(openings.iter().collect::<Vec<_>>(), all);
        let rest = openings.without("by").unwrap();
        assert_eq!(Openings::decode(&rest).unwrap().iter().collect::<Vec<_>>(), [all[0], all[2]]);
        assert_eq!(openings.without("nothing"), None);
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        assert!(matches!(
            encode_openings(&[opening("b", ""), opening("a", "")]),
            Err(Malformed::Order { name }) if name == "a"
        ));
        assert!(encode_openings(&[opening("a", ""), opening("a", "")]).is_err());
        assert!(encode_openings(&[opening("A", "")]).is_err());
        assert!(encode_openings(&[opening(&"a".repeat(33), "")]).is_err());
        assert!(encode_openings(&[opening("a", &"x".repeat(MAX_VALUE_BYTES + 1))]).is_err());
        let bytes = encode_openings(&[opening("a", "x")]).unwrap();
        assert_eq!(
            Openings::decode(&[bytes.as_slice(), b"!"].concat()).map(drop),
            Err(Malformed::Trailing { bytes: 1 })
        );
        assert!(Openings::decode(&bytes[..bytes.len() - 1]).is_err());
        assert!(Openings::decode(&[]).is_err());
    }
}
