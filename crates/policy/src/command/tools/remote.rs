//! Programs that run a command somewhere else: another machine, a container, a pod.

use super::super::run::Invocation;
use super::super::text::Text;
use super::Cli;

/// A command and how it gets there.
pub(in crate::command) struct Place<'a> {
    pub(in crate::command) command: &'a [Text],
    /// The words are joined and read by a shell over there.
    pub(in crate::command) as_text: bool,
    /// Without a command, its input is run.
    pub(in crate::command) reads_code: bool,
    /// The program is to be judged by its own arguments too.
    pub(in crate::command) also_a_tool: bool,
}

pub(super) const SSH_VALUED: &[&str] = &[
    "-p", "-i", "-l", "-o", "-F", "-J", "-L", "-R", "-D", "-W", "-b", "-c", "-e", "-m", "-w", "-E", "-S", "-B", "-I",
    "-O", "-Q",
];
const CONTAINER_VALUED: &[&str] = &[
    "-e",
    "--env",
    "-u",
    "--user",
    "-w",
    "--workdir",
    "-v",
    "--volume",
    "--name",
    "-p",
    "--publish",
    "--network",
    "--net",
    "--entrypoint",
    "-h",
    "--hostname",
    "-m",
    "--memory",
    "--cpus",
    "-l",
    "--label",
    "--mount",
    "--env-file",
    "--platform",
    "--index",
    "-f",
    "--file",
    "--project-name",
    "--restart",
    "--cap-add",
    "--cap-drop",
    "--device",
    "--security-opt",
    "--add-host",
    "--dns",
    "--gpus",
    "--ipc",
    "--pid",
    "--pull",
    "--runtime",
    "--shm-size",
    "--tmpfs",
    "--ulimit",
    "--userns",
    "--volumes-from",
    "--log-driver",
    "--log-opt",
    "-H",
    "--host",
    "--context",
    "--detach-keys",
    "-a",
    "--attach",
];
const POD_VALUED: &[&str] = &[
    "-n",
    "--namespace",
    "-c",
    "--container",
    "--context",
    "--kubeconfig",
    "--cluster",
    "--user",
    "-f",
    "--filename",
    "--image",
    "--restart",
    "--as",
    "-l",
    "--pod-running-timeout",
    "-s",
    "--server",
    "--target",
    "--profile",
    "--overrides",
    "--env",
    "--labels",
];

/// Where the command goes, for programs that send one.
pub(in crate::command) fn place<'a>(call: &Invocation<'a>) -> Option<Place<'a>> {
    match call.program {
        "ssh" | "autossh" | "mosh" | "rsh" | "slogin" | "dbclient" => {
            let rest = words_after(call.args, SSH_VALUED, 1);
            Some(Place { command: rest, as_text: true, reads_code: true, also_a_tool: true })
        }
        "sshpass" => Some(own(words_after(call.args, &["-p", "-f", "-P", "-d"], 0))),
        "pssh" | "parallel-ssh" | "clush" | "pdsh" | "dsh" => {
            let rest = words_after(call.args, &["-h", "-H", "-w", "-l", "-p", "-g", "-x", "-u", "-t", "-f"], 0);
            Some(Place { command: rest, as_text: true, reads_code: false, also_a_tool: false })
        }
        "docker" | "podman" | "nerdctl" | "docker-compose" | "podman-compose" | "crictl" | "ctr" | "lxc" | "incus"
        | "lxc-attach" => container(call),
        "kubectl" | "oc" | "k" | "kubecolor" => pod(call),
        "k3s" | "microk8s" | "minikube" | "k0s" | "rke2"
            if call.args.first().is_some_and(|arg| arg.text == "kubectl") =>
        {
            Some(own(call.args))
        }
        "machinectl" if call.args.first().is_some_and(|arg| arg.text == "shell") => Some(Place {
            command: words_after(call.args, &["-E", "--setenv"], 2),
            as_text: false,
            reads_code: false,
            also_a_tool: true,
        }),
        "knife" if call.args.first().is_some_and(|arg| arg.text == "ssh") => {
            let command = words_after(call.args, &["-x", "-i", "-a", "-C", "-P", "-p"], 2);
            Some(Place { command, as_text: true, reads_code: false, also_a_tool: true })
        }
        "fab" => {
            let at = call.args.iter().position(|arg| arg.text == "--")?;
            Some(Place { command: &call.args[at + 1..], as_text: true, reads_code: false, also_a_tool: true })
        }
        "nomad" if call.args.iter().take(2).map(Text::as_str).eq(["alloc", "exec"]) => {
            let rest = words_after(&call.args[2..], &["-task", "-e"], 1);
            Some(Place { command: rest, as_text: false, reads_code: false, also_a_tool: true })
        }
        "vagrant" => vagrant(call),
        "gcloud" | "az" | "aws" | "fly" | "flyctl" | "heroku" | "multipass" => cloud(call),
        "npx" | "bunx" | "pnpx" | "uvx" | "pipx" => Some(own(words_after(
            call.args,
            &["-p", "--package", "--from", "--spec"],
            usize::from(call.program == "pipx"),
        ))),
        "npm" | "yarn" | "pnpm" | "bundle" | "poetry" | "uv" | "pipenv" | "hatch" | "pdm" | "rye" | "mise" | "asdf"
        | "rbenv" | "pyenv" | "nvm" | "op" | "doppler" | "sops" | "conda" | "mamba" | "nix-shell" | "nix"
        | "devbox" | "flox" | "rustup" | "teller" | "infisical" | "dotenvx" => task_runner(call),
        _ => None,
    }
}

/// The words are another command line of this host.
fn own(command: &[Text]) -> Place<'_> {
    Place { command, as_text: false, reads_code: false, also_a_tool: false }
}

fn words_after<'a>(args: &'a [Text], valued: &[&str], operands: usize) -> &'a [Text] {
    super::super::run::after_options(args, valued, operands)
}

/// The arguments from the first subcommand in `verbs` on, without it.
fn after_verb<'a>(args: &'a [Text], verbs: &[&str], valued: &[&str]) -> Option<&'a [Text]> {
    let mut rest = args;
    while !rest.is_empty() {
        rest = words_after(rest, valued, 0);
        let [verb, after @ ..] = rest else { return None };
        if verbs.contains(&verb.text.as_str()) {
            return Some(after);
        }
        if !matches!(
            verb.text.as_str(),
            "compose" | "container" | "task" | "tasks" | "t" | "run-in-pod" | "ssm" | "ecs" | "compute" | "ps" | "vm"
        ) {
            return None;
        }
        rest = after;
    }
    None
}

fn container<'a>(call: &Invocation<'a>) -> Option<Place<'a>> {
    if call.program == "lxc-attach" {
        return Some(own(words_after(call.args, &["-n", "--name"], 0)));
    }
    let rest = after_verb(call.args, &["exec", "run"], CONTAINER_VALUED)?;
    let entry = Cli::read(rest, CONTAINER_VALUED).value(&["--entrypoint"]).map(|_| ());
    let command = words_after(rest, CONTAINER_VALUED, 1);
    // With an entry point the words are its arguments; a bare `-c CODE` is still read.
    let command = if entry.is_some() { &[][..] } else { command };
    Some(Place { command, as_text: false, reads_code: false, also_a_tool: true })
}

fn pod<'a>(call: &Invocation<'a>) -> Option<Place<'a>> {
    let rest = after_verb(call.args, &["exec", "run", "debug", "rsh"], POD_VALUED)?;
    let dashes = rest.iter().position(|arg| arg.text == "--");
    let command = match dashes {
        Some(at) => &rest[at + 1..],
        None => words_after(rest, POD_VALUED, 1),
    };
    Some(Place { command, as_text: false, reads_code: false, also_a_tool: true })
}

fn vagrant<'a>(call: &Invocation<'a>) -> Option<Place<'a>> {
    let at = call.args.iter().position(|arg| matches!(arg.text.as_str(), "-c" | "--command"))?;
    Some(Place { command: call.args.get(at + 1..at + 2)?, as_text: true, reads_code: false, also_a_tool: true })
}

/// `gcloud compute ssh --command=…`, `heroku run …`, `aws ssm send-command --parameters commands=…`.
fn cloud<'a>(call: &Invocation<'a>) -> Option<Place<'a>> {
    if let Some(at) =
        call.args.iter().position(|arg| matches!(arg.text.as_str(), "--command" | "-C" | "--scripts" | "--parameters"))
    {
        return Some(Place {
            command: call.args.get(at + 1..at + 2)?,
            as_text: true,
            reads_code: false,
            also_a_tool: true,
        });
    }
    let rest = match call.program {
        "heroku" | "multipass" => after_verb(call.args, &["run", "exec", "run:detached"], &["-a", "--app", "-r"])?,
        _ => return None,
    };
    let operands = usize::from(call.program == "multipass");
    Some(Place {
        command: words_after(rest, &["-a", "--app"], operands),
        as_text: call.program == "heroku",
        reads_code: false,
        also_a_tool: true,
    })
}

/// `npm exec -- X`, `bundle exec X`, `op run -- X`.
fn task_runner<'a>(call: &Invocation<'a>) -> Option<Place<'a>> {
    let verb = call.args.first()?.text.as_str();
    let text = ["--run", "--command", "-c"];
    let is_nix = matches!(call.program, "nix-shell" | "nix");
    if let Some(at) = call.args.iter().position(|arg| text.contains(&arg.text.as_str())).filter(|at| *at == 0 || is_nix)
    {
        let words = call.args.get(at + 1..)?;
        let command = if call.program == "nix" { words } else { &words[..words.len().min(1)] };
        return Some(Place { command, as_text: true, reads_code: false, also_a_tool: true });
    }
    let runs_programs = matches!(verb, "exec" | "x" | "dlx")
        || (verb == "run" && !matches!(call.program, "npm" | "yarn" | "pnpm" | "pdm"));
    if !runs_programs {
        return None;
    }
    let rest = &call.args[1..];
    let command = match rest.iter().position(|arg| arg.text == "--") {
        Some(at) => &rest[at + 1..],
        None => words_after(
            rest,
            &["-p", "--package", "-c", "-C", "--env-file", "--project", "--config", "-n", "--name"],
            0,
        ),
    };
    Some(Place { command, as_text: false, reads_code: false, also_a_tool: true })
}
