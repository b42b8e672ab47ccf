//! Trees and proofs: against the vectors of certificate transparency's reference implementation, another implementation, and
//! every way of lying about a small tree.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use selfheal_core::audit::{Frontier, Hash, NoProof, Tree, verify_consistency, verify_inclusion};
use sha2::Sha256;

/// Leaves and roots of `merkle_tree_test.cc` of google/certificate-transparency.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaf(number: u64) -> Hash {
    Hash::leaf(&number.to_be_bytes())
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    tree.extend((0..size).map(leaf));
    tree
}

#[test]
fn roots_are_those_of_the_reference_implementation() {
    let (mut tree, mut frontier) = (Tree::new(), Frontier::new());
    assert_eq!((tree.root(0), frontier.root()), (Ok(Hash::empty_root()), Hash::empty_root()));
    for (bytes, root) in LEAVES.iter().zip(ROOTS) {
        tree.append(Hash::leaf(bytes));
        frontier.append(Hash::leaf(bytes));
        let root: Hash = root.parse().unwrap();
        assert_eq!((tree.root(tree.size()), frontier.root()), (Ok(root), root));
    }
}

#[test]
fn a_proof_that_does_not_exist_is_an_error() {
    let tree = tree(5);
    assert_eq!(tree.inclusion(5, 5), Err(NoProof::OutOfRange { index: 5, size: 5 }));
    assert_eq!(tree.inclusion(0, 6), Err(NoProof::TooLarge { size: 6, have: 5 }));
    assert_eq!(tree.consistency(5, 4), Err(NoProof::TooLarge { size: 5, have: 4 }));
    assert_eq!(tree.consistency(1, u64::MAX), Err(NoProof::TooLarge { size: u64::MAX, have: 5 }));
    assert_eq!(tree.root(6), Err(NoProof::TooLarge { size: 6, have: 5 }));
}

#[test]
fn every_proof_of_every_small_tree_holds_for_what_it_proves_and_nothing_else() {
    let tree = tree(20);
    let root = |size| tree.root(size).unwrap();
    for size in 1..=20 {
        for index in 0..size {
            let path = tree.inclusion(index, size).unwrap();
            for other in 0..size {
                let holds = verify_inclusion(&leaf(other), index, size, &path, &root(size));
                assert_eq!(holds, other == index, "leaf {other} at {index} of {size}");
            }
            assert!(!verify_inclusion(&leaf(index), size, size, &path, &root(size)), "out of range");
        }
        for old in 0..=size {
            let path = tree.consistency(old, size).unwrap();
            for other in 0..=size {
                let holds = verify_consistency(old, size, &path, &root(other), &root(size));
                assert_eq!(holds, other == old, "root of {other} as that of {old} in {size}");
            }
            assert!(old == size || !verify_consistency(size, old, &path, &root(size), &root(old)), "backwards");
        }
    }
}

#[test]
fn extreme_sizes_are_refused_and_do_not_overflow() {
    let (hash, path) = (leaf(0), vec![leaf(1); 70]);
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (u64::MAX, u64::MAX), (0, 0), (1 << 63, u64::MAX)] {
        assert!(!verify_inclusion(&hash, index, size, &path, &hash));
        assert!(!verify_consistency(index, size, &path, &hash, &leaf(2)));
        assert!(!verify_consistency(size, index, &path, &hash, &leaf(2)));
    }
}

proptest! {
    #[test]
    fn proofs_are_those_of_another_implementation(size in 1u64..600, place: prop::sample::Index, old: prop::sample::Index) {
        let ours = tree(size);
        let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        (0..size).for_each(|number| theirs.push(number.to_be_bytes()));
        prop_assert_eq!(ours.root(size).unwrap().as_bytes().to_vec(), theirs.root().as_bytes().to_vec());

        let index = place.index(size as usize);
        let path = ours.inclusion(index as u64, size).unwrap();
        prop_assert_eq!(joined(&path), theirs.prove_inclusion(index).as_bytes().to_vec());

        let old = old.index(size as usize) as u64 + 1;
        if old < size {
            let added = (size - old) as usize;
            let path = ours.consistency(old, size).unwrap();
            prop_assert_eq!(joined(&path), theirs.prove_consistency(added).as_bytes().to_vec());
        }
    }

    #[test]
    fn a_proof_with_anything_changed_in_it_does_not_hold(
        size in 2u64..600, place: prop::sample::Index, old: prop::sample::Index, at: prop::sample::Index, bit in 0u8..8, byte in 0usize..32,
    ) {
        let tree = tree(size);
        let root = |size| tree.root(size).unwrap();
        let index = place.index(size as usize) as u64;
        let path = tree.inclusion(index, size).unwrap();
        prop_assert!(verify_inclusion(&leaf(index), index, size, &path, &root(size)));
        for wrong in spoilt(&path, at, byte, bit) {
            prop_assert!(!verify_inclusion(&leaf(index), index, size, &wrong, &root(size)));
        }

        let old = old.index(size as usize - 1) as u64 + 1;
        let path = tree.consistency(old, size).unwrap();
        prop_assert!(verify_consistency(old, size, &path, &root(old), &root(size)));
        for wrong in spoilt(&path, at, byte, bit) {
            prop_assert!(!verify_consistency(old, size, &wrong, &root(old), &root(size)));
        }
    }

    #[test]
    fn a_frontier_has_the_root_of_the_tree(size in 0u64..600) {
        let mut frontier = Frontier::new();
        (0..size).for_each(|number| frontier.append(leaf(number)));
        prop_assert_eq!(frontier.root(), tree(size).root(size).unwrap());
        prop_assert_eq!(frontier.peaks().len(), size.count_ones() as usize);
    }
}

fn joined(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// A bit flipped, one left out, one more, two exchanged.
fn spoilt(path: &[Hash], at: prop::sample::Index, byte: usize, bit: u8) -> Vec<Vec<Hash>> {
    let at = at.index(path.len());
    let mut flipped = path.to_vec();
    let mut bytes = *flipped[at].as_bytes();
    bytes[byte] ^= 1 << bit;
    flipped[at] = Hash::from_bytes(bytes);
    let mut shorter = path.to_vec();
    shorter.remove(at);
    let mut longer = path.to_vec();
    longer.insert(at, path[at]);
    let mut exchanged = path.to_vec();
    exchanged.rotate_left(1);
    let exchanged = (path.len() > 1).then_some(exchanged);
    [flipped, shorter, longer].into_iter().chain(exchanged).collect()
}
