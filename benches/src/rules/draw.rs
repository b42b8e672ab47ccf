//! Chance from a seed: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).

/// A sequence that is the same for the same seed.
#[derive(Debug, Clone)]
pub struct Draw(u64);

const WORDS: [&str; 16] = [
    "audit", "trust", "strict", "verify", "cache", "legacy", "swift", "unsafe", "debug", "remote", "proxy", "shadow",
    "mirror", "secret", "vendor", "native",
];
const FOLDERS: [&str; 12] = [
    "infra", "deploy", "charts", "terraform", "migrations", "billing", "ledger", "keys", "payments", "ops", "release", "policies",
];

impl Draw {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which is above zero.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next_u64() % bound as u64).unwrap_or(0)
    }

    /// From `least` to `most`.
    pub fn number(&mut self, least: i64, most: i64) -> i64 {
        let span = most.abs_diff(least) + 1;
        least.saturating_add_unsigned(self.next_u64() % span)
    }

    /// One of `all`, which is not empty.
    pub fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A word that options and settings have in their names.
    pub fn word(&mut self) -> &'static str {
        self.one(&WORDS)
    }

    /// A folder's name.
    pub fn folder(&mut self) -> &'static str {
        self.one(&FOLDERS)
    }

    /// A package's name; one in four is scoped.
    pub fn package(&mut self) -> String {
        match self.below(4) {
            0 => format!("@{}/{}", self.word(), self.folder()),
            _ => format!("{}-{}-{}", self.word(), self.folder(), self.below(50)),
        }
    }
}
