//! Lengths of time as people write them: `15m`, `1h 30m`, `7d`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads a length of time above zero; a day has 24 hours.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let refuse = || format!("expected a length of time above zero such as '15m', '1h' or '7d', found '{text}'");
    let span: Span = text.parse().map_err(|_| refuse())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| refuse())?;
    Duration::try_from(length).ok().filter(|length| length.as_millis() > 0).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_refuses_nothing_and_less() {
        assert_eq!(parse("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(parse("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse("7d"), Ok(Duration::from_secs(7 * 86_400)));
        for text in ["0s", "-5m", "soon", "15", "", "1mo"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
