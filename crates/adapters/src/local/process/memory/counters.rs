//! The numbers a memory control group keeps.

use std::fs;
use std::path::Path;

use super::hierarchy::Version;

/// Processes of the group that the kernel killed for want of memory.
pub(super) fn oom_kills(dir: &Path, version: Version) -> Option<u64> {
    let file = match version {
        Version::V1 => "memory.oom_control",
        Version::V2 => "memory.events",
    };
    keyed(&fs::read_to_string(dir.join(file)).ok()?, "oom_kill")
}

/// Processes of the whole system that the kernel killed for want of memory.
pub(super) fn oom_kills_of_system() -> Option<u64> {
    keyed(&fs::read_to_string("/proc/vmstat").ok()?, "oom_kill")
}

/// The most the group has used at once, in bytes; its page cache included. Linux has it for version 2 since 5.19.
pub(super) fn peak_bytes(dir: &Path, version: Version) -> Option<u64> {
    let file = match version {
        Version::V1 => "memory.max_usage_in_bytes",
        Version::V2 => "memory.peak",
    };
    fs::read_to_string(dir.join(file)).ok()?.trim().parse().ok()
}

fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_counter_and_not_its_namesakes() {
        let events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n";
        assert_eq!(keyed(events, "oom_kill"), Some(2));
        assert_eq!(keyed("oom_kill_disable 0\nunder_oom 0\n", "oom_kill"), None);
    }
}
