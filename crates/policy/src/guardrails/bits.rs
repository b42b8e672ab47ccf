//! Sets of rules as bits: one word holds 64 of them, and most conditions are one `and` per word.

/// A set of rules by index; all sets of one index have the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set over `count` rules.
    pub(crate) fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// The set of all `count` rules.
    pub(crate) fn all(count: usize) -> Self {
        let mut bits = Self::none(count);
        (0..count).for_each(|index| bits.set(index));
        bits
    }

    pub(crate) fn set(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    pub(crate) fn clear(&mut self, index: usize) {
        self.0[index / 64] &= !(1 << (index % 64));
    }

    pub(crate) fn has(&self, index: usize) -> bool {
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Whether both share a rule.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether both share a rule that is not in `but`.
    pub(crate) fn meets_but(&self, other: &Self, but: &Self) -> bool {
        self.0.iter().zip(&other.0).zip(&but.0).any(|((a, b), but)| a & b & !but != 0)
    }

    pub(crate) fn and(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }

    pub(crate) fn or(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    pub(crate) fn remove(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }

    /// Of the rules that are `conditioned`, keeps those in `satisfied`.
    pub(crate) fn keep(&mut self, conditioned: &Self, satisfied: &Self) {
        let words = self.0.iter_mut().zip(&conditioned.0).zip(&satisfied.0);
        words.for_each(|((alive, conditioned), satisfied)| *alive &= !conditioned | satisfied);
    }

    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.0.copy_from_slice(&other.0);
    }

    pub(crate) fn reset(&mut self) {
        self.0.fill(0);
    }

    /// The members, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(index, word)| Ones(*word).map(move |bit| index * 64 + bit))
    }
}

struct Ones(u64);

impl Iterator for Ones {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back_in_order_across_words() {
        let mut bits = Bits::none(130);
        [129, 0, 64, 63].into_iter().for_each(|index| bits.set(index));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        bits.clear(64);
        assert!(!bits.has(64) && bits.has(129));
        assert_eq!(Bits::all(65).iter().count(), 65);
    }

    #[test]
    fn keeping_touches_only_what_has_the_condition() {
        let (mut alive, mut conditioned, mut satisfied) = (Bits::all(3), Bits::none(3), Bits::none(3));
        conditioned.set(0);
        conditioned.set(1);
        satisfied.set(1);
        alive.keep(&conditioned, &satisfied);
        assert_eq!(alive.iter().collect::<Vec<_>>(), [1, 2]);
    }
}
