//! What Linux tells in `/proc` and of its control groups: proc(5), <https://docs.kernel.org/admin-guide/cgroup-v2.html>.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Most processes that are looked at.
const MAX_PROCESSES: usize = 4096;

/// Processes that are named.
const LARGEST: usize = 5;

/// Most ports that are named.
const MAX_PORTS: usize = 40;

/// The state of a listening socket in `/proc/net/tcp`.
const LISTENING: &str = "0A";

pub(super) fn told() -> String {
    [memory(), group(), load(), processes(), ports()].into_iter().flatten().collect()
}

fn memory() -> Option<String> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let wanted = ["MemTotal:", "MemAvailable:", "SwapTotal:", "SwapFree:"];
    let lines = text.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name)));
    let words: Vec<String> = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    Some(format!("memory: {}\n", words.join(", ")))
}

/// The limit of the container, if this runs in one.
fn group() -> Option<String> {
    let read = |name: &str| fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok();
    let (most, now) = (read("memory.max")?, read("memory.current")?);
    let most: u64 = most.trim().parse().ok()?;
    let now: u64 = now.trim().parse().ok()?;
    Some(format!("memory of the container: {} MiB of {}\n", now >> 20, most >> 20))
}

fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let numbers: Vec<&str> = text.split(' ').take(3).collect();
    Some(format!("load over 1, 5 and 15 minutes: {}\n", numbers.join(" ")))
}

/// The largest by resident memory; by name only, since arguments may hold credentials.
fn processes() -> Option<String> {
    let entries = fs::read_dir("/proc").ok()?.flatten().take(MAX_PROCESSES);
    let mut all: Vec<(u64, String)> = entries.filter_map(|entry| process(&entry.path())).collect();
    all.sort_by(|a, b| b.cmp(a));
    let named = all.iter().take(LARGEST).map(|(kibibytes, name)| format!("{name} {} MiB", kibibytes >> 10));
    Some(format!("largest processes: {}\n", named.collect::<Vec<_>>().join(", ")))
}

fn process(of: &Path) -> Option<(u64, String)> {
    let status = fs::read_to_string(of.join("status")).ok()?;
    let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    Some((value("VmRSS:")?.split(' ').next()?.parse().ok()?, value("Name:")?.to_owned()))
}

fn ports() -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let ports: BTreeSet<u16> = tables.iter().flat_map(|table| listening(table)).collect();
    let named: Vec<String> = ports.iter().take(MAX_PORTS).map(u16::to_string).collect();
    let more = if ports.len() > MAX_PORTS { " and more" } else { "" };
    Some(format!("TCP ports that something here listens on: {}{more}\n", named.join(" ")))
}

fn listening(table: &str) -> impl Iterator<Item = u16> {
    table.lines().skip(1).filter_map(|line| {
        let mut columns = line.split_whitespace();
        let (local, state) = (columns.nth(1)?, columns.nth(1)?);
        let (_, port) = local.rsplit_once(':')?;
        u16::from_str_radix(port, 16).ok().filter(|_| state == LISTENING)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listening_sockets_count() {
        let table = "  sl  local_address rem_address   st tx_queue\n   \
            0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000\n   \
            1: 0100007F:A3C4 0100007F:1538 01 00000000:00000000 00:00000000\n   \
            2: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000\n";
        assert_eq!(listening(table).collect::<Vec<_>>(), [0x1538, 22]);
    }

    #[test]
    fn a_port_that_is_listened_on_is_told() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
        assert!(tables.iter().flat_map(|table| listening(table)).any(|one| one == port));
        assert!(told().contains("MemAvailable"));
    }
}
