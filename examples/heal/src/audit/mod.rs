//! `heal audit`: verifies, shows, exports and erases what the audit log tells.

mod cli;
mod show;
mod verify;

pub(crate) use cli::AuditOptions;

use std::io::{self, Write};
use std::path::Path;

use selfheal_core::audit::Erasure;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;
use selfheal_memory::audit::{AuditRows, export};

use crate::exit;
use crate::run::{Refusal, block_on, user_state};
use crate::say::Voice;
use crate::store::Place;
use cli::{AuditCommand, EraseOptions, ExportOptions};

/// Runs `heal audit`; the exit status.
pub(crate) fn main(options: &AuditOptions) -> i32 {
    let voice = Voice::default();
    let done = match &options.command {
        AuditCommand::Verify(options) => verify::verify(options, &voice),
        AuditCommand::Show(options) => block_on(show::show(options)),
        AuditCommand::Export(options) => block_on(exported(options, &voice)),
        AuditCommand::Erase(options) => block_on(erase(options, &voice)),
    };
    done.unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

async fn exported(options: &ExportOptions, voice: &Voice) -> Result<i32, Refusal> {
    let store = Place::named(&options.store, user_state())?.open_to_read().await?;
    let Some(path) = options.output.clone() else {
        let to_stdout = |rows: &dyn AuditRows| export(rows, &mut io::stdout().lock()).map_err(Refusal::failed);
        return store.read_audit(to_stdout).await.map(|()| exit::HEALED);
    };
    let to_file = path.clone();
    store.read_audit(move |rows| export_to(rows, &to_file)).await?;
    voice.note(&format!("the audit log is in {}", path.display()));
    Ok(exit::HEALED)
}

/// Writes the whole file or none.
fn export_to(rows: &dyn AuditRows, path: &Path) -> Result<(), Refusal> {
    let refuse = |error: &dyn std::fmt::Display| Refusal::usage(format!("--output {}: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| refuse(&error))?;
    export(rows, &mut file).map_err(Refusal::failed)?;
    file.flush().and_then(|()| file.as_file().sync_all()).map_err(|error| refuse(&error))?;
    file.persist(path).map_err(|error| refuse(&error.error))?;
    Ok(())
}

async fn erase(options: &EraseOptions, voice: &Voice) -> Result<i32, Refusal> {
    let place = Place::named(&options.store, user_state())?;
    if !place.exists() {
        return Err(Refusal::usage(format!("there is no store at {place}")));
    }
    let erasure = Erasure {
        leaf: options.leaf,
        field: options.field.clone(),
        by: options.by.clone(),
        because: options.because.clone(),
        at: SystemClock::default().now(),
    };
    place.open().await?.erase(&erasure).await?;
    voice.note(&format!("field `{}` of leaf {} is erased; the log says so", options.field, options.leaf));
    Ok(exit::HEALED)
}
