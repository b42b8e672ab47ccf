//! Private directories: a project, a home, a state directory, a place for copies, and one outside of all.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Ended, skip};

/// What the toolchains need of the real environment; everything else is the world's own.
const INHERITED: [&str; 6] = ["PATH", "RUSTUP_HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "PYENV_ROOT", "LANG"];

/// Private directories that vanish with it.
pub(crate) struct World {
    root: tempfile::TempDir,
    dir: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_project("project")
    }

    /// A world whose project directory has this name.
    pub(crate) fn with_project(name: &str) -> Self {
        Self::below(&std::env::temp_dir(), name)
    }

    /// A world in `folder`, whose project directory has this name.
    pub(crate) fn below(folder: &Path, name: &str) -> Self {
        let root = tempfile::Builder::new().prefix("heal-test-").tempdir_in(folder).unwrap();
        let dir = root.path().canonicalize().unwrap().join(name);
        let world = Self { dir, root };
        for folder in ["home", "state", "tmp", "outside"] {
            fs::create_dir(world.path(folder)).unwrap();
        }
        fs::create_dir_all(&world.dir).unwrap();
        world
    }

    /// A path beside the project.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(name)
    }

    /// The project.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a file of the project.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes an executable file of the project.
    pub(crate) fn script(&self, path: &str, text: &str) {
        let path = self.write(path, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Writes a file beside the project, and gives its path for an option.
    pub(crate) fn aside(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// What a file of the project holds.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.dir.join(path)).unwrap()
    }

    /// `program` in the world's environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null());
        command.envs(INHERITED.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        if let (None, Some(home)) = (std::env::var_os("RUSTUP_HOME"), std::env::var_os("HOME")) {
            command.env("RUSTUP_HOME", Path::new(&home).join(".rustup"));
        }
        command
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TMPDIR", self.path("tmp"));
        command.env("OUTSIDE", self.path("outside")).env("CARGO_NET_OFFLINE", "true");
        command
    }

    /// `heal run` without any options.
    pub(crate) fn bare(&self) -> Command {
        let mut heal = self.command(env!("CARGO_BIN_EXE_heal"));
        heal.arg("run");
        heal
    }

    /// `heal run` in the project with the world's store.
    pub(crate) fn run(&self, options: &[&str], command: &[&str]) -> Command {
        let mut heal = self.bare();
        heal.arg("--dir").arg(&self.dir).arg("--store").arg(self.path("store"));
        heal.args(options).arg("--").args(command);
        heal
    }

    /// Heals, and waits for it.
    pub(crate) fn heal(&self, options: &[&str], command: &[&str]) -> Ended {
        Ended::of(self.run(options, command))
    }

    /// Heals with `--json`, and waits for it.
    pub(crate) fn heal_json(&self, options: &[&str], command: &[&str]) -> Ended {
        let options: Vec<&str> = std::iter::once("--json").chain(options.iter().copied()).collect();
        self.heal(&options, command)
    }

    /// Another command of `heal`, given in the project.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Ended {
        let mut heal = self.command(env!("CARGO_BIN_EXE_heal"));
        heal.args(arguments).current_dir(&self.dir);
        Ended::of(heal)
    }

    /// Heals as a user whom the modes of files stop; `None` if nobody can become one here, which it says.
    pub(crate) fn heal_as_nobody(&self, options: &[&str], command: &[&str]) -> Option<Ended> {
        let (dir, store) = (self.dir.display().to_string(), self.path("store").display().to_string());
        self.ask_as_nobody(&[&["run", "--dir", &dir, "--store", &store], options, &["--"], command].concat())
    }

    /// Another command of `heal`, as that user.
    pub(crate) fn ask_as_nobody(&self, arguments: &[&str]) -> Option<Ended> {
        if !is_root() {
            return Some(self.ask(arguments));
        }
        if !have("setpriv") {
            skip("modes don't stop root, and setpriv is not here to become somebody else");
            return None;
        }
        // The binary may lie where only root may look.
        let program = self.path("heal");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_heal"), &program).unwrap();
        }
        for place in ["home", "state", "tmp", "outside", "store"] {
            fs::create_dir_all(self.path(place)).unwrap();
            fs::set_permissions(self.path(place), fs::Permissions::from_mode(0o777)).unwrap();
        }
        fs::set_permissions(self.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        let mut heal = self.command("setpriv");
        heal.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).args(arguments);
        Some(Ended::of(heal))
    }

    /// Starts to heal.
    pub(crate) fn start(&self, options: &[&str], command: &[&str]) -> Child {
        self.run(options, command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Every file of the project: mode and content, or the link's target.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        files_below(&self.dir).into_iter().map(|path| (path.clone(), file_state(&path))).collect()
    }

    /// How often the command was started, if it writes a line to `starts` outside each time.
    pub(crate) fn starts(&self) -> usize {
        fs::read_to_string(self.path("outside/starts")).unwrap_or_default().lines().count()
    }

    /// Copies of the project that were left behind.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.is_dir()).collect()
    }

    /// Files in which `value` can be read: of the store, the state, the home, the copies, the project.
    pub(crate) fn files_that_tell(&self, value: &str) -> Vec<PathBuf> {
        let tells = |path: &PathBuf| {
            let content = fs::read(path).unwrap_or_default();
            forms(value).iter().any(|form| memchr_contains(&content, form.as_bytes()))
        };
        let places = ["store", "state", "home", "tmp"].map(|place| self.path(place));
        let all = places.iter().map(PathBuf::as_path).chain([self.dir()]).flat_map(files_below);
        all.filter(tells).collect()
    }
}

/// The ways in which a value is most easily told: as it is, and in base64 at each of its three alignments.
pub(crate) fn forms(value: &str) -> Vec<String> {
    use base64::Engine;
    let encode = |text: &[u8]| base64::engine::general_purpose::STANDARD_NO_PAD.encode(text);
    let aligned = (0..3).map(|shift| {
        let padded = [&b"   "[..shift], value.as_bytes()].concat();
        let whole = encode(&padded[..padded.len() - padded.len() % 3]);
        // The first group holds the padding.
        whole[if shift == 0 { 0 } else { 4 }..].to_owned()
    });
    std::iter::once(value.to_owned()).chain(aligned).collect()
}

fn memchr_contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn file_state(path: &Path) -> (u32, Vec<u8>) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let content = match metadata.is_symlink() {
        true => fs::read_link(path).unwrap().as_os_str().as_bytes().to_vec(),
        false => fs::read(path).unwrap(),
    };
    (metadata.permissions().mode(), content)
}

/// All that isn't a directory, git's own files left out.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == ".git" => {}
            true => files.extend(files_below(&entry.path())),
            false => files.push(entry.path()),
        }
    }
    files.sort();
    files
}

/// Runs cargo for the test itself.
pub(crate) fn cargo(world: &World, dir: &Path, args: &[&str]) {
    let mut cargo = world.command("cargo");
    let ended = Ended::of({
        cargo.args(args).current_dir(dir);
        cargo
    });
    assert_eq!(ended.status, Some(0), "cargo {args:?}: {ended}");
}

/// Whether a program can be run here.
pub(crate) fn have(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Root may do everything, whatever the modes of files say.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Sends a signal to a process that the test started.
pub(crate) fn send(signal: &str, pid: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().unwrap();
    assert!(sent.success());
}
