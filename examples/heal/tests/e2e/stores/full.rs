//! A disk without room: a small one of its own, which only root can mount.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::{BROKEN, Ended, MENDED, Service, World, skip};

/// A file system in memory; unmounted when it goes.
struct Disk(PathBuf);

impl Disk {
    /// `None` if none can be mounted here, which it says.
    fn mounted(world: &World, size: &str) -> Option<Self> {
        let at = world.path("disk");
        fs::create_dir(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(&at).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(at));
        }
        skip("this user can't mount a file system that is small enough to fill");
        None
    }

    fn store(&self) -> String {
        self.0.join("store").display().to_string()
    }

    fn fill(&self) -> PathBuf {
        self.0.join("fill")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn heal(service: &Service, disk: &Disk, options: &[&str], command: &[&str]) -> Ended {
    let mut heal = service.world.bare();
    heal.arg("--dir").arg(service.world.dir()).args(["--store", &disk.store()]);
    heal.args(service.options(options)).arg("--").args(command);
    Ended::of(heal)
}

#[test]
fn is_told_before_the_command_runs() {
    let service = Service::new();
    let Some(disk) = Disk::mounted(&service.world, "256k") else { return };
    let ended = heal(&service, &disk, &[], &["./start.sh"]);
    assert_eq!((ended.status, service.world.starts()), (Some(2), 0), "{ended}");
    [&disk.store(), "No space left", "make room", "--store"].iter().for_each(|text| ended.assert_says(text));
}

/// The command itself fills the disk at its start number `at`, so that nothing more can be journaled from then on.
fn filled_at(at: u32) -> Option<(Service, Disk, Ended)> {
    let service = Service::new();
    let disk = Disk::mounted(&service.world, "3m")?;
    let fill = disk.fill().display().to_string();
    let script = service.world.read("start.sh");
    let filling = format!(
        "if [ \"$(wc -l <\"$OUTSIDE/starts\")\" -eq {at} ]; then cat /dev/zero >'{fill}' 2>/dev/null; fi\nif grep"
    );
    service.world.script("start.sh", &script.replacen("if grep", &filling, 1));
    let ended = heal(&service, &disk, &["--json"], &["./start.sh"]);
    Some((service, disk, ended))
}

/// The incident that the healer had to leave.
fn left(service: &Service, disk: &Disk) -> String {
    let listed = service.world.ask(&["incidents", "--open", "--json", "--store", &disk.store()]);
    assert_eq!(listed.status, Some(0), "it can be read all the same: {listed}");
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    listed[0]["incident"].as_str().expect("one").to_owned()
}

#[test]
fn while_the_command_fails_nothing_is_begun() {
    let Some((service, disk, ended)) = filled_at(1) else { return };
    assert!([Some(2), Some(125)].contains(&ended.status), "{ended}");
    ended.assert_says(&disk.store());
    assert_eq!((service.world.starts(), service.conf().as_str()), (1, BROKEN), "{ended}");
    fs::remove_file(disk.fill()).unwrap();
    let next = heal(&service, &disk, &["--json"], &["./start.sh"]);
    assert_eq!((next.status, service.conf().as_str()), (Some(0), MENDED), "{next}");
}

#[test]
fn in_the_middle_the_healer_stops_and_goes_on_when_there_is_room() {
    const REHEARSAL: u32 = 2;
    const FINAL: u32 = 3;
    for at in [REHEARSAL, FINAL] {
        let Some((service, disk, ended)) = filled_at(at) else { return };
        assert_eq!(ended.status, Some(125), "{ended}");
        ended.assert_says("disk is full");
        assert_eq!(service.world.starts(), at as usize, "nothing more was started: {ended}");
        let incident = left(&service, &disk);
        ended.assert_says(&format!("heal resume {incident}"));
        fs::remove_file(disk.fill()).unwrap();
        let resumed = service.world.ask(&["resume", &incident, "--store", &disk.store(), "--json"]);
        let outcome = resumed.json()["outcome"].as_str().map(str::to_owned);
        match outcome.as_deref() {
            Some("healed") => assert_eq!(service.conf(), MENDED, "{resumed}"),
            Some("escalated") => assert_eq!(service.conf(), BROKEN, "{resumed}"),
            _ => panic!("{resumed}"),
        }
        assert_eq!(service.world.leftovers(), Vec::<PathBuf>::new());
        let verified = service.world.ask(&["audit", "verify", "--store", &disk.store()]);
        assert_eq!(verified.status, Some(0), "{verified}");
    }
}
