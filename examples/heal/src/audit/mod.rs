//! `heal audit`: verifies, shows, exports and erases what the audit log tells.

mod cli;
mod show;
mod verify;

pub(crate) use cli::AuditOptions;

use std::fs::OpenOptions;
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
        return store.read_audit(export_to_stdout).await.map(|()| exit::HEALED);
    };
    let to_file = path.clone();
    store.read_audit(move |rows| export_to(rows, &to_file)).await?;
    voice.note(&format!("the audit log is in {}", path.display()));
    Ok(exit::HEALED)
}

fn export_to_stdout(rows: &dyn AuditRows) -> Result<(), Refusal> {
    let mut out = Pipe { out: io::stdout().lock(), broken: false };
    match export(rows, &mut out) {
        // Whoever reads has read enough.
        Err(_) if out.broken => Ok(()),
        exported => exported.map_err(Refusal::failed),
    }
}

/// Remembers whether whoever reads went away.
struct Pipe<W> {
    out: W,
    broken: bool,
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.broken |= written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the whole file or none; a device or a pipe is written to, not replaced.
fn export_to(rows: &dyn AuditRows, path: &Path) -> Result<(), Refusal> {
    let refuse = |error: &dyn std::fmt::Display| Refusal::usage(format!("--output {}: {error}", path.display()));
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        let mut there = OpenOptions::new().write(true).open(path).map_err(|error| refuse(&error))?;
        return export(rows, &mut there).map_err(|error| refuse(&error));
    }
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
    place.open(voice).await?.erase(&erasure).await?;
    voice.note(&format!("field `{}` of leaf {} is erased; the log says so", options.field, options.leaf));
    Ok(exit::HEALED)
}
