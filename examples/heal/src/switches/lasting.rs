//! How long something is granted.

use std::str::FromStr;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Longer than this nobody remembers that it was granted.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// A time of at most 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lasting(pub(super) Duration);

impl FromStr for Lasting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a time such as 90m, 8h or 7d, of at most 30 days, got `{text}`");
        let span: Span = text.parse().map_err(|_| expected())?;
        let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| expected())?;
        let time = Duration::try_from(time).map_err(|_| expected())?;
        match time.is_zero() || time > LONGEST {
            true => Err(expected()),
            false => Ok(Self(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_an_end_that_somebody_remembers() {
        let seconds = |text: &str| text.parse::<Lasting>().map(|lasting| lasting.0.as_secs());
        assert_eq!([seconds("90m"), seconds("8h"), seconds("30d")], [Ok(5_400), Ok(28_800), Ok(2_592_000)]);
        for bad in ["", "0s", "-1h", "31d", "1 month", "8", "forever", "99999999999999h"] {
            assert!(seconds(bad).is_err(), "{bad}: {:?}", seconds(bad));
        }
    }
}
