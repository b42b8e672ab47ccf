//! Figures in words: never a share without the numbers that it comes from.

use std::time::Duration;

use selfheal_core::kpi::{Ending, Part, Rate, Repair};

use super::Report;
use crate::records::when;
use crate::say::human;

/// `75 % (3 of 4)`, or `- (none)` where there is nothing to count.
pub(super) fn rate(rate: Rate) -> String {
    match rate.share() {
        Some(share) => format!("{} ({} of {})", percent(share), rate.count, rate.of),
        None => "- (none)".to_owned(),
    }
}

/// `75 %`, and one decimal where it matters.
pub(super) fn percent(share: f64) -> String {
    let tenths = (1_000.0 * share).round();
    // Only all is 100 %, and only nothing is 0 %.
    let tenths = if share < 1.0 { tenths.min(999.0) } else { tenths };
    let tenths = if share > 0.0 { tenths.max(1.0) } else { tenths };
    if tenths % 10.0 == 0.0 { format!("{:.0} %", tenths / 10.0) } else { format!("{:.1} %", tenths / 10.0) }
}

pub(super) fn time(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), human)
}

/// The parts of the mean time to repair, those that took any time.
pub(super) fn mean_split(repair: &Repair) -> Vec<(Part, Duration)> {
    let healed = u32::try_from(repair.spread.count()).unwrap_or(u32::MAX).max(1);
    repair.split.parts().filter(|(_, time)| !time.is_zero()).map(|(part, time)| (part, time / healed)).collect()
}

pub(super) fn ending(ending: Ending) -> String {
    ending.name().replace('_', " ")
}

/// Which incidents the report is about.
pub(super) fn scope(report: &Report) -> String {
    let count = report.figures.incidents;
    let incidents = if count == 1 { "1 incident".to_owned() } else { format!("{count} incidents") };
    match report.since {
        Some(since) => format!("{incidents} opened since {}", when::seconds(since)),
        None => format!("all {incidents} of this store").replace("all 1 incident", "the only incident"),
    }
}

/// What must be known about the figures before they are believed.
pub(super) fn caveats(report: &Report) -> Vec<String> {
    let figures = &report.figures;
    let told = [
        (figures.unreadable, "can't be read and is in no figure", "can't be read and are in no figure"),
        (
            figures.compacted,
            "was compacted: its time is known as a whole only",
            "were compacted: their time is known as a whole only",
        ),
    ];
    let in_words = |(count, one, several): (_, &str, &str)| match count {
        0 => None,
        1 => Some(format!("1 incident {one}")),
        count => Some(format!("{count} incidents {several}")),
    };
    told.into_iter().filter_map(in_words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        let told = [0.0, 0.000_1, 0.25, 0.666_7, 0.999_7, 1.0].map(percent);
        assert_eq!(told, ["0 %", "0.1 %", "25 %", "66.7 %", "99.9 %", "100 %"]);
    }
}
