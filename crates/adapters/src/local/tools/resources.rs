//! `resources`: the state of the machine, as far as it can be told without starting anything.

use std::path::Path;

use selfheal_core::error::Result;

use super::Scene;
use super::arguments::Arguments;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
mod system {
    /// Nothing but the disks can be told here.
    pub(super) fn told() -> String {
        String::new()
    }
}

pub(super) fn look(scene: &Scene, _: &Arguments) -> Result<String> {
    let config = scene.pipeline.config();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let limit = match scene.pipeline.memory_limit() {
        Some(bytes) => format!("memory limit of the command: {} MiB\n", bytes >> 20),
        None => "memory limit of the command: none of ours\n".to_owned(),
    };
    let disks = [("the project", config.dir.as_path()), ("temporary files", &std::env::temp_dir())];
    let disks: String = disks.into_iter().filter_map(|(what, path)| disk(what, path)).collect();
    Ok(format!("processors: {processors}\n{limit}{disks}{}", system::told()))
}

fn disk(what: &str, path: &Path) -> Option<String> {
    let found = rustix::fs::statvfs(path).ok()?;
    let mebibytes = |blocks: u64| blocks.saturating_mul(found.f_frsize) >> 20;
    Some(format!(
        "disk of {what}: {} MiB free of {}, {} inodes free of {}\n",
        mebibytes(found.f_bavail),
        mebibytes(found.f_blocks),
        found.f_favail,
        found.f_files
    ))
}
