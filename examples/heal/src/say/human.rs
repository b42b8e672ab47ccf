//! Durations in words.

use std::time::Duration;

/// `12 ms`, `3.4 s`, `5 min 20 s`, `7 h 3 min`, `12 d 4 h`.
pub(crate) fn human(time: Duration) -> String {
    let (ms, s) = (time.as_millis(), time.as_secs());
    match s {
        0 => format!("{ms} ms"),
        1..60 => format!("{}.{} s", s, ms % 1_000 / 100),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        3_600..172_800 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_two_units_at_most() {
        let told = |ms| human(Duration::from_millis(ms));
        assert_eq!(
            [0, 999, 1_000, 59_999, 60_000, 3_599_999, 7_260_000, 187_200_000].map(told),
            ["0 ms", "999 ms", "1.0 s", "59.9 s", "1 min 0 s", "59 min 59 s", "2 h 1 min", "2 d 4 h"]
        );
    }
}
