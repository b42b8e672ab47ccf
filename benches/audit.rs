//! What the audit log costs: verifying a million leaves of eight fields, a proof among them, an append.
//!
//! `cargo bench -p selfheal-benches --bench audit`; fewer leaves with `SELFHEAL_LEAVES`.

#![allow(clippy::print_stdout, clippy::panic, reason = "a bench prints its figures, and ends if it can't measure")]

use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use selfheal_core::audit::{
    Checkpoint, Field, Hash, Head, Salt, SignedCheckpoint, Tree, verify_consistency, verify_inclusion,
};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{InMemoryLog, Salts, SigningKey, verify};

fn main() {
    println!("{} leaves of 8 fields, {} bytes of openings each", leaves(), LOG.rows[0].openings.len());
    divan::main();
}

/// A million, which take about 1.5 GB.
fn leaves() -> u64 {
    std::env::var("SELFHEAL_LEAVES")
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|count| *count > 1)
        .unwrap_or(1_000_000)
}

/// As many leaves as a store leaves between two checkpoints while it is busy.
const SELDOM: u64 = 256;

/// One short incident: a store that is closed after each of them.
const OFTEN: u64 = 16;

static LOG: LazyLock<InMemoryLog> = LazyLock::new(|| log(SELDOM));

static LOG_SIGNED_OFTEN: LazyLock<InMemoryLog> = LazyLock::new(|| log(OFTEN));

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree = Tree::new();
    tree.extend(LOG.rows.iter().map(|row| Hash::leaf(&row.leaf)));
    tree
});

fn log(leaves_per_checkpoint: u64) -> InMemoryLog {
    let key = or_end(SigningKey::from_seed("example.org/log", &[1; 32]));
    let mut log = InMemoryLog::new(key.public());
    let (mut head, mut salt, mut newest): (_, _, Option<SignedCheckpoint>) = (Head::new(), 0_u128, None);
    for number in 0..leaves() {
        let salts = || {
            salt += 1;
            Salt(salt.to_be_bytes())
        };
        log.rows.push(or_end(head.append(fields(number), salts)).into());
        if number % leaves_per_checkpoint == 0 {
            let signed = or_end(Checkpoint::sign(&head, Timestamp::from_millis(number), newest.as_ref(), &key));
            log.checkpoints.push(signed.as_str().to_owned());
            newest = Some(signed);
        }
    }
    log.head = head.encode();
    log
}

/// What the journal's records say, at their usual length.
fn fields(number: u64) -> Vec<Field> {
    let record = Hash::of(&number.to_be_bytes()).to_string();
    let detail = format!(
        "{{\"at\":\"gate\",\"confidence\":0.93,\"ended\":null,\"needs_rehearsal\":false,\"plan_hash\":\"{record}\",\
         \"policy_version\":\"guardrails@3\",\"rationale\":\"allowed: undoable, rehearsed\",\
         \"rules\":[{{\"rule\":\"guardrails/allow-rehearsed\",\"step\":0,\"verdict\":\"allow\"}}],\"verdict\":\"allow\"}}"
    );
    vec![
        Field::new("incident", format!("inc-{:016x}", number / 16)),
        Field::new("sequence", (number % 16).to_string()),
        Field::new("at_ms", (1_790_000_000_000 + number).to_string()),
        Field::new("event", "decided"),
        Field::new("phase", "apply"),
        Field::new("by", "healer"),
        Field::new("record", record),
        Field::new("detail", detail),
    ]
}

fn or_end<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|problem| panic!("{problem}"))
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn verify_all_leaves(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(leaves())).bench(|| or_end(verify(black_box(&*LOG), None, &[])));
}

/// With a checkpoint every 16 leaves, all of them witnessed.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn verify_all_leaves_signed_often_and_witnessed(bencher: Bencher<'_, '_>) {
    let log = &*LOG_SIGNED_OFTEN;
    bencher.counter(ItemsCount::new(leaves())).bench(|| or_end(verify(black_box(log), None, &log.checkpoints)));
}

#[divan::bench]
fn make_and_verify_an_inclusion_proof(bencher: Bencher<'_, '_>) {
    let size = leaves();
    let (index, root) = (size / 3, or_end(TREE.root(size)));
    let leaf = Hash::leaf(&LOG.rows[(size / 3) as usize].leaf);
    bencher.bench(|| {
        let path = or_end(TREE.inclusion(black_box(index), size));
        assert!(verify_inclusion(&leaf, index, size, &path, &root));
    });
}

#[divan::bench]
fn make_and_verify_a_consistency_proof(bencher: Bencher<'_, '_>) {
    let (old, new) = (leaves() / 3, leaves());
    let (old_root, new_root) = (or_end(TREE.root(old)), or_end(TREE.root(new)));
    bencher.bench(|| {
        let path = or_end(TREE.consistency(black_box(old), new));
        assert!(verify_consistency(old, new, &path, &old_root, &new_root));
    });
}

/// Commitments with random salts, leaf, tree and the head as it is stored; nothing is written.
#[divan::bench]
fn append_a_leaf(bencher: Bencher<'_, '_>) {
    let (mut head, mut salts) = (Head::new(), Salts::default());
    bencher.counter(ItemsCount::new(1_u64)).with_inputs(|| fields(7)).bench_local_values(|fields| {
        let entry = or_end(head.append(fields, or_end(salts.draw(8))));
        (entry, head.encode())
    });
}

#[divan::bench]
fn sign_a_checkpoint(bencher: Bencher<'_, '_>) {
    let key = or_end(SigningKey::from_seed("example.org/log", &[1; 32]));
    let head = or_end(Head::decode(&LOG.head));
    bencher.bench(|| or_end(Checkpoint::sign(&head, Timestamp::from_millis(1), None, &key)));
}
