//! When a window is open: weekly, between dates, or both, as clocks in its time zone show it.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, ToSpan};
use selfheal_core::time::Timestamp;

use super::document::{OpeningDocument, SpanDocument, Word};
use crate::error::LoadError;

/// A window in time.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    zone: TimeZone,
    /// Empty: the whole week.
    weekly: Vec<Weekly>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// Seconds of a week that begins on Monday at midnight; goes over the week's end where `end` is not after `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weekly {
    start: i64,
    end: i64,
}

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// Whether a window is open, and until when; `None` inside: for ever.
pub(crate) type OpenUntil = Option<Option<Timestamp>>;

impl Opening {
    /// Checks and compiles what is written.
    ///
    /// # Errors
    /// An unknown time zone, an end before the start, a window that is never open.
    pub(crate) fn compile(document: &str, written: &OpeningDocument) -> Result<Self, LoadError> {
        let refuse = |word: &Word, problem: String| LoadError::located(document, word.referenced, problem);
        let zone = TimeZoneDatabase::bundled().get(&written.zone.value).map_err(|_| {
            let found = &written.zone.value;
            refuse(&written.zone, format!("expected an IANA time zone such as 'Europe/Berlin', found '{found}'"))
        })?;
        let spans = written.weekly.iter().flatten().map(|span| weekly(document, span));
        let weekly = spans.collect::<Result<Vec<_>, _>>()?.concat();
        if weekly.is_empty() && (written.weekly.is_some() || (written.from.is_none() && written.until.is_none())) {
            return Err(refuse(&written.zone, "expected 'weekly' spans, or the dates 'from' or 'until'".to_owned()));
        }
        let bound = |word: &Option<Word>, end| word.as_ref().map(|word| dated(document, &zone, word, end)).transpose();
        let (from, until) = (bound(&written.from, false)?, bound(&written.until, true)?);
        let opening = Self { weekly, from, until, zone };
        if let (Some(from), Some(until), Some(word)) = (from, until, &written.until)
            && until <= from
        {
            return Err(refuse(word, "expected an end after the start".to_owned()));
        }
        match opening.next(from.unwrap_or_default()) {
            Some(_) => Ok(opening),
            None => Err(refuse(&written.zone, "expected a window that opens; this one never does".to_owned())),
        }
    }

    /// Whether it is open at `at`, and until when.
    pub(crate) fn at(&self, at: Timestamp) -> OpenUntil {
        if self.from.is_some_and(|from| at < from) || self.until.is_some_and(|until| at >= until) {
            return None;
        }
        if self.weekly.is_empty() {
            return Some(self.until);
        }
        let (monday, second) = self.week(at)?;
        let ends = self.weekly.iter().filter_map(|span| span.end_from(second));
        let end = self.timestamp(monday, ends.max()?);
        Some(end.into_iter().chain(self.until).min())
    }

    /// The first time at or after `at` at which it is open; `None` if it never is again.
    pub(crate) fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let at = self.from.map_or(at, |from| from.max(at));
        if self.at(at).is_some() {
            return Some(at);
        }
        let (monday, second) = self.week(at)?;
        let start = self.weekly.iter().map(|span| span.start + if span.start < second { WEEK } else { 0 }).min()?;
        // Clocks that are put forward may skip the start: the first open moment after it is a second off at most.
        let next = self.timestamp(monday, start)?.max(at);
        self.until.is_none_or(|until| next < until).then_some(next)
    }

    /// For people: when it ends or begins, in its own time zone.
    pub(crate) fn spell(&self, at: Timestamp) -> String {
        let zoned = instant(at).map(|instant| instant.to_zoned(self.zone.clone()));
        let name = self.zone.iana_name().unwrap_or("its time zone");
        zoned.map_or_else(|| "a later time".to_owned(), |zoned| format!("{} {name}", zoned.strftime("%Y-%m-%d %H:%M")))
    }

    fn week(&self, at: Timestamp) -> Option<(Date, i64)> {
        let civil = instant(at)?.to_zoned(self.zone.clone()).datetime();
        let days = i64::from(civil.weekday().to_monday_zero_offset());
        let monday = civil.date().checked_sub(days.days()).ok()?;
        Some((monday, days * DAY + seconds(civil.time())))
    }

    fn timestamp(&self, monday: Date, second: i64) -> Option<Timestamp> {
        let civil = monday.to_datetime(Time::midnight()).checked_add(Span::new().try_seconds(second).ok()?).ok()?;
        moment(&self.zone, civil)
    }
}

impl Weekly {
    /// When the span that `second` is in ends, counted from the same Monday.
    fn end_from(self, second: i64) -> Option<i64> {
        let Self { start, end } = self;
        match start < end {
            true => (start..end).contains(&second).then_some(end),
            false if second >= start => Some(end + WEEK),
            false => (second < end).then_some(end),
        }
    }
}

fn weekly(document: &str, span: &SpanDocument) -> Result<Vec<Weekly>, LoadError> {
    let refuse = |word: &Word, problem: &str| {
        LoadError::located(document, word.referenced, format!("{problem}, found '{}'", word.value))
    };
    let Some(days) = &span.days else {
        let point = |word: &Word| {
            let parsed = word.value.split_once(' ').and_then(|(name, time)| Some(day(name)? * DAY + clock(time)?));
            parsed.ok_or_else(|| refuse(word, "expected a day and a time such as 'fri 18:00'"))
        };
        let (start, end) = (point(&span.from)?, point(&span.until)? % WEEK);
        return match start == end {
            true => Err(refuse(&span.until, "expected an end that is not the start")),
            false => Ok(vec![Weekly { start, end }]),
        };
    };
    let time = |word: &Word| clock(&word.value).ok_or_else(|| refuse(word, "expected a time such as '09:00'"));
    let (start, end) = (time(&span.from)?, time(&span.until)?);
    if end <= start {
        let problem = "expected an end after the start; over midnight: {from: 'fri 22:00', until: 'sat 06:00'}";
        return Err(refuse(&span.until, problem));
    }
    let day = |word: &Word| {
        let number = day(&word.value).ok_or_else(|| refuse(word, "expected a day such as 'mon'"))?;
        Ok(Weekly { start: number * DAY + start, end: number * DAY + end })
    };
    days.iter().map(day).collect()
}

fn day(name: &str) -> Option<i64> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let name = name.to_ascii_lowercase();
    let place = names.iter().position(|own| *own == name).or_else(|| full.iter().position(|own| *own == name))?;
    i64::try_from(place).ok()
}

/// `HH:MM`; `24:00` ends a day.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let two = |part: &str| (part.len() == 2).then(|| part.parse::<u8>().ok()).flatten();
    let (hours, minutes) = (i64::from(two(hours)?), i64::from(two(minutes)?));
    let second = hours * 3_600 + minutes * 60;
    (minutes < 60 && second <= DAY).then_some(second)
}

/// A date, or a date and a time, on the clocks of the zone. A date that ends something includes its day.
fn dated(document: &str, zone: &TimeZone, word: &Word, end: bool) -> Result<Timestamp, LoadError> {
    let date = word.value.parse::<Date>().ok().filter(|_| word.value.len() == 10);
    let civil = match date {
        Some(date) if end => date.tomorrow().ok().map(|next| next.to_datetime(Time::midnight())),
        Some(date) => Some(date.to_datetime(Time::midnight())),
        // Clocks of the window's zone are meant: an offset would say another time, and be ignored.
        None => word.value.parse::<DateTime>().ok().filter(|_| !has_offset(&word.value)),
    };
    civil.and_then(|civil| moment(zone, civil)).ok_or_else(|| {
        let problem = format!("expected a date such as '2026-12-24' or '2026-12-24T18:00', on the clocks of 'zone' and without an offset, found '{}'", word.value);
        LoadError::located(document, word.referenced, problem)
    })
}

fn has_offset(text: &str) -> bool {
    let clock = text.split_once(['T', 't', ' ']).map_or("", |(_, clock)| clock);
    clock.contains(['+', '-', '\u{2212}', 'Z', 'z', '['])
}

fn moment(zone: &TimeZone, civil: DateTime) -> Option<Timestamp> {
    let instant = zone.to_ambiguous_timestamp(civil).compatible().ok()?;
    u64::try_from(instant.as_millisecond()).ok().map(Timestamp::from_millis)
}

fn instant(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(at.as_millis()).ok()?).ok()
}

fn seconds(time: Time) -> i64 {
    i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(text: &str) -> Result<Opening, String> {
        let written: OpeningDocument = crate::yaml::parse("w.yaml", text).map_err(|error| error.to_string())?;
        Opening::compile("w.yaml", &written).map_err(|error| error.to_string())
    }

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_millis(u64::try_from(instant.as_millisecond()).unwrap())
    }

    #[test]
    fn a_weekend_goes_over_the_end_of_the_week_and_follows_the_clocks() {
        let weekend = opening("{zone: Europe/Berlin, weekly: [{from: 'fri 18:00', until: 'mon 06:00'}]}").unwrap();
        assert_eq!(weekend.at(at("2026-11-20T16:59:59Z")), None);
        assert_eq!(weekend.at(at("2026-11-20T17:00:00Z")), Some(Some(at("2026-11-23T05:00:00Z"))));
        assert_eq!(weekend.at(at("2026-11-23T04:59:59Z")), Some(Some(at("2026-11-23T05:00:00Z"))));
        assert_eq!(weekend.at(at("2026-11-23T05:00:00Z")), None);
        // In summer the same clock is an hour earlier.
        assert_eq!(weekend.at(at("2026-07-03T16:00:00Z")), Some(Some(at("2026-07-06T04:00:00Z"))));
        assert_eq!(weekend.next(at("2026-11-23T05:00:00Z")), Some(at("2026-11-27T17:00:00Z")));
    }

    #[test]
    fn dates_bound_it_and_a_last_day_is_included() {
        let freeze = opening("{zone: America/New_York, from: 2026-12-20, until: 2027-01-02}").unwrap();
        assert_eq!(freeze.at(at("2026-12-20T04:59:59Z")), None);
        assert_eq!(freeze.at(at("2026-12-20T05:00:00Z")), Some(Some(at("2027-01-03T05:00:00Z"))));
        assert_eq!(freeze.next(at("2027-01-03T05:00:00Z")), None);
        let nights = "{zone: UTC, from: 2026-12-24T12:00, until: 2026-12-25T12:00, weekly: [{days: [thu, fri], from: '08:00', until: '24:00'}]}";
        let nights = opening(nights).unwrap();
        assert_eq!(nights.next(at("2026-01-01T00:00:00Z")), Some(at("2026-12-24T12:00:00Z")));
        assert_eq!(nights.at(at("2026-12-24T13:00:00Z")), Some(Some(at("2026-12-25T00:00:00Z"))));
        assert_eq!(nights.at(at("2026-12-25T10:00:00Z")), Some(Some(at("2026-12-25T12:00:00Z"))));
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for (text, problem) in [
            ("{zone: Mars/Olympus, from: 2026-01-01}", "IANA time zone"),
            ("{zone: UTC}", "expected 'weekly' spans"),
            ("{zone: UTC, from: 2026-01-02, until: 2026-01-01}", "end after the start"),
            ("{zone: UTC, from: soon}", "expected a date"),
            ("{zone: UTC, weekly: [{days: [mon], from: '17:00', until: '09:00'}]}", "end after the start"),
            ("{zone: UTC, weekly: [{days: [noday], from: '07:00', until: '09:00'}]}", "expected a day"),
            ("{zone: UTC, weekly: [{from: 'mon 09:00', until: 'mon 09:00'}]}", "not the start"),
            ("{zone: UTC, weekly: [{from: 'mon', until: 'tue 09:00'}]}", "a day and a time"),
            (
                "{zone: UTC, from: 2026-11-23, until: 2026-11-24, weekly: [{days: [sat], from: '07:00', until: '09:00'}]}",
                "never does",
            ),
        ] {
            let said = opening(text).unwrap_err();
            assert!(said.starts_with("w.yaml:1:") && said.contains(problem), "{text}: {said}");
        }
    }
}
