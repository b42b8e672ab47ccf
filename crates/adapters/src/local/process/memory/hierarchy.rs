//! Where this process stands in the kernel's memory control groups.

use std::fs;
use std::path::{Path, PathBuf};

/// The two interfaces of Linux's memory control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// One hierarchy per controller.
    V1,
    /// One hierarchy for all.
    V2,
}

/// The memory control group this process is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnGroup {
    pub(super) version: Version,
    pub(super) dir: PathBuf,
    /// Where the hierarchy is mounted; nothing above it is ours to see.
    pub(super) mount: PathBuf,
}

impl OwnGroup {
    /// Looks it up in procfs; the error says what is missing.
    pub(super) fn find() -> Result<Self, String> {
        let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
        let own = Self::parse(&read("/proc/self/cgroup")?, &read("/proc/self/mountinfo")?)
            .ok_or("no memory control group is mounted")?;
        match own.dir.is_dir() {
            true => Ok(own),
            false => Err(format!("the own control group {} is not visible", own.dir.display())),
        }
    }

    /// Reads the formats of cgroups(7) and of `/proc/PID/mountinfo` in proc(5).
    fn parse(memberships: &str, mounts: &str) -> Option<Self> {
        let mounts: Vec<_> = mounts.lines().filter_map(Mount::parse).collect();
        // Version 1 first: where it has the memory controller, version 2 is mounted without it.
        let v1 =
            memberships.lines().find_map(|line| v1_path(line).zip(mounts.iter().find(|mount| mount.is_v1_memory())));
        let v2 = memberships
            .lines()
            .find_map(|line| line.strip_prefix("0::").zip(mounts.iter().find(|mount| mount.is_v2())));
        let (version, (path, mount)) = v1.map(|found| (Version::V1, found)).or(v2.map(|found| (Version::V2, found)))?;
        Some(Self { version, dir: mount.dir_of(path), mount: mount.point.clone() })
    }
}

fn v1_path(membership: &str) -> Option<&str> {
    let mut fields = membership.splitn(3, ':').skip(1);
    let controllers = fields.next()?;
    controllers.split(',').any(|name| name == "memory").then(|| fields.next())?
}

struct Mount<'a> {
    /// The part of the hierarchy that is visible at the mount point.
    root: &'a str,
    point: PathBuf,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (mount, file_system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let mut file_system = file_system.split(' ');
        Some(Self {
            root: mount.next()?,
            // The one escape that occurs in practice.
            point: mount.next()?.replace("\\040", " ").into(),
            kind: file_system.next()?,
            options: file_system.nth(1)?,
        })
    }

    fn is_v1_memory(&self) -> bool {
        self.kind == "cgroup" && self.options.split(',').any(|option| option == "memory")
    }

    fn is_v2(&self) -> bool {
        self.kind == "cgroup2"
    }

    fn dir_of(&self, path: &str) -> PathBuf {
        let visible = Path::new(path).strip_prefix(self.root).unwrap_or(Path::new(path));
        self.point.join(visible.strip_prefix("/").unwrap_or(visible))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2_MOUNT: &str = "41 31 0:38 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

    #[test]
    fn version_2_alone() {
        let own = OwnGroup::parse("0::/user.slice/app.scope\n", V2_MOUNT).unwrap();
        assert_eq!((own.version, own.dir), (Version::V2, "/sys/fs/cgroup/user.slice/app.scope".into()));
    }

    #[test]
    fn version_1_wins_where_it_has_the_memory_controller() {
        let mounts =
            format!("{V2_MOUNT}\n35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory");
        let own = OwnGroup::parse("4:memory:/build/7\n3:cpu,cpuacct:/\n0::/\n", &mounts).unwrap();
        assert_eq!((own.version, own.dir), (Version::V1, "/sys/fs/cgroup/memory/build/7".into()));
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let mount = "50 40 0:32 /docker/ab12 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory";
        let own = OwnGroup::parse("4:memory:/docker/ab12\n", mount).unwrap();
        assert_eq!(own.dir, Path::new("/sys/fs/cgroup/memory"));
    }

    #[test]
    fn no_memory_controller_is_no_group() {
        assert_eq!(OwnGroup::parse("3:cpu:/\n", "36 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu"), None);
        assert_eq!(OwnGroup::parse("garbage\n\n", "garbage\n"), None);
    }
}
