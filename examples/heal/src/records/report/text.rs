//! The report for a terminal.

use std::io;

use anstyle::Style;
use selfheal_core::kpi::{Ending, GroupFigures};

use super::super::page::Page;
use super::super::table::{self, Column, Row};
use super::super::when;
use super::{Report, words};
use crate::say::human;
use crate::say::style::{BAD, DIM, GOOD, WARN};

pub(super) fn tell(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let figures = &report.figures;
    page.entry("report", &format!("{}, as of {}", words::scope(report), when::seconds(figures.at)))?;
    words::caveats(report).iter().try_for_each(|caveat| page.entry_in(WARN, "note", caveat))?;
    if figures.incidents == 0 {
        return page.entry("", "no incidents");
    }
    endings(page, report)?;
    repair(page, report)?;
    policy(page, report)?;
    calibration(page, report)?;
    groups(page, "by category", &figures.by_category)?;
    groups(page, "by environment", &figures.by_environment)?;
    repeats(page, report)?;
    open(page, report)
}

fn endings(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let (figures, rates) = (&report.figures, &report.figures.rates);
    page.heading("how they ended")?;
    page.entry_in(GOOD, "healed", &words::rate(rates.healed))?;
    page.entry("passed", &format!("{} when run again: nothing was mended", words::rate(rates.passed_on_rerun)))?;
    page.entry("proposed", &words::rate(rates.proposed))?;
    let unheard = rates.escalations_unacknowledged;
    let heard = if unheard.count > 0 {
        format!("; nobody acknowledged {} of {}", unheard.count, unheard.of)
    } else {
        String::new()
    };
    page.entry("escalated", &format!("{}{heard}", words::rate(rates.escalated)))?;
    page.entry("stopped", &words::rate(rates.interrupted))?;
    page.entry(
        "taken back",
        &format!("{} of the incidents in which a fix was applied", words::rate(rates.rolled_back)),
    )?;
    if rates.stuck.count > 0 {
        page.entry_in(BAD, "stuck", &format!("{}: could not be taken back entirely", words::rate(rates.stuck)))?;
    }
    let apart =
        format!("{} open, {} dry runs: in none of these rates", figures.open.count, figures.endings[Ending::DryRun]);
    page.entry_in(DIM, "", &apart)
}

fn repair(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let repair = &report.figures.repair;
    let spread = &repair.spread;
    page.heading("time to repair, of the healed")?;
    if spread.count() == 0 {
        return page.entry("", "none healed");
    }
    page.entry("mean", &format!("{} (MTTR)", words::time(spread.mean())))?;
    page.entry("median", &words::time(spread.quantile(0.5)))?;
    page.entry("p90", &words::time(spread.quantile(0.9)))?;
    page.entry("longest", &words::time(spread.longest()))?;
    let total = repair.split.total().as_secs_f64();
    for (part, mean) in words::mean_split(repair) {
        let share = words::percent(repair.split.of(part).as_secs_f64() / total);
        page.entry_in(DIM, part.name(), &format!("{} of the mean ({share})", human(mean)))?;
    }
    page.entry(
        "memory",
        &format!("{} healed by a fix that was known", words::rate(report.figures.rates.healed_from_memory)),
    )
}

fn policy(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let policy = &report.figures.policy;
    page.heading("policy and audit")?;
    page.entry("denied", &format!("{} of the plans it was asked about", words::rate(policy.denied)))?;
    page.entry("rejected", &format!("{} of all plans", words::rate(policy.rejected)))?;
    for rule in &policy.rules {
        page.entry_in(DIM, "", &format!("{} denied {}", rule.rule, rule.plans))?;
    }
    match report.figures.audit_coverage {
        Some(coverage) => page.entry("audited", &format!("{} of the records", words::rate(coverage))),
        None => page.entry("audited", "no audit log"),
    }
}

fn calibration(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let Some(calibration) = &report.figures.calibration else { return Ok(()) };
    page.heading("how sure it was, against what came of it")?;
    let told = format!("{} plans applied, {} healed", calibration.outcomes, words::percent(calibration.base_rate));
    page.entry("predictions", &told)?;
    page.entry("ECE", &format!("{:.3}; 0 is calibrated", calibration.ece))?;
    let (score, uninformed) = (calibration.brier.score, calibration.brier.uncertainty);
    page.entry("Brier", &format!("{score:.3}; always saying the average would score {uninformed:.3}"))
}

fn groups(page: &mut Page<'_>, heading: &'static str, groups: &[GroupFigures]) -> io::Result<()> {
    const COLUMNS: [Column; 7] = [
        Column::elastic("NAME"),
        Column::fixed("INCIDENTS"),
        Column::fixed("HEALED"),
        Column::fixed("ESCALATED"),
        Column::fixed("MTTR"),
        Column::fixed("MEDIAN"),
        Column::fixed("P90"),
    ];
    page.heading(heading)?;
    let row = |group: &GroupFigures| {
        let spread = &group.repair.spread;
        let cells = [
            group.name.clone(),
            group.incidents.to_string(),
            words::rate(group.healed),
            group.endings[Ending::Escalated].to_string(),
            words::time(spread.mean()),
            words::time(spread.quantile(0.5)),
            words::time(spread.quantile(0.9)),
        ];
        Row { cells, style: Style::new() }
    };
    table::write(page, &COLUMNS, &groups.iter().map(row).collect::<Vec<_>>())
}

fn repeats(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let repeats = &report.figures.repeats;
    page.heading("failures that came again")?;
    page.entry("repeats", &format!("{} had been met before", words::rate(repeats.incidents)))?;
    for failure in &repeats.most_frequent {
        let what =
            format!("{} times {} of {}, latest {}", failure.count, failure.category, failure.resource, failure.latest);
        page.entry_in(DIM, "", &what)?;
    }
    Ok(())
}

fn open(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let open = &report.figures.open;
    if open.count == 0 {
        return Ok(());
    }
    page.heading("open")?;
    let waiting = format!(
        "{} wait for an approval, {} for somebody to receive their escalation",
        open.awaiting_approval, open.undelivered
    );
    page.entry("open", &format!("{}: {waiting}", open.count))?;
    for incident in &open.oldest {
        let age = human(std::time::Duration::from_millis(incident.open_ms));
        let (resource, environment, phase) = (&incident.resource, &incident.environment, incident.phase);
        page.entry_in(DIM, "", &format!("{} {resource} in {environment}: {phase}, for {age}", incident.incident))?;
    }
    Ok(())
}
