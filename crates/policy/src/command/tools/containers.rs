//! Containers, images and registries.

use super::super::assessment::DestructionKind::{self, AccessControl, Containers, Network};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys, only_shows};

const VALUED: &[&str] = &[
    "-H",
    "--host",
    "-c",
    "--context",
    "--config",
    "-l",
    "--log-level",
    "--file",
    "-p",
    "--project-name",
    "--project-directory",
    "-t",
    "--time",
    "--filter",
    "--format",
    "--tail",
    "--since",
    "-n",
    "--profile",
    "--env-file",
    "--connection",
    "--root",
    "--url",
    "--namespace",
];

/// Services that carry everybody's traffic or data: stopping their container stops all.
const CARRIERS: &[&str] = &[
    "traefik", "nginx", "haproxy", "caddy", "envoy", "kong", "ingress", "proxy", "gateway", "vault", "consul",
    "coredns", "registry", "lb",
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    let composes = matches!(call.program, "docker-compose" | "podman-compose");
    if !composes && !matches!(call.program, "docker" | "podman" | "nerdctl" | "finch") {
        return None;
    }
    // `-f` names a file before a compose command, and means "force" elsewhere.
    let names_file = composes || call.args.first().is_some_and(|arg| arg.text == "compose");
    let valued: Vec<&str> = VALUED.iter().copied().chain(names_file.then_some("-f")).collect();
    let cli = Cli::read(call.args, &valued);
    if only_shows(&cli) {
        return Some(Judgement::unknown("it shows what it would do, or its help"));
    }
    let judgement = match cli.word(0) {
        _ if composes => compose(&cli, 0),
        "compose" => compose(&cli, 1),
        "container" | "image" | "volume" | "network" | "system" | "builder" | "buildx" | "stack" | "service"
        | "node" | "swarm" | "secret" | "config" | "context" | "pod" | "machine" | "plugin" | "manifest" | "trust"
        | "checkpoint" | "kube" | "model" | "desktop" => managed(&cli),
        "run" | "create" | "exec" => started(&cli, call),
        _ => plain(&cli),
    };
    Some(judgement.unwrap_or_else(|| Judgement::unknown("what it does to containers isn't known to only read")))
}

fn lost(what: String) -> Option<Judgement> {
    Some(Judgement::loss(Containers, what))
}

fn plain(cli: &Cli<'_>) -> Option<Judgement> {
    let subject = cli.subject(1);
    let several = cli.words.iter().skip(1).any(|word| !word.exact) || cli.has(&["-a", "--all"]);
    match cli.word(0) {
        // One that stopped, or was made for a run, or an image that nothing uses: docker refuses the rest unless forced.
        "rm" | "rmi" if !several && (!cli.has(&["-f", "--force", "-v"]) || made_for_a_run(cli, 1)) => None,
        "rm" => lost(format!(
            "deletes the containers {subject}{}",
            if cli.has(&["-v"]) { " and their volumes" } else { "" }
        )),
        "rmi" => lost(format!("deletes the images {subject}")),
        "kill" => lost(format!("kills the containers {subject}")),
        "stop" | "pause" if several => lost(format!("stops the containers {subject}")),
        "stop" | "pause" | "restart" if CARRIERS.iter().any(|name| subject.contains(name)) => {
            Some(Judgement::loss(Network, format!("stops {subject}, and the traffic that passes through it")))
        }
        "push" if cli.has(&["-a", "--all-tags"]) => lost(format!("overwrites every tag of {subject}")),
        "push" if floats(&subject) => lost(format!("overwrites the image {subject} that others pull by that name")),
        "cp" => match cli.words.last().and_then(|target| target.text.split_once(':')) {
            Some((container, path))
                if ["/etc", "/var/lib", "/usr", "/bin", "/root"].iter().any(|root| path.starts_with(root)) =>
            {
                lost(format!("overwrites {path} in {container}"))
            }
            _ => None,
        },
        "update"
            if cli.options.iter().any(|option| option.name.starts_with("--memory") && option.value == Some("0")) =>
        {
            lost(format!("changes the limits of {subject}"))
        }
        _ => None,
    }
}

/// True when every name from `at` on says that it was made for a branch or a run.
fn made_for_a_run(cli: &Cli<'_>, at: usize) -> bool {
    cli.words.len() > at && cli.words[at..].iter().all(|word| word.exact && super::kubectl::is_ephemeral(&word.text))
}

/// True for an image whose tag moves: the next push means another image.
fn floats(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    !image.is_empty() && (name.ends_with(":latest") || !name.contains([':', '@', '$']))
}

/// `docker OBJECT VERB`.
fn managed(cli: &Cli<'_>) -> Option<Judgement> {
    let (object, verb) = (cli.word(0), cli.word(1));
    let subject = cli.subject(2);
    let removes_one = matches!((object, verb), ("container" | "image", "rm"));
    if removes_one
        && cli.words.iter().all(|word| word.exact)
        && cli.words.len() == 3
        && (!cli.has(&["-f", "--force", "-v"]) || made_for_a_run(cli, 2))
    {
        return None;
    }
    if matches!((object, verb), ("volume" | "network" | "stack", "rm")) && made_for_a_run(cli, 2) {
        return None;
    }
    let named = if subject.is_empty() { "that nothing uses" } else { &subject };
    match (object, verb) {
        // What stopped long ago, or was built only to be built, is selected on purpose.
        ("container" | "image" | "builder" | "buildx", "prune") if cli.value(&["--filter"]).is_some() => None,
        (_, "prune") => lost(format!("deletes every {object} {named}")),
        ("system", "reset" | "migrate") => {
            lost("deletes every container, image, volume and network of the host".to_owned())
        }
        ("swarm", "leave") | ("machine", "rm" | "reset" | "stop") => {
            lost(format!("takes this host out of the cluster, or its machine away: {subject}"))
        }
        ("node", "update" | "demote" | "rm") => lost(format!("drains or removes the node {subject}")),
        ("service", "scale") if subject.contains("=0") => lost(format!("stops every task of {subject}")),
        ("service", "update" | "rollback")
            if cli.options.iter().any(|option| option.name == "--replicas" && option.value == Some("0")) =>
        {
            lost(format!("stops every task of {subject}"))
        }
        (
            "stack" | "service" | "secret" | "config" | "volume" | "network" | "context" | "plugin" | "pod"
            | "container" | "image" | "manifest" | "model",
            "rm" | "remove" | "kill" | "down",
        ) => lost(format!("deletes the {object} {subject}")),
        ("kube", "down") => lost(format!("deletes the pods of {subject}")),
        ("container" | "pod", "stop" | "pause") if cli.has(&["-a", "--all"]) => {
            lost("stops every container".to_owned())
        }
        ("network", "disconnect") => Some(Judgement::loss(Network, format!("cuts {subject} off"))),
        ("buildx", "rm") => lost(format!("deletes the builder {subject}")),
        ("trust", "revoke") => Some(Judgement::loss(AccessControl, format!("takes the signatures of {subject} back"))),
        _ => None,
    }
}

fn compose(cli: &Cli<'_>, at: usize) -> Option<Judgement> {
    let project = cli.value(&["-p", "--project-name", "-f", "--file"]).unwrap_or("the project");
    match cli.word(at) {
        "down" if cli.has(&["-v", "--volumes"]) => {
            lost(format!("deletes the containers of {project} and the data in their volumes"))
        }
        "down" if cli.options.iter().any(|option| option.name == "--rmi") => {
            lost(format!("deletes the containers and images of {project}"))
        }
        "kill" => lost(format!("kills the containers of {project}: {}", cli.subject(at + 1))),
        "rm" if cli.has(&["-f", "--force", "-v"]) => {
            lost(format!("deletes the containers of {project}: {}", cli.subject(at + 1)))
        }
        "up" if cli.has(&["-V", "--renew-anon-volumes"]) => lost(format!("replaces the volumes of {project}")),
        _ => None,
    }
}

/// A container that is given the host is the host.
fn started(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let line = call.line();
    let mounted = Cli::read(call.args, &["-v", "--volume", "--mount"]);
    let secret = mounted
        .values(&["-v", "--volume", "--mount"])
        .find(|volume| super::super::run::paths::is_secret(volume.split(':').next().unwrap_or(volume)));
    if let Some(volume) = secret {
        return Some(Judgement::loss(
            DestructionKind::Secrets,
            format!("gives the secrets in {volume} to {}", cli.subject(1)),
        ));
    }
    let rights = [
        "--privileged",
        "--pid=host",
        "--pid host",
        "-v /:/",
        "--volume /:/",
        "--volume=/:/",
        "src=/,",
        "source=/,",
        "docker.sock",
        "--cap-add=ALL",
        "--cap-add ALL",
        "--cap-add=SYS_ADMIN",
        "--cap-add SYS_ADMIN",
        "--userns=host",
        "-v /etc",
        "-v /root",
        "-v /var/run",
        "--security-opt seccomp=unconfined",
        "--device=/dev/sd",
        "--device /dev/sd",
        "-v=/:/",
        "--uts=host",
        "--ipc=host",
        "-v /proc",
        "-v /sys",
    ];
    let kind: DestructionKind = AccessControl;
    rights
        .iter()
        .find(|right| line.contains(*right))
        .map(|right| Judgement::loss(kind, format!("gives {} the host: {right}", cli.subject(1))))
}

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &[
            "skopeo", "crane", "oras", "regctl", "reg", "buildah", "img", "kaniko", "cosign", "harbor", "notation",
            "trivy", "hadolint", "syft", "grype", "dive", "ko", "umoci", "werf",
        ],
        kind: Containers,
        valued: &["--creds", "--authfile", "-u", "--format", "-f", "--severity"],
        rules: &[
            destroys("delete|rm|rmi|prune|clean|cleanup", "deletes the image {}"),
            destroys("image|tag|manifest|blob|repo|artifact|registry|cache delete|del|rm|prune", "deletes {}"),
            destroys("sync", "overwrites images of {}").given(&["--all"]),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["crictl", "ctr", "runc", "crun", "kata-runtime", "containerd", "singularity", "apptainer"],
        kind: Containers,
        valued: &["-n", "--namespace", "-r", "--runtime-endpoint", "-a", "--address"],
        rules: &[
            destroys("rm|rmi|rmp|stop|stopp|kill|delete|pause", "deletes or stops {}"),
            destroys(
                "c|i|t|containers|images|tasks|snapshots|content|leases|namespaces|ns|image|container|task rm|remove|kill|delete|prune|del|unmount",
                "deletes {}",
            ),
        ],
        otherwise: Otherwise::Verbs,
    },
];
