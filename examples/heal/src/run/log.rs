//! Keeping the output of a failed run: redacted, private, bounded.

use selfheal_adapters::local::process::Finished;

use super::inputs::Inputs;
use crate::say::Voice;
use crate::store::private;

/// Most bytes of one kept log.
const MAX_LOG_BYTES: u64 = 16 << 20;

/// Most logs that are kept; older ones go.
const MAX_LOGS: usize = 20;

/// Writes the output of `run` to `logs/<incident>.log` of the store. That it can't be kept changes no outcome.
pub(super) fn keep(inputs: &Inputs, run: &Finished, incident: &str, voice: &Voice) {
    let folder = inputs.store.local().join("logs");
    let kept = private(&folder)
        .and_then(|()| {
            run.output.write_to(
                &folder.join(format!("{incident}.log")),
                &|text| inputs.redactor.redact(text),
                MAX_LOG_BYTES,
            )
        })
        .and_then(|_| forget_old(&folder));
    if let Err(error) = kept {
        voice.note(&format!("the command's output could not be kept in {}: {error}", folder.display()));
    }
}

fn forget_old(folder: &std::path::Path) -> std::io::Result<()> {
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        logs.push((entry.metadata()?.modified()?, entry.path()));
    }
    logs.sort();
    let too_many = logs.len().saturating_sub(MAX_LOGS);
    logs.into_iter().take(too_many).try_for_each(|(_, path)| std::fs::remove_file(path))
}
