//! The report as one JSON object: core's figures, with times of day spelt as in every other object of this host.

use std::io;

use selfheal_core::time::Timestamp;
use serde_json::Value;

use super::super::page::Page;
use super::super::{json, when};
use super::Report;

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut object = serde_json::to_value(&report.figures)?;
    object["since"] = report.since.map(when::rfc3339).into();
    date(object.get_mut("at"));
    each(&mut object, "/over_time", "from");
    each(&mut object, "/open/oldest", "opened_at");
    each(&mut object, "/repeats/most_frequent", "opened_at");
    json::write(page.out, &object)?;
    writeln!(page.out)
}

fn each(object: &mut Value, list: &str, field: &str) {
    let list = object.pointer_mut(list).and_then(Value::as_array_mut);
    list.into_iter().flatten().for_each(|entry| date(entry.get_mut(field)));
}

fn date(value: Option<&mut Value>) {
    let Some(value) = value else { return };
    if let Some(ms) = value.as_u64() {
        *value = when::rfc3339(Timestamp::from_millis(ms)).into();
    }
}
