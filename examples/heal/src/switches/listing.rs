//! `heal switches`: what is on, by whom, since when, and why.

use std::io;

use selfheal_core::ledger::switches::{self, Switches, Thrown};
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;
use serde::Serialize;

use super::cli::SwitchesOptions;
use crate::exit;
use crate::people::quoted;
use crate::records::{Page, json, when};
use crate::run::{self, Refusal, block_on, user_state};
use crate::say::style::{DIM, GOOD, WARN};
use crate::say::{Voice, human};
use crate::store::{Place, Store};

/// Runs `heal switches`; the exit status.
pub(crate) fn list(options: &SwitchesOptions) -> i32 {
    let voice = Voice::default();
    block_on(listed(options, &voice)).unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

async fn listed(options: &SwitchesOptions, voice: &Voice) -> Result<i32, Refusal> {
    let place = Place::named(&options.store, user_state())?;
    let (switches, overrides) = match place.exists() {
        true => read(&place.open_to_read().await?).await?,
        false => {
            voice.note(&format!("there is no store at {place} yet"));
            (Switches::default(), Vec::new())
        }
    };
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let mut page = Page::new(&mut out, Page::stdout_width(), SystemClock::default().now());
    let written = match options.json {
        true => object(&switches, &overrides, &mut page),
        false => text(&switches, &overrides, &mut page),
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Refusal::failed(error)),
        _ => Ok(exit::HEALED),
    }
}

/// The switches, and the open incidents that pass the guards.
async fn read(store: &Store) -> Result<(Switches, Vec<(String, Thrown)>), Refusal> {
    let switches = switches::read(store.ledger().as_ref()).await.map_err(Refusal::failed)?;
    let open = run::open_incidents(store).await?;
    let overridden = open.iter().filter_map(|id| Some((id.to_string(), switches.overridden(id)?.clone())));
    let overridden = overridden.collect();
    Ok((switches, overridden))
}

fn text(switches: &Switches, overrides: &[(String, Thrown)], page: &mut Page<'_>) -> io::Result<()> {
    let now = page.now;
    let nothing = switches.pauses().next().is_none() && switches.grants().next().is_none() && overrides.is_empty();
    if nothing {
        return writeln!(page.out, "no switch is on");
    }
    for (environment, thrown) in switches.pauses() {
        let reach = environment.map_or_else(|| "everywhere".to_owned(), |environment| format!("in {environment}"));
        page.entry_in(WARN, "paused", &format!("{reach}, {}", by(thrown, now)))?;
    }
    for (environment, grant) in switches.grants() {
        let (style, left) = match grant.until > now {
            true => (GOOD, format!("for another {}", human(grant.until.since(now)))),
            false => (DIM, format!("lapsed at {}", when::seconds(grant.until))),
        };
        page.entry_in(style, "autonomy", &format!("in {environment} {left}, {}", by(&grant.thrown, now)))?;
    }
    overrides
        .iter()
        .try_for_each(|(incident, thrown)| page.entry_in(WARN, "override", &format!("{incident}, {}", by(thrown, now))))
}

/// `by ada 2 min 3 s ago: "why"`.
fn by(thrown: &Thrown, now: Timestamp) -> String {
    let ago = human(now.since(thrown.at));
    format!("by {} {ago} ago: {}", thrown.switched.by, quoted(&thrown.switched.because))
}

#[derive(Serialize)]
struct Object<'a> {
    pauses: Vec<Switch<'a>>,
    autonomy: Vec<GrantObject<'a>>,
    /// Of open incidents.
    overrides: Vec<Switch<'a>>,
}

#[derive(Serialize)]
struct Switch<'a> {
    /// The environment, null for everywhere; of an override the incident.
    reach: Option<&'a str>,
    by: &'a str,
    because: &'a str,
    since: String,
}

#[derive(Serialize)]
struct GrantObject<'a> {
    #[serde(flatten)]
    switch: Switch<'a>,
    until: String,
    lapsed: bool,
}

fn switch<'a>(reach: Option<&'a str>, thrown: &'a Thrown) -> Switch<'a> {
    let selfheal_core::ports::Switched { by, because } = &thrown.switched;
    Switch { reach, by, because, since: when::rfc3339(thrown.at) }
}

fn object(switches: &Switches, overrides: &[(String, Thrown)], page: &mut Page<'_>) -> io::Result<()> {
    let now = page.now;
    let object = Object {
        pauses: switches
            .pauses()
            .map(|(environment, thrown)| switch(environment.map(Environment::as_str), thrown))
            .collect(),
        autonomy: switches
            .grants()
            .map(|(environment, grant)| GrantObject {
                switch: switch(Some(environment.as_str()), &grant.thrown),
                until: when::rfc3339(grant.until),
                lapsed: grant.until <= now,
            })
            .collect(),
        overrides: overrides.iter().map(|(incident, thrown)| switch(Some(incident), thrown)).collect(),
    };
    json::write(page.out, &object)?;
    writeln!(page.out)
}
