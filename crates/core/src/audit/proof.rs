//! Checking proofs without the log.

use super::hash::Hash;

/// Whether `path` shows that `leaf` (a leaf's hash) stands at `index` in the tree of `size` leaves with this `root`
/// (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let mut place = Place { node: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in path {
        if place.last == 0 {
            return false;
        }
        hash = match place.is_right() {
            true => Hash::node(sibling, &hash),
            false => Hash::node(&hash, sibling),
        };
        place.rise();
    }
    place.last == 0 && hash == *root
}

/// Whether `path` shows that the tree of `old` leaves with `old_root` is the beginning of the one of `new` leaves with
/// `new_root` (RFC 9162 §2.1.4.2). The empty tree is the beginning of every tree.
#[must_use]
pub fn verify_consistency(old: u64, new: u64, path: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && *old_root == Hash::empty_root();
    }
    // Where the old tree is one complete subtree its root begins the path, and is not repeated in it.
    let told = old.is_power_of_two().then_some(old_root);
    let mut nodes = told.into_iter().chain(path);
    let Some(first) = nodes.next().filter(|_| old < new && !path.is_empty()) else { return false };
    let mut place = Place { node: old - 1, last: new - 1 };
    place.shift(place.node.trailing_ones());
    let (mut old_hash, mut new_hash) = (*first, *first);
    for node in nodes {
        if place.last == 0 {
            return false;
        }
        if place.is_right() {
            old_hash = Hash::node(node, &old_hash);
            new_hash = Hash::node(node, &new_hash);
        } else {
            new_hash = Hash::node(&new_hash, node);
        }
        place.rise();
    }
    place.last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// A node's place within its level, and that of the level's last node: `fn` and `sn` of RFC 9162.
struct Place {
    node: u64,
    last: u64,
}

impl Place {
    /// Whether the next of the path stands to the left.
    fn is_right(&self) -> bool {
        self.node & 1 == 1 || self.node == self.last
    }

    /// To the parent; past levels at which the last node has no sibling.
    fn rise(&mut self) {
        if self.node & 1 == 0 && self.node == self.last {
            self.shift(self.node.trailing_zeros());
        }
        self.shift(1);
    }

    fn shift(&mut self, levels: u32) {
        self.node = self.node.checked_shr(levels).unwrap_or(0);
        self.last = self.last.checked_shr(levels).unwrap_or(0);
    }
}
