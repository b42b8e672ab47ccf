//! `heal approver`: the key by which somebody answers.

use std::io::{self, Write};

use selfheal_core::audit::Signer;
use selfheal_memory::audit::SigningKey;

use super::cli::{ApproverCommand, ApproverOptions, InitOptions};
use super::{enrolled, key};
use crate::exit;
use crate::run::Refusal;
use crate::say::Voice;

/// Runs `heal approver`; the exit status.
pub(crate) fn approver(options: &ApproverOptions) -> i32 {
    let voice = Voice::default();
    let done = match &options.command {
        ApproverCommand::Init(options) => init(options, &voice),
        ApproverCommand::Show => show(&voice),
    };
    done.unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

fn init(options: &InitOptions, voice: &Voice) -> Result<i32, Refusal> {
    let name = match &options.name {
        Some(name) => name.clone(),
        None => user().ok_or_else(|| Refusal::usage("expected --name, since nobody says who you are here"))?,
    };
    let key = key::make(&name)?;
    voice.note(&format!("your key is in {}; keep it to yourself", key::file()?.display()));
    voice.note("whoever keeps the approvers document adds this line below `people:`, with the roles that you have:");
    print(&key)
}

fn show(voice: &Voice) -> Result<i32, Refusal> {
    let file = key::file()?;
    let none = || Refusal::usage(format!("there is no key in {}: `heal approver init` makes one", file.display()));
    let key = key::own()?.ok_or_else(none)?;
    voice.note(&format!("your key is in {}", file.display()));
    print(&key)
}

fn print(key: &SigningKey) -> Result<i32, Refusal> {
    writeln!(io::stdout(), "{}", line(key)).map_err(Refusal::failed)?;
    Ok(exit::HEALED)
}

/// The line by which a key is enrolled.
pub(super) fn line(key: &SigningKey) -> String {
    format!("  - {{name: {}, key: \"{}\", roles: []}}", key.name(), enrolled::key_text(&key.public()))
}

/// The user's name, as the login told it.
pub(crate) fn user() -> Option<String> {
    ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
}
