//! `heal audit verify`.

use std::io::Write;
use std::path::Path;

use selfheal_core::audit::Verified;
use selfheal_core::error::{Error, ErrorKind};
use selfheal_memory::audit::{Export, Unverified};
use selfheal_memory::{Store, UnverifiedStore, read_checkpoints};
use serde_json::{Value, json};

use super::cli::VerifyOptions;
use crate::cli::StoreArgument;
use crate::exit;
use crate::run::{Refusal, user_state};
use crate::say::Voice;
use crate::store::Place;

/// The log was altered.
const ALTERED: i32 = 1;

/// Verifies a store, or an export of one, and says what it found.
pub(super) fn verify(options: &VerifyOptions, voice: &Voice) -> Result<i32, Refusal> {
    let checkpoint = options.checkpoint.as_deref();
    let found = match &options.store.store {
        Some(StoreArgument::Folder(file)) if file.is_file() => of_export(file, checkpoint)?,
        _ => of_store(options, checkpoint)?,
    };
    match (&found, options.json) {
        (_, true) => print(&found),
        (Ok(value), false) => voice.note(&in_words(value)),
        (Err(defects), false) => {
            voice.error("the audit log does not verify");
            defects.iter().for_each(|defect| voice.say(&format!("  {defect}")));
        }
    }
    Ok(if found.is_ok() { exit::HEALED } else { ALTERED })
}

type Found = Result<Value, Vec<String>>;

fn of_store(options: &VerifyOptions, checkpoint: Option<&Path>) -> Result<Found, Refusal> {
    if let Some(file) = checkpoint {
        given(file)?;
    }
    let place = Place::named(&options.store, user_state())?;
    let Some(folder) = place.folder() else {
        return Err(Refusal::usage("a database is verified offline: heal audit export --output FILE, and verify FILE"));
    };
    if !Store::exists(folder) {
        return Err(Refusal::usage(format!("there is no store at {place}")));
    }
    Ok(match Store::verify_audit(folder, None, checkpoint) {
        Ok(verified) => {
            let mut value = summary(&verified.log, &verified.key);
            value["checkpoints_elsewhere"] = json!(verified.witnessed);
            Ok(value)
        }
        Err(UnverifiedStore::Log(error)) => Err(lines(&error)),
        Err(UnverifiedStore::Journal(mismatches)) => Err(mismatches.iter().map(ToString::to_string).collect()),
        Err(UnverifiedStore::Unreadable(error)) if is_out_of_reach(&error) => return Err(Refusal::usage(error)),
        Err(error) => Err(vec![error.to_string()]),
    })
}

/// Whether nothing can be said of a log because it can't be looked at.
fn is_out_of_reach(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::Unavailable)
}

fn of_export(file: &Path, checkpoint: Option<&Path>) -> Result<Found, Refusal> {
    let witnessed = checkpoint.map(given).transpose()?.unwrap_or_default();
    let verified = Export::open(file)
        .map_err(Unverified::from)
        .and_then(|rows| Ok((selfheal_memory::audit::verify(&rows, None, &witnessed)?, rows)));
    Ok(match verified {
        Ok((log, rows)) => {
            let key = selfheal_memory::audit::AuditRows::public_key(&rows).unwrap_or_default();
            Ok(summary(&log, &key))
        }
        Err(error) => Err(lines(&error)),
    })
}

/// The checkpoints in a file that was kept elsewhere.
fn given(file: &Path) -> Result<Vec<String>, Refusal> {
    read_checkpoints(file).map_err(|error| Refusal::usage(format!("--checkpoint: {error}")))
}

fn lines(error: &Unverified) -> Vec<String> {
    error.to_string().lines().map(str::to_owned).collect()
}

fn summary(log: &Verified, key: &str) -> Value {
    json!({
        "verified": true,
        "leaves": log.leaves,
        "erased": log.erased,
        "checkpoints": log.checkpoints,
        "unsigned_tail": log.unsigned_tail,
        "root": log.root.to_string(),
        "key": key,
    })
}

fn in_words(found: &Value) -> String {
    let tail = match found["unsigned_tail"].as_u64() {
        Some(0) | None => String::new(),
        Some(tail) => format!("; the last {tail} leaves are not signed yet"),
    };
    format!(
        "verified: {} leaves, {} signed checkpoints, {} erased fields{tail}\n      key {}\n     root {}",
        found["leaves"],
        found["checkpoints"],
        found["erased"],
        found["key"].as_str().unwrap_or_default(),
        found["root"].as_str().unwrap_or_default()
    )
}

fn print(found: &Found) {
    let value = match found {
        Ok(value) => value.clone(),
        Err(defects) => json!({ "verified": false, "defects": defects }),
    };
    let _ = writeln!(std::io::stdout(), "{value}");
}
