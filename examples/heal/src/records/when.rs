//! Points in time and durations, as people write and read them. All times of day are UTC: workers, logs and readers sit in
//! several zones, and a record must read the same to all of them.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use selfheal_core::time::Timestamp;

/// `2026-11-22 10:00:00Z`; a time that no calendar has is shown in milliseconds.
pub(crate) fn seconds(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d %H:%M:%SZ")
}

/// `2026-11-22`.
pub(crate) fn date(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d")
}

/// `10:00:00.250Z`.
pub(crate) fn time(at: Timestamp) -> String {
    formatted(at, "%H:%M:%S%.3fZ")
}

/// `2026-11-22T10:00:00.250Z`, by RFC 3339.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

fn formatted(at: Timestamp, format: &str) -> String {
    match zoned(at) {
        Some(zoned) => zoned.strftime(format).to_string(),
        None => format!("{} ms", at.as_millis()),
    }
}

fn zoned(at: Timestamp) -> Option<Zoned> {
    let millis = i64::try_from(at.as_millis()).ok()?;
    Some(jiff::Timestamp::from_millisecond(millis).ok()?.to_zoned(TimeZone::UTC))
}

/// `45s`, `12m`, `7h`, `3d`: for a narrow column.
pub(crate) fn age(time: Duration) -> String {
    match time.as_secs() {
        s @ 0..60 => format!("{s}s"),
        s @ 60..3_600 => format!("{}m", s / 60),
        s @ 3_600..172_800 => format!("{}h", s / 3_600),
        s => format!("{}d", s / 86_400),
    }
}

/// From when on.
#[derive(Debug, Clone)]
pub(crate) enum Since {
    /// A time of the calendar.
    At(Timestamp),
    /// So long ago.
    Ago(Span),
}

impl Since {
    pub(crate) fn before(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => *at,
            // What lies before the calendar lies before every record.
            Self::Ago(span) => {
                zoned(now).and_then(|now| now.checked_sub(*span).ok()).map_or(Timestamp::default(), |then| stamp(&then))
            }
        }
    }
}

fn stamp(zoned: &Zoned) -> Timestamp {
    Timestamp::from_millis(u64::try_from(zoned.timestamp().as_millisecond()).unwrap_or(0))
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A date alone is its midnight.
        let civil = || text.parse::<DateTime>().ok().and_then(|civil| civil.to_zoned(TimeZone::UTC).ok());
        let at = text.parse::<jiff::Timestamp>().ok().map(|at| at.to_zoned(TimeZone::UTC)).or_else(civil);
        if let Some(at) = at {
            return Ok(Self::At(stamp(&at)));
        }
        let expected = || format!("expected `7d`, `36h`, `2026-11-01` or an RFC 3339 time, got `{text}`");
        let span: Span = text.parse().map_err(|_| expected())?;
        if span.is_negative() { Err(expected()) } else { Ok(Self::Ago(span)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn since(text: &str) -> Result<String, String> {
        text.parse::<Since>().map(|since| rfc3339(since.before(NOON)))
    }

    #[test]
    fn since_is_a_time_or_how_long_ago() {
        assert_eq!(rfc3339(NOON), "2026-11-22T12:00:00.000Z");
        assert_eq!(since("2026-11-01").as_deref(), Ok("2026-11-01T00:00:00.000Z"));
        assert_eq!(since("2026-11-01T10:30:00+02:00").as_deref(), Ok("2026-11-01T08:30:00.000Z"));
        assert_eq!(since("2026-11-01 10:30").as_deref(), Ok("2026-11-01T10:30:00.000Z"));
        assert_eq!(since("7d").as_deref(), Ok("2026-11-15T12:00:00.000Z"));
        assert_eq!(since("36h").as_deref(), Ok("2026-11-21T00:00:00.000Z"));
        assert_eq!(since("2 weeks").as_deref(), Ok("2026-11-08T12:00:00.000Z"));
        assert_eq!(since("1000 years").as_deref(), Ok("1970-01-01T00:00:00.000Z"));
        for bad in ["", "yesterday", "7", "-3d", "2026-13-01", "1h ago"] {
            assert!(since(bad).is_err(), "{bad}: {:?}", since(bad));
        }
    }

    #[test]
    fn a_time_beyond_the_calendar_is_shown_all_the_same() {
        assert_eq!(seconds(Timestamp::from_millis(u64::MAX)), "18446744073709551615 ms");
    }
}
