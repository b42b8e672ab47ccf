//! `heal pause`, `unpause`, `autonomy`, `override`.

use std::io::{self, Write};

use selfheal_core::ledger::switches;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::{Clock, Switched};
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;
use serde::Serialize;

use super::cli::{
    AutonomyCommand, AutonomyOptions, GrantOptions, OverrideOptions, PauseOptions, UnpauseOptions, Why, WithdrawOptions,
};
use super::who::{Turn, who};
use crate::exit;
use crate::people::command;
use crate::records::{json, when};
use crate::run::{self, Refusal, block_on, user_state};
use crate::say::Voice;
use crate::store::{Place, Store};

/// Runs `heal pause`; the exit status.
pub(crate) fn pause(options: &PauseOptions) -> i32 {
    main(&options.why, Turn::Tighter, async |hand| {
        switches::pause(hand.store.ledger().as_ref(), options.environment.as_ref(), &hand.switched, hand.now).await?;
        let what = options.environment.as_ref().map_or("everything", Environment::as_str);
        let lift = match &options.environment {
            Some(environment) => {
                command(&["unpause", "--environment", environment.as_str(), "--because", "TEXT"], &hand.again)
            }
            None => command(&["unpause", "--because", "TEXT"], &hand.again),
        };
        Ok(format!("{what} is paused: healers send nothing until `{lift}`"))
    })
}

/// Runs `heal unpause`; the exit status.
pub(crate) fn unpause(options: &UnpauseOptions) -> i32 {
    main(&options.why, Turn::Looser, async |hand| {
        let reach = reach(options.environment.as_ref());
        let ledger = hand.store.ledger();
        let before = switches::read(ledger.as_ref()).await?;
        if !before.pauses().any(|(environment, _)| environment == options.environment.as_ref()) {
            return Ok(format!("there was no pause {reach}"));
        }
        switches::unpause(ledger.as_ref(), options.environment.as_ref(), &hand.switched, hand.now).await?;
        wake(hand).await;
        let resume = command(&["resume", "--all"], &hand.again);
        Ok(format!("the pause {reach} is lifted; `{resume}` goes on with what it held"))
    })
}

/// Runs `heal autonomy`; the exit status.
pub(crate) fn autonomy(options: &AutonomyOptions) -> i32 {
    match &options.command {
        AutonomyCommand::Grant(options) => grant(options),
        AutonomyCommand::Withdraw(options) => withdraw(options),
    }
}

fn grant(options: &GrantOptions) -> i32 {
    let environment = &options.environment;
    main(&options.why, Turn::Looser, async |hand| {
        let until = hand.now.after(options.lasting.0);
        switches::grant(hand.store.ledger().as_ref(), environment, until, &hand.switched, hand.now).await?;
        wake(hand).await;
        let until = when::seconds(until);
        Ok(format!("healers may act by themselves in {environment} until {until}, as far as policy allows"))
    })
}

fn withdraw(options: &WithdrawOptions) -> i32 {
    let environment = &options.environment;
    main(&options.why, Turn::Tighter, async |hand| {
        switches::withdraw(hand.store.ledger().as_ref(), environment, &hand.switched, hand.now).await?;
        Ok(format!(
            "healers have no leave to act by themselves in {environment} any more; it counts where --fleet asks for one"
        ))
    })
}

/// Runs `heal override`; the exit status.
pub(crate) fn override_guards(options: &OverrideOptions) -> i32 {
    main(&options.why, Turn::Looser, async |hand| {
        let state = run::named(&hand.store, &options.incident).await.map_err(Thrown::Refused)?;
        let incident = &state.incident.id;
        switches::override_incident(hand.store.ledger().as_ref(), incident, &hand.switched, hand.now).await?;
        hand.store.journal().wake(incident).await?;
        let resume = command(&["resume", incident.as_str()], &hand.again);
        Ok(format!("{incident} passes the guards of the fleet; policy still decides; `{resume}` goes on"))
    })
}

/// What a switch is thrown with.
struct Hand<'a> {
    store: Store,
    switched: Switched,
    now: Timestamp,
    again: Vec<std::ffi::OsString>,
    voice: &'a Voice,
}

/// Why it wasn't thrown.
enum Thrown {
    Refused(Refusal),
    Failed(selfheal_core::error::Error),
}

impl From<selfheal_core::error::Error> for Thrown {
    fn from(error: selfheal_core::error::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Thrown> for Refusal {
    fn from(thrown: Thrown) -> Self {
        match thrown {
            Thrown::Refused(refusal) => refusal,
            Thrown::Failed(error) if error.kind() == selfheal_core::error::ErrorKind::Invalid => Self::usage(error),
            Thrown::Failed(error) => Self::failed(error),
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    done: &'a str,
    by: &'a str,
    because: &'a str,
    at: String,
}

fn main(why: &Why, turn: Turn, throw: impl AsyncFnOnce(&Hand<'_>) -> Result<String, Thrown>) -> i32 {
    let voice = Voice::default();
    block_on(thrown(why, turn, throw, &voice)).unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

async fn thrown(
    why: &Why,
    turn: Turn,
    throw: impl AsyncFnOnce(&Hand<'_>) -> Result<String, Thrown>,
    voice: &Voice,
) -> Result<i32, Refusal> {
    let place = Place::named(&why.store, user_state())?;
    let now = SystemClock::default().now();
    let switched = Switched { by: who(&place, turn, now)?, because: why.because.clone() };
    // Also where no store is yet: who pauses before the first heal means it.
    let store = place.open(voice).await?;
    let hand = Hand { store, switched, now, again: why.store.again(), voice };
    let done = throw(&hand).await?;
    hand.store.close(voice).await;
    if why.json {
        let Switched { by, because } = &hand.switched;
        let object = Object { done: &done, by, because, at: when::rfc3339(hand.now) };
        let mut out = io::stdout().lock();
        json::write(&mut out, &object).and_then(|()| writeln!(out)).map_err(Refusal::failed)?;
    } else {
        voice.note(&done);
    }
    Ok(exit::HEALED)
}

fn reach(environment: Option<&Environment>) -> String {
    environment.map_or_else(|| "of everything".to_owned(), |environment| format!("of {environment}"))
}

/// Workers that wait look again at once.
async fn wake(hand: &Hand<'_>) {
    let woken = async {
        for incident in run::open_incidents(&hand.store).await? {
            hand.store.journal().wake(&incident).await.map_err(Refusal::failed)?;
        }
        Ok::<(), Refusal>(())
    };
    if let Err(refusal) = woken.await {
        hand.voice.note(&format!("it is done; workers that wait see it later: {}", refusal.message));
    }
}
