//! Bits that flip on the disk: whatever still verifies reads as before.

use std::fs;

use super::sample::Sample;

/// How many are tried; `SELFHEAL_FLIPS` says otherwise.
const FLIPS: u64 = 150;

/// SplitMix64: any seed gives a well spread sequence.
fn random(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What people read: the log, where incidents stand, and what happened in them.
fn read(sample: &Sample, store: &str) -> Vec<Vec<u8>> {
    let incidents = sample.world.ask(&["incidents", "--json", "--store", store]).stdout;
    let healed = sample.incident("healed");
    let shown = sample.world.ask(&["show", &healed, "--json", "--store", store]).stdout;
    vec![sample.audit("export", store, &[]).stdout, incidents, shown]
}

#[test]
fn what_verifies_reads_as_before() {
    let count = std::env::var("SELFHEAL_FLIPS").ok().and_then(|count| count.parse().ok()).unwrap_or(FLIPS);
    let sample = Sample::new();
    let original = sample.copy("original");
    let (sound, expected) = (fs::read(format!("{original}/journal.db")).unwrap(), read(&sample, &original));
    let mut harmless = 0;
    for seed in 1..=count {
        let bit = random(seed) % (sound.len() as u64 * 8);
        let (at, mask) = (usize::try_from(bit / 8).unwrap(), 1 << (bit % 8));
        let copy = sample.copy("copy");
        let mut bytes = sound.clone();
        bytes[at] ^= mask;
        fs::write(format!("{copy}/journal.db"), bytes).unwrap();
        let verified = sample.verify(&copy, &[]);
        assert!(!verified.said().contains("panicked"), "bit {bit}: {verified}");
        match verified.status {
            Some(0) => {
                assert!(read(&sample, &copy) == expected, "bit {bit}: something else is read: {verified}");
                harmless += 1;
            }
            Some(1) => {}
            _ => panic!("bit {bit}: {verified}"),
        }
    }
    eprintln!("{count} flipped bits: {} told, {harmless} change nothing that is read", count - harmless);
}
