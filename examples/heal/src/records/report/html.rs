//! The report as one page: no script, nothing from elsewhere, every text escaped; readable in the dark, on paper, and aloud.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use selfheal_core::kpi::{Ending, Endings, Figures, GroupFigures, Part, Repair};

use super::super::when;
use super::bars::{self, Bar, Piece};
use super::{Report, words};
use crate::say::{clean, human};

const STYLE: &str = include_str!("style.css");

/// The page's text.
pub(super) fn page(report: &Report) -> String {
    let figures = &report.figures;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { "selfheal report, " (when::date(figures.at)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "selfheal report" }
                    p { (words::scope(report)) ", as of " time datetime=(when::rfc3339(figures.at)) { (when::seconds(figures.at)) } }
                    @for caveat in words::caveats(report) { p.caveat { (caveat) } }
                }
                main { @if figures.incidents == 0 { p { "No incidents." } } @else { (sections(figures)) } }
                footer { p { "All times are UTC. A rate is of the incidents that ended and were no dry run, unless it says otherwise." } }
            }
        }
    };
    markup.into_string()
}

fn sections(figures: &Figures) -> Markup {
    html! {
        (headline(figures))
        (over_time(figures))
        (time_to_repair(figures))
        (grouped("By category", "Category", &figures.by_category))
        (grouped("By environment", "Environment", &figures.by_environment))
        (refusals(figures))
        (calibration(figures))
        (repeats(figures))
        (open(figures))
    }
}

fn headline(figures: &Figures) -> Markup {
    let rates = &figures.rates;
    let mean = figures.repair.spread.mean();
    let audited = figures.audit_coverage.map_or_else(|| ("-".to_owned(), "no audit log".to_owned()), share);
    let cards = [
        ("Healed", share(rates.healed)),
        (
            "Mean time to repair",
            (words::time(mean), format!("median {}", words::time(figures.repair.spread.quantile(0.5)))),
        ),
        ("Escalated", share(rates.escalated)),
        ("Fixes taken back", share(rates.rolled_back)),
        ("Plans denied by policy", share(figures.policy.denied)),
        ("Repeat incidents", share(figures.repeats.incidents)),
        ("Records audited", audited),
        ("Open", (figures.open.count.to_string(), format!("{} wait for approval", figures.open.awaiting_approval))),
    ];
    html! {
        section aria-label="Headline figures" {
            dl.cards { @for (name, (value, detail)) in cards {
                div { dt { (name) } dd { strong { (value) } " " small { (detail) } } }
            } }
        }
    }
}

/// A share, and the numbers that it comes from.
fn share(rate: selfheal_core::kpi::Rate) -> (String, String) {
    let share = rate.share().map_or_else(|| "-".to_owned(), words::percent);
    (share, format!("{} of {}", rate.count, rate.of))
}

fn over_time(figures: &Figures) -> Markup {
    let days = figures.over_time.first().map_or(1, |period| period.days);
    let per = if days == 1 { "day".to_owned() } else { format!("{days} days") };
    let bar =
        |period: &selfheal_core::kpi::Period| Bar { label: when::date(period.from), pieces: pieces(&period.endings) };
    let bars: Vec<Bar> = figures.over_time.iter().map(bar).collect();
    html! {
        section {
            h2 { "How incidents ended, per " (per) " of opening" }
            figure {
                (bars::upright("How incidents ended over time; the table below has the numbers", &bars))
                (endings_legend(&figures.endings))
            }
            details {
                summary { "The numbers" }
                (endings_table("From", figures.over_time.iter().map(|period| (when::date(period.from), period.endings)), &figures.endings))
            }
        }
    }
}

fn pieces(endings: &Endings) -> Vec<Piece> {
    let piece = |(ending, count): (Ending, u64)| Piece {
        class: class(ending),
        title: format!("{count} {}", words::ending(ending)),
        value: count as f64,
    };
    endings.counts().map(piece).collect()
}

fn endings_legend(endings: &Endings) -> Markup {
    html! {
        figcaption { ul.legend { @for (ending, count) in endings.counts().filter(|(_, count)| *count > 0) {
            li { span class=(format!("swatch {}", class(ending))) {} (words::ending(ending)) " " (count) }
        } } }
    }
}

fn endings_table(heading: &str, rows: impl Iterator<Item = (String, Endings)>, shown: &Endings) -> Markup {
    let columns: Vec<Ending> = shown.counts().filter(|(_, count)| *count > 0).map(|(ending, _)| ending).collect();
    html! {
        div.wide tabindex="0" { table {
            thead { tr { th scope="col" { (heading) } @for ending in &columns { th.number scope="col" { (words::ending(*ending)) } } } }
            tbody { @for (name, endings) in rows.filter(|(_, endings)| endings.all() > 0) {
                tr { th scope="row" { (name) } @for ending in &columns { td.number { (endings[*ending]) } } }
            } }
        } }
    }
}

fn time_to_repair(figures: &Figures) -> Markup {
    let repair = &figures.repair;
    let spread = &repair.spread;
    let groups: Vec<(&str, &Repair)> = figures
        .by_category
        .iter()
        .map(|group| (group.name.as_str(), &group.repair))
        .filter(|(_, repair)| repair.spread.count() > 0)
        .collect();
    let longest = groups.iter().filter_map(|(_, repair)| repair.spread.mean()).max().unwrap_or_default();
    html! {
        section {
            h2 { "Time to repair, of the healed" }
            @if spread.count() == 0 { p { "None healed." } } @else {
                p { "Mean " strong { (words::time(spread.mean())) } ", median " (words::time(spread.quantile(0.5)))
                    ", nine of ten within " (words::time(spread.quantile(0.9))) ", longest " (words::time(spread.longest()))
                    "; of " (spread.count()) " healed." }
                figure {
                    (bars::lying(&split_bar("All", repair), None))
                    figcaption { ul.legend { @for (part, mean) in words::mean_split(repair) {
                        li { span class=(format!("swatch {}", part_class(part))) {} (part.name()) " " (human(mean)) }
                    } } }
                }
                @if groups.len() > 1 { div.wide tabindex="0" { table.bars {
                    caption { "Mean by category, on one scale" }
                    thead { tr { th scope="col" { "Category" } th.number scope="col" { "Healed" } th.number scope="col" { "Mean" } th.plot scope="col" { "Where the time goes" } } }
                    tbody { @for (name, repair) in &groups { tr {
                        th scope="row" { (clean::line(name)) }
                        td.number { (repair.spread.count()) }
                        td.number { (words::time(repair.spread.mean())) }
                        td.plot { (bars::lying(&split_bar(name, repair), Some(longest.as_secs_f64()))) }
                    } } }
                } } }
            }
        }
    }
}

fn split_bar(label: &str, repair: &Repair) -> Bar {
    let piece = |(part, mean): (Part, std::time::Duration)| Piece {
        class: part_class(part),
        title: format!("{} {}", part.name(), human(mean)),
        value: mean.as_secs_f64(),
    };
    Bar { label: clean::line(label).into_owned(), pieces: words::mean_split(repair).into_iter().map(piece).collect() }
}

fn grouped(heading: &str, column: &str, groups: &[GroupFigures]) -> Markup {
    html! {
        section {
            h2 { (heading) }
            div.wide tabindex="0" { table.bars {
                thead { tr { th scope="col" { (column) } th.number scope="col" { "Incidents" } th scope="col" { "Healed" } th.number scope="col" { "Mean time to repair" } th.plot scope="col" { "How they ended" } } }
                tbody { @for group in groups { tr {
                    th scope="row" { (clean::line(&group.name)) }
                    td.number { (group.incidents) }
                    td.rate { (words::rate(group.healed)) }
                    td.number { (words::time(group.repair.spread.mean())) }
                    td.plot { (bars::lying(&Bar { label: clean::line(&group.name).into_owned(), pieces: pieces(&group.endings) }, None)) }
                } } }
            } }
        }
    }
}

fn calibration(figures: &Figures) -> Markup {
    let Some(calibration) = &figures.calibration else { return html! {} };
    html! {
        section {
            h2 { "How sure it was, against what came of it" }
            p {
                (calibration.outcomes) " plans applied, " (words::percent(calibration.base_rate)) " healed. Expected calibration error "
                (format!("{:.3}", calibration.ece)) " (0 is calibrated), Brier score " (format!("{:.3}", calibration.brier.score))
                " (always saying the average would score " (format!("{:.3}", calibration.brier.uncertainty)) ")."
            }
        }
    }
}

fn refusals(figures: &Figures) -> Markup {
    let policy = &figures.policy;
    html! {
        section {
            h2 { "What policy refused" }
            p { (words::rate(policy.denied)) " of the plans that policy was asked about were denied; " (words::rate(policy.rejected)) " of all plans were rejected before anything happened." }
            @if !policy.rules.is_empty() { div.wide tabindex="0" { table {
                thead { tr { th scope="col" { "Rule" } th.number scope="col" { "Plans denied" } } }
                tbody { @for rule in &policy.rules { tr { th scope="row" { code { (clean::line(&rule.rule)) } } td.number { (rule.plans) } } } }
            } } }
        }
    }
}

fn repeats(figures: &Figures) -> Markup {
    let repeats = &figures.repeats;
    html! {
        section {
            h2 { "Failures that came again" }
            p { (words::rate(repeats.incidents)) " of the incidents had been met before." }
            @if !repeats.most_frequent.is_empty() { div.wide tabindex="0" { table {
                thead { tr { th.number scope="col" { "Times" } th scope="col" { "Category" } th scope="col" { "Resource" } th scope="col" { "Latest" } } }
                tbody { @for failure in &repeats.most_frequent { tr {
                    td.number { (failure.count) }
                    td { (clean::line(&failure.category)) }
                    td { (clean::line(&failure.resource.to_string())) }
                    td { code { (clean::line(failure.latest.as_str())) } " " (when::seconds(failure.opened_at)) }
                } } }
            } } }
        }
    }
}

fn open(figures: &Figures) -> Markup {
    let open = &figures.open;
    html! {
        @if open.count > 0 { section {
            h2 { "Open" }
            p { (open.count) " open; " (open.awaiting_approval) " wait for an approval, " (open.undelivered) " for somebody to receive their escalation." }
            div.wide tabindex="0" { table {
                thead { tr { th scope="col" { "Incident" } th scope="col" { "Resource" } th scope="col" { "Environment" } th scope="col" { "Phase" } th.number scope="col" { "Open for" } } }
                tbody { @for incident in &open.oldest { tr {
                    th scope="row" { code { (clean::line(incident.incident.as_str())) } }
                    td { (clean::line(&incident.resource.to_string())) }
                    td { (clean::line(incident.environment.as_str())) }
                    td { (incident.phase) }
                    td.number { (human(std::time::Duration::from_millis(incident.open_ms))) }
                } } }
            } }
        } }
    }
}

fn class(ending: Ending) -> &'static str {
    match ending {
        Ending::Healed => "green",
        Ending::PassedOnRerun => "sky",
        Ending::Proposed => "orange",
        Ending::Escalated => "red",
        Ending::Interrupted => "grey",
        Ending::DryRun => "pink",
        Ending::Open => "blue",
    }
}

fn part_class(part: Part) -> &'static str {
    match part {
        Part::Detect => "sky",
        Part::Diagnose => "blue",
        Part::Decide => "pink",
        Part::Execute => "orange",
        Part::Verify => "green",
        Part::Waiting => "grey",
        Part::Compacted => "red",
    }
}
