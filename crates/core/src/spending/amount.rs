//! Amounts of calls, tokens and money.

use serde::{Deserialize, Serialize};

/// Calls, tokens and money; what was used, or the most that may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Calls that left the process.
    pub calls: u64,
    /// Tokens, read and written.
    pub tokens: u64,
    /// Millionths of a US dollar.
    pub micro_usd: u64,
}

impl Amount {
    /// Nothing.
    pub const NONE: Self = Self { calls: 0, tokens: 0, micro_usd: 0 };

    /// Both together; what doesn't fit stays at the most.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            tokens: self.tokens.saturating_add(other.tokens),
            micro_usd: self.micro_usd.saturating_add(other.micro_usd),
        }
    }

    /// What is left of it without `other`; never less than nothing.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(other.calls),
            tokens: self.tokens.saturating_sub(other.tokens),
            micro_usd: self.micro_usd.saturating_sub(other.micro_usd),
        }
    }

    /// The lesser of each.
    #[must_use]
    pub(super) fn at_most(self, most: Self) -> Self {
        Self {
            calls: self.calls.min(most.calls),
            tokens: self.tokens.min(most.tokens),
            micro_usd: self.micro_usd.min(most.micro_usd),
        }
    }

    /// The greater of each.
    #[must_use]
    pub(super) fn at_least(self, least: Self) -> Self {
        Self {
            calls: self.calls.max(least.calls),
            tokens: self.tokens.max(least.tokens),
            micro_usd: self.micro_usd.max(least.micro_usd),
        }
    }

    /// One of so many equal parts, rounded down; `parts` is not 0.
    #[must_use]
    pub(super) fn part(self, parts: u64) -> Self {
        Self { calls: self.calls / parts, tokens: self.tokens / parts, micro_usd: self.micro_usd / parts }
    }

    /// Which part of it is more than `most`; `None` if none is.
    #[must_use]
    pub fn beyond(self, most: Self) -> Option<&'static str> {
        match () {
            () if self.calls > most.calls => Some("calls"),
            () if self.tokens > most.tokens => Some("tokens"),
            () if self.micro_usd > most.micro_usd => Some("money"),
            () => None,
        }
    }
}

/// The most that models may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ceilings {
    /// For one incident, over all its agents, retries and other providers included.
    pub per_incident: Amount,
    /// For one day (UTC), over all incidents that share a ledger.
    pub per_day: Amount,
}

impl Default for Ceilings {
    /// 12 calls, 60,000 tokens and half a dollar per incident; 2,000 calls, 5 million tokens and 20 dollars a day.
    fn default() -> Self {
        Self {
            per_incident: Amount { calls: 12, tokens: 60_000, micro_usd: 500_000 },
            per_day: Amount { calls: 2_000, tokens: 5_000_000, micro_usd: 20_000_000 },
        }
    }
}

/// What a model's tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Millionths of a US dollar for a million tokens read.
    pub input_per_million: u64,
    /// Millionths of a US dollar for a million tokens written.
    pub output_per_million: u64,
}

impl Price {
    /// What so many tokens cost, rounded up.
    #[must_use]
    pub fn of(self, input: u64, output: u64) -> u64 {
        let cost = |tokens: u64, per_million: u64| u128::from(tokens) * u128::from(per_million);
        let total = cost(input, self.input_per_million).saturating_add(cost(output, self.output_per_million));
        u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_rounded_up_so_that_many_small_calls_are_not_free() {
        let price = Price { input_per_million: 150_000, output_per_million: 600_000 };
        assert_eq!(price.of(1_000_000, 1_000_000), 750_000);
        assert_eq!(price.of(1, 0), 1);
        assert_eq!(price.of(0, 0), 0);
    }

    #[test]
    fn what_is_beyond_is_named() {
        let most = Amount { calls: 2, tokens: 10, micro_usd: 5 };
        assert_eq!(most.beyond(most), None);
        assert_eq!(Amount { calls: 3, ..most }.beyond(most), Some("calls"));
        assert_eq!(Amount { micro_usd: 6, ..most }.beyond(most), Some("money"));
    }
}
