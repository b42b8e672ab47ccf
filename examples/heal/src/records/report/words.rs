//! Figures in words: never a share without the numbers that it comes from.

use std::time::Duration;

use selfheal_core::kpi::{Ending, Part, Rate, Repair};

use super::super::when::human;
use super::Report;
use crate::records::when;

/// `75 % (3 of 4)`, or `- (none)` where there is nothing to count.
pub(super) fn rate(rate: Rate) -> String {
    match rate.share() {
        Some(share) => format!("{} ({} of {})", percent(share), rate.count, rate.of),
        None => "- (none)".to_owned(),
    }
}

/// `75 %`, and one decimal where it matters.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let rounded = percent.round();
    if (percent - rounded).abs() < 0.05 { format!("{rounded:.0} %") } else { format!("{percent:.1} %") }
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
        (figures.unreadable, "can't be read and are in no figure"),
        (figures.compacted, "were compacted: their time is known as a whole only"),
    ];
    told.iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} further or older incidents {what}"))
        .collect()
}
