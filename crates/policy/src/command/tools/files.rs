//! Programs that delete, move, overwrite or unlock files and disks.

use super::super::assessment::DestructionKind::{AccessControl, Disk, Files, Secrets};
use super::super::findings::{Judgement, Loss};
use super::super::run::{Invocation, paths};
use super::super::text::Text;
use super::Cli;

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    Some(match call.program {
        "rm" | "grm" | "rmdir" | "unlink" | "trash" | "srm" | "rimraf" | "del" => removal(call),
        "shred" | "wipe" => each(call, "overwrites {} beyond recovery"),
        "find" | "gfind" => find(call),
        "dd" => dd(call),
        "truncate" => overwritten(call, &["-s", "-r", "--size"], 0),
        "tee" => overwritten(call, &[], 0),
        "mv" | "gmv" => moved(call),
        "cp" | "gcp" | "install" | "ln" => copied(call),
        "chmod" | "chown" | "chgrp" | "setfacl" | "chattr" | "chcon" => rights(call),
        "tar" | "bsdtar" | "gtar" => tar(call),
        "unzip" | "7z" | "7za" | "7zz" | "cpio" => unpacked(call),
        "zip" if has_letter(call, 'm') || call.args.iter().any(|arg| arg.text == "--move") => {
            Judgement::loss(Files, format!("deletes what it packs: {}", Cli::read(call.args, &[]).subject(1)))
        }
        "rsync" => rsync(call),
        "scp" | "sftp" => scp(call),
        "sed" | "gsed" | "sponge" => edited(call),
        name if name.starts_with("mkfs") || name.starts_with("mke2fs") || name == "mkswap" || name == "newfs" => {
            formatted(call)
        }
        _ => return disk_tool(call),
    })
}

/// What removing `paths` loses.
pub(in crate::command) fn removed(paths: &[Text], recursive: bool, elsewhere: bool) -> Judgement {
    let losses: Vec<Loss> = paths.iter().filter_map(|path| lost(path, recursive, elsewhere)).collect();
    if losses.is_empty() {
        Judgement::unknown("it deletes files that can be made again")
    } else {
        Judgement::Destroys(losses)
    }
}

fn lost(path: &Text, recursive: bool, elsewhere: bool) -> Option<Loss> {
    let text = path.text.as_str();
    let disposable = !elsewhere && (paths::is_temporary(text) || paths::is_regenerated(text));
    let computed = !path.exact && text.contains("$(");
    let plain = !recursive && !elsewhere && !computed && !paths::is_precious(text) && !paths::is_secret(text);
    if text.is_empty() || disposable || plain {
        return None;
    }
    let what = if recursive { format!("deletes {text} and everything in it") } else { format!("deletes {text}") };
    Some(Loss { kind: Files, what })
}

fn removal(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &[]);
    if cli.has(&["--help", "--version"]) {
        return Judgement::unknown("it shows its help");
    }
    let recursive = cli.has(&["-r", "-R", "--recursive"]) || call.program == "rimraf";
    let paths: Vec<Text> = cli.words.iter().map(|word| (*word).clone()).collect();
    if cli.has(&["--no-preserve-root"]) {
        return Judgement::loss(
            Files,
            format!("deletes {} and everything in it, the root directory included", cli.subject(0)),
        );
    }
    if cli.has(&["-i", "-I", "--interactive"]) && !cli.has(&["-f"]) && call.stdin.is_none() {
        return Judgement::unknown("it asks before it deletes");
    }
    if call.program == "rmdir" {
        return Judgement::unknown("it removes empty directories");
    }
    if paths.is_empty() && recursive {
        return Judgement::loss(Files, "deletes whatever it is given, as no path is named");
    }
    removed(&paths, recursive, call.elsewhere)
}

fn each(call: &Invocation<'_>, what: &str) -> Judgement {
    let cli = Cli::read(call.args, &["-n", "-s", "--iterations", "--size"]);
    Judgement::loss(Files, what.replace("{}", &cli.subject(0)))
}

fn find(call: &Invocation<'_>) -> Judgement {
    const WRITES: &[&str] = &["-fprint", "-fprint0", "-fprintf", "-fls"];
    let has = |name: &str| call.args.iter().any(|arg| arg.text == name);
    let paths: Vec<Text> = call.args.iter().take_while(|arg| !arg.text.starts_with(['-', '(', '!'])).cloned().collect();
    if has("-delete") {
        let all = Text::join(&paths, " ").text;
        let place = if all.is_empty() { "." } else { all.as_str() };
        let generated = !call.elsewhere
            && selects_generated(call.args)
            && !paths.iter().any(|path| paths::is_precious(&path.text) && path.text != ".");
        if generated {
            return Judgement::unknown("it deletes files that are made again");
        }
        // Of a directory for temporary files, some by their name.
        let named =
            call.args.windows(2).any(|pair| pair[0].text == "-name" && !matches!(pair[1].text.as_str(), "*" | "?*"));
        let temporary = |path: &str| named && matches!(path.trim_end_matches('/'), "/tmp" | "/var/tmp");
        let disposable = !call.elsewhere
            && !paths.is_empty()
            && paths.iter().all(|path| {
                paths::is_temporary(&path.text) || paths::is_regenerated(&path.text) || temporary(&path.text)
            });
        if disposable {
            return Judgement::unknown("it deletes files that can be made again");
        }
        return Judgement::loss(Files, format!("deletes everything that find selects below {place}"));
    }
    if let Some(at) = call.args.iter().position(|arg| WRITES.contains(&arg.text.as_str())) {
        let target = call.args.get(at + 1).map_or("a file", |arg| arg.text.as_str());
        return Judgement::loss(Files, format!("overwrites {target}"));
    }
    const READS: &[&str] = &[
        "-name",
        "-iname",
        "-type",
        "-path",
        "-maxdepth",
        "-mindepth",
        "-mtime",
        "-mmin",
        "-size",
        "-print",
        "-print0",
        "-newer",
        "-prune",
        "-o",
        "-a",
        "-not",
        "-empty",
        "-user",
        "-perm",
        "-ls",
        "-regex",
        "-L",
        "-P",
        "-H",
        "-and",
        "-or",
        "-wholename",
        "-ipath",
    ];
    let reads = call.args.iter().all(|arg| {
        arg.exact
            && (!arg.text.starts_with('-')
                || READS.contains(&arg.text.as_str())
                || arg.text[1..].starts_with(|c: char| c.is_ascii_digit()))
    });
    if reads { Judgement::Reads } else { Judgement::unknown("find is told more than to print") }
}

/// True when every name that find selects is one that tools leave behind.
pub(in crate::command) fn selects_generated(args: &[Text]) -> bool {
    const PATTERNS: &[&str] = &[
        "*.pyc",
        "*.pyo",
        "*.o",
        "*.obj",
        "*.class",
        "*.tmp",
        "*.temp",
        "*~",
        "*.swp",
        "*.bak",
        ".DS_Store",
        "__pycache__",
        "*.orig",
        "*.rej",
        "*.gcda",
        "*.gcno",
        "Thumbs.db",
        "core.*",
    ];
    let names: Vec<&str> = args
        .windows(2)
        .filter(|pair| matches!(pair[0].text.as_str(), "-name" | "-iname"))
        .map(|pair| pair[1].text.as_str())
        .collect();
    !names.is_empty() && names.iter().all(|name| PATTERNS.contains(name) || paths::is_regenerated(name))
}

fn dd(call: &Invocation<'_>) -> Judgement {
    let Some(target) = call.args.iter().find_map(|arg| arg.text.strip_prefix("of=")) else {
        return Judgement::unknown("it copies raw data");
    };
    paths::written(&Text::exact(target), false)
}

fn overwritten(call: &Invocation<'_>, valued: &[&str], skip: usize) -> Judgement {
    let cli = Cli::read(call.args, valued);
    let append = cli.has(&["-a", "--append"]);
    worst(cli.words.iter().skip(skip).map(|word| paths::written(word, append)))
}

/// The judgement of several that weighs most.
fn worst(judgements: impl Iterator<Item = Judgement>) -> Judgement {
    let mut result = Judgement::unknown("it writes files");
    for judgement in judgements {
        if matches!(judgement, Judgement::Destroys(_)) {
            return judgement;
        }
        if matches!(judgement, Judgement::Unknown(_)) {
            result = judgement;
        }
    }
    result
}

fn moved(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-t", "--target-directory", "-S"]);
    let Some((target, sources)) = cli.words.split_last() else { return Judgement::unknown("it moves nothing") };
    if target.text == "/dev/null" {
        return Judgement::loss(Files, format!("throws {} away", cli.subject(0)));
    }
    if let Some(source) =
        sources.iter().find(|source| paths::is_precious(&source.text) && !paths::is_temporary(&source.text))
    {
        return Judgement::loss(Files, format!("takes {} from its place", source.text));
    }
    paths::written(target, false)
}

fn copied(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-m", "-o", "-g", "-t", "-S", "--mode", "--owner", "--group"]);
    if let Some(target) = cli.words.last().filter(|_| cli.words.len() > 1) {
        if let [source, ..] = cli.words.as_slice()
            && source.text == "/dev/null"
        {
            return Judgement::loss(Files, format!("empties {}", target.text));
        }
        if let Some(secret) = cli.words.iter().rev().skip(1).find(|source| paths::is_secret(&source.text)) {
            return Judgement::loss(Secrets, format!("copies the secrets in {}", secret.text));
        }
        let sets_root_bit = cli.value(&["-m", "--mode"]).is_some_and(is_privileged_mode);
        if sets_root_bit {
            return Judgement::loss(
                AccessControl,
                format!("lets everybody run {} with its owner's rights", target.text),
            );
        }
        return paths::written(target, false);
    }
    Judgement::unknown("it copies files")
}

/// Set-user-id, set-group-id, or writable by everybody.
fn is_privileged_mode(mode: &str) -> bool {
    let digits = mode.bytes().all(|byte| byte.is_ascii_digit());
    let special = digits
        && mode.len() >= 4
        && mode.trim_start_matches('0').len() == 4
        && !mode.trim_start_matches('0').starts_with('1');
    let open = digits && mode.ends_with(['6', '7', '2', '3']);
    let symbolic = mode.contains('s') && mode.contains('+')
        || ["o+w", "a+w", "o+rw", "a+rw", "a+rwx", "o+rwx", "ugo+rwx", "+w"].contains(&mode)
        || mode.contains("o=rwx")
        || mode.contains("a=rwx");
    special || open || symbolic
}

fn rights(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["--reference", "-m", "-x", "-M", "--modify", "--remove"]);
    let recursive = cli.has(&["-R", "--recursive"]);
    let mode = cli.word(0);
    let targets: Vec<&str> = cli
        .words
        .iter()
        .skip(usize::from(matches!(call.program, "chmod" | "chown" | "chgrp")))
        .map(|word| word.text.as_str())
        .collect();
    let named = targets.join(" ");
    let precious = targets.iter().any(|path| paths::is_precious(path) || *path == "/");
    let locks = call.program == "chmod" && matches!(mode.trim_start_matches('0'), "" | "000")
        || matches!(mode, "a-rwx" | "a-r" | "ugo-rwx" | "a=");
    if precious || (call.program == "chmod" && (locks || (recursive && is_privileged_mode(mode)))) {
        return Judgement::loss(
            AccessControl,
            format!("changes who may use {named}{}", if recursive { " and everything in it" } else { "" }),
        );
    }
    if call.program == "chmod"
        && (is_privileged_mode(mode)
            && (mode.len() > 3 && !mode.starts_with('0') || mode.ends_with("777") || mode.contains('s')))
    {
        return Judgement::loss(
            AccessControl,
            format!("lets everybody change {named}, or run it with its owner's rights"),
        );
    }
    if call.program == "chattr" && mode.starts_with("-i") {
        return Judgement::loss(AccessControl, format!("unlocks {named}"));
    }
    Judgement::unknown("it changes who may use a file")
}

fn tar(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-C", "--directory", "-f", "--file"]);
    let mode = call.args.first().map_or("", |arg| arg.text.trim_start_matches('-'));
    let creates = mode.contains('c') && !mode.contains("check") || cli.has(&["--create"]);
    if cli.has(&["--remove-files"]) {
        return Judgement::loss(Files, format!("deletes {} once it is packed", cli.subject(0)));
    }
    if creates {
        let secret = cli
            .words
            .iter()
            .find(|word| paths::is_secret(&word.text) || word.text.contains(".ssh") || word.text.contains(".aws"));
        return match secret {
            Some(secret) => Judgement::loss(Secrets, format!("packs the secrets in {}", secret.text)),
            None => Judgement::unknown("it writes an archive"),
        };
    }
    let lists = cli.has(&["-t", "--list"]) || mode.starts_with('t');
    match cli.value(&["-C", "--directory"]).filter(|_| !lists) {
        Some(place) if paths::is_precious(place) => {
            Judgement::loss(Files, format!("overwrites files in {place} by those of an archive"))
        }
        _ if (cli.has(&["-P", "--absolute-names"]) || mode.contains('P')) && !lists => {
            Judgement::loss(Files, "overwrites files anywhere, as the archive says")
        }
        _ => Judgement::unknown("it reads or unpacks an archive"),
    }
}

/// True when a cluster of letters has `letter`.
fn has_letter(call: &Invocation<'_>, letter: char) -> bool {
    let is_cluster = |text: &str| text.starts_with('-') && !text.starts_with("--") && text.len() <= 5;
    call.args.iter().any(|arg| is_cluster(&arg.text) && arg.text.contains(letter))
}

fn unpacked(call: &Invocation<'_>) -> Judgement {
    if call.args.iter().any(|arg| arg.text == "-sdel") {
        return Judgement::loss(Files, format!("deletes what it packs: {}", Cli::read(call.args, &[]).subject(2)));
    }
    if call.program == "cpio" && has_letter(call, 'i') && has_letter(call, 'u') {
        return Judgement::loss(Files, "overwrites files by those of an archive");
    }
    let cli = Cli::read(call.args, &["-d"]);
    let place = cli.value(&["-d"]).or_else(|| call.args.iter().find_map(|arg| arg.text.strip_prefix("-o")));
    match place {
        Some(place) if paths::is_precious(place) => {
            Judgement::loss(Files, format!("overwrites files in {place} by those of an archive"))
        }
        _ => Judgement::unknown("it reads or unpacks an archive"),
    }
}

fn rsync(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(
        call.args,
        &[
            "-e",
            "--rsh",
            "--exclude",
            "--include",
            "--filter",
            "-f",
            "--files-from",
            "--exclude-from",
            "--backup-dir",
            "--rsync-path",
        ],
    );
    if cli.has(&["-n", "--dry-run", "--list-only", "--help", "--version"]) {
        return Judgement::unknown("it shows what it would do");
    }
    let target = cli.words.last().map_or("the target", |word| word.text.as_str());
    let deletes = cli.options.iter().any(|option| {
        option.name == "--del"
            || (option.name.starts_with("--delete") && !option.name.starts_with("--delete-missing-args-no"))
    });
    if deletes {
        return Judgement::loss(Files, format!("deletes everything in {target} that the source doesn't have"));
    }
    if cli.has(&["--remove-source-files"]) {
        return Judgement::loss(Files, format!("deletes the source files of {} once they are copied", cli.subject(0)));
    }
    if let Some(judgement) = secret_source(&cli) {
        return judgement;
    }
    worst(cli.words.last().into_iter().map(|target| written_remotely(target)))
}

fn secret_source(cli: &Cli<'_>) -> Option<Judgement> {
    let sources = cli.words.split_last()?.1;
    let secret = sources.iter().find(|source| paths::is_secret(&source.text))?;
    Some(Judgement::loss(Secrets, format!("copies the secrets in {} away", secret.text)))
}

/// A target `HOST:PATH` is judged by its path.
fn written_remotely(target: &Text) -> Judgement {
    match target.text.split_once(':') {
        Some((host, path)) if !host.contains('/') => match paths::written(&Text::exact(path), false) {
            Judgement::Destroys(losses) => Judgement::Destroys(
                losses.into_iter().map(|loss| Loss { what: format!("{} on {host}", loss.what), ..loss }).collect(),
            ),
            other => other,
        },
        _ => paths::written(target, false),
    }
}

fn scp(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-P", "-i", "-F", "-o", "-c", "-l", "-S", "-J", "-D", "-X", "-b", "-B"]);
    if let Some(judgement) = secret_source(&cli) {
        return judgement;
    }
    let Some(target) = cli.words.last().filter(|_| cli.words.len() > 1) else {
        return Judgement::unknown("it copies nothing");
    };
    let remote_path = target.text.split_once(':').map(|(_, path)| path);
    // A whole tree into a root or a home directory lays itself over what is there.
    if cli.has(&["-r"]) && remote_path.is_some_and(|path| path == "/") {
        return Judgement::loss(Files, format!("overwrites files in {}", target.text));
    }
    written_remotely(target)
}

fn edited(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-e", "-f", "--expression", "--file"]);
    let in_place = cli.options.iter().any(|option| {
        option.name.starts_with("-i")
            || option.name.starts_with("--in-place")
            || (option.name.len() <= 4 && !option.name.starts_with("--") && option.name.contains('i'))
    });
    if !in_place && call.program != "sponge" {
        return sed_script(&cli);
    }
    let files = cli.words.iter().skip(usize::from(cli.value(&["-e", "-f", "--expression", "--file"]).is_none()));
    worst(files.map(|file| paths::written(file, false)))
}

/// The commands `w`, `r`, `e` of sed write, read and run; a script without them only prints.
fn sed_script(cli: &Cli<'_>) -> Judgement {
    let script = cli.value(&["-e", "--expression"]).unwrap_or_else(|| cli.word(0));
    let prints =
        script.trim_end_matches(['p', 'd']).bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'$'));
    let plain = cli.options.iter().all(|option| option.name == "-n")
        && cli.words.iter().all(|word| word.exact && !paths::is_secret(&word.text));
    if prints && plain { Judgement::Reads } else { Judgement::unknown("a sed script may write files") }
}

fn formatted(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-t", "-L", "-b", "-m", "-N", "-U", "-O"]);
    let device = cli.words.iter().find(|word| word.text.starts_with("/dev/") || word.text.contains('$'));
    match device {
        Some(device) => Judgement::loss(Disk, format!("formats {} and loses everything on it", device.text)),
        None => Judgement::unknown("it formats an image file"),
    }
}

/// Disk, volume and file-system tools.
fn disk_tool(call: &Invocation<'_>) -> Option<Judgement> {
    let cli = Cli::read(call.args, &["-o", "-t"]);
    let subject = cli.words.last().map_or("the disk", |word| word.text.as_str());
    let verb = |verbs: &[&str]| cli.words.iter().any(|word| verbs.contains(&word.text.as_str()));
    let lost = |what: String| Some(Judgement::loss(Disk, what));
    match call.program {
        "wipefs" if cli.has(&["-n", "--no-act"]) || !cli.has(&["-a", "--all", "-o"]) => {
            Some(Judgement::unknown("it lists signatures"))
        }
        "wipefs" | "blkdiscard" | "sgdisk" | "sfdisk" | "fdisk" | "cfdisk" | "gdisk" => {
            if cli.has(&["-l", "--list", "-d", "--dump", "-p", "--print"]) {
                return Some(Judgement::unknown("it lists partitions"));
            }
            lost(format!("rewrites the partitions or signatures of {subject}, and loses what is on it"))
        }
        "parted" if !verb(&["print"]) && !cli.has(&["-l", "--list"]) => {
            lost(format!("rewrites the partitions of {}", cli.word(0)))
        }
        "mdadm" if cli.has(&["--zero-superblock", "--stop", "-S", "--remove", "--fail"]) => {
            lost(format!("takes the array {subject} apart"))
        }
        "cryptsetup" if verb(&["luksFormat", "erase", "luksErase", "luksKillSlot", "luksRemoveKey", "reencrypt"]) => {
            lost(format!("makes everything on {subject} unreadable"))
        }
        "hdparm" if call.args.iter().any(|arg| arg.text.contains("erase") || arg.text.contains("trim")) => {
            lost(format!("erases {subject}"))
        }
        "nvme" if verb(&["format", "sanitize", "delete-ns", "reset"]) => lost(format!("erases {subject}")),
        "lvremove" | "vgremove" | "pvremove" | "lvreduce" | "vgreduce" => {
            lost(format!("removes the volume {}, and what is on it", cli.subject(0)))
        }
        "lvm" if verb(&["lvremove", "vgremove", "pvremove"]) => {
            lost(format!("removes the volume {subject}, and what is on it"))
        }
        "zfs" | "zpool" if verb(&["destroy", "rollback", "labelclear", "remove", "split", "release", "offline"]) => {
            lost(format!("destroys {subject}, its data and its snapshots"))
        }
        "btrfs" if verb(&["delete", "del", "rm", "remove"]) => lost(format!("deletes {subject} and everything in it")),
        "xfs_repair" | "fsck" | "e2fsck" if cli.has(&["-L", "-y", "-f"]) => {
            lost(format!("rewrites the file system of {subject}"))
        }
        "umount" | "swapoff" if cli.has(&["-a", "-f", "-l", "--all", "--force", "--lazy"]) => {
            lost(format!("takes {subject} away from what uses it"))
        }
        "mount" if cli.has(&["--bind"]) && paths::is_precious(subject) => lost(format!("hides {subject}")),
        "mount" if call.args.iter().any(|arg| arg.text.contains("remount")) => {
            lost(format!("mounts {subject} anew with other rights"))
        }
        "diskutil" if verb(&["eraseDisk", "eraseVolume", "partitionDisk", "secureErase", "zeroDisk"]) => {
            lost(format!("erases {subject}"))
        }
        "format" => lost(format!("formats {subject}")),
        "debugfs" if cli.has(&["-w"]) => lost(format!("writes past the file system of {subject}")),
        _ => None,
    }
}
