//! kubectl: which objects go, which pods stop, who gets which rights.

use super::super::assessment::DestructionKind::{self, AccessControl, Cluster, CodeExecution, Network, Secrets};
use super::super::findings::Judgement;
use super::super::run::{Invocation, is_url};
use super::super::text::{Origin, Text};
use super::Cli;
use super::table::only_shows;

const VALUED: &[&str] = &[
    "-n",
    "--namespace",
    "--context",
    "--cluster",
    "--user",
    "--kubeconfig",
    "-f",
    "--filename",
    "-l",
    "--selector",
    "-o",
    "--output",
    "-p",
    "--patch",
    "--type",
    "-c",
    "--container",
    "--as",
    "--as-group",
    "--as-uid",
    "-k",
    "--kustomize",
    "--replicas",
    "--field-selector",
    "--grace-period",
    "--timeout",
    "--cascade",
    "--token",
    "-s",
    "--server",
    "--address",
    "--field-manager",
    "--to-revision",
    "--from-literal",
    "--from-file",
    "--image",
    "--current-replicas",
    "--subresource",
    "--duration",
    "--patch-file",
    "--tail",
    "--since",
    "--request-timeout",
    "-v",
    "--certificate-authority",
    "--clusterrole",
    "--role",
    "--serviceaccount",
    "--group",
    "--port",
    "--type",
];

/// Kinds that their owner makes again, or that a run leaves behind.
const REPLACED: &[&str] = &[
    "pod",
    "pods",
    "po",
    "replicaset",
    "replicasets",
    "rs",
    "job",
    "jobs",
    "event",
    "events",
    "ev",
    "lease",
    "leases",
    "endpointslice",
    "endpointslices",
    "certificaterequest",
    "certificaterequests",
    "pipelinerun",
    "pipelineruns",
    "taskrun",
    "taskruns",
    "workflow",
    "workflows",
    "wf",
    "pr",
    "tr",
];

/// Parts of a patch that stop pods.
const STOPS: &[&str] = &[
    "\"replicas\":0",
    "replicas:0",
    "\"suspend\":true",
    "\"maxReplicas\":0",
    "\"maxUnavailable\":\"100%\"",
    "\"unschedulable\":true",
    "\"paused\":true",
    "\"parallelism\":0",
];

/// Parts of a patch that take a protection or a field away.
const FREES: &[&str] = &[
    "finalizers\":null",
    "finalizers\":[]",
    "finalizers:null",
    "finalizers:[]",
    "\"op\":\"remove\"",
    "\"$patch\":\"delete\"",
    ":null",
    "\"reclaimPolicy\":\"Delete\"",
    "persistentVolumeReclaimPolicy\":\"Delete",
];

/// Parts of a patch that give rights or open a way in.
const OPENS: &[&str] = &[
    "cluster-admin",
    "privileged\":true",
    "hostPath",
    "hostNetwork\":true",
    "hostPID\":true",
    "failurePolicy\":\"Ignore",
    "LoadBalancer",
    "system:masters",
    "\"subjects\"",
    "/subjects",
    "/rules",
    "\"rules\"",
    "/failurePolicy",
    "automountServiceAccountToken\":true",
    "allowPrivilegeEscalation\":true",
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    if matches!(call.program, "helm" | "helm3") {
        return preview_release(call);
    }
    if !matches!(call.program, "kubectl" | "oc" | "k" | "kubecolor") {
        return None;
    }
    let cli = Cli::read(call.args, VALUED);
    if let Some(judgement) = impersonates(&cli) {
        return Some(judgement);
    }
    if let Some(file) = cli.value(&["--kubeconfig"]).filter(|file| super::super::run::paths::is_temporary(file)) {
        return Some(Judgement::loss(CodeExecution, format!("runs the login programs that {file} names")));
    }
    if only_shows(&cli) || cli.options.iter().any(|option| option.name == "--dry-run" && option.value != Some("none")) {
        return Some(Judgement::unknown("it shows what it would do, or its help"));
    }
    Some(verb(&cli, call).unwrap_or_else(|| Judgement::unknown("what kubectl does here isn't known to only read")))
}

/// A release that was made for a branch is made to be uninstalled.
fn preview_release(call: &Invocation<'_>) -> Option<Judgement> {
    let cli = Cli::read(call.args, VALUED);
    let uninstalls = matches!(cli.word(0), "uninstall" | "delete" | "del" | "un");
    let place = cli.value(&["-n", "--namespace"]).is_some_and(is_ephemeral);
    let all = cli.words.len() > 1 && cli.words.iter().skip(1).all(|word| word.exact && is_ephemeral(&word.text));
    (uninstalls && (place || all)).then(|| Judgement::unknown("it uninstalls what was made for a branch"))
}

fn lost(what: impl Into<String>) -> Option<Judgement> {
    Some(Judgement::loss(Cluster, what))
}

fn other(kind: DestructionKind, what: impl Into<String>) -> Option<Judgement> {
    Some(Judgement::loss(kind, what))
}

/// Acting as somebody else is a right that a plan was not approved with.
fn impersonates(cli: &Cli<'_>) -> Option<Judgement> {
    let whom = cli.value(&["--as", "--as-group"])?;
    (cli.words.len() > 1)
        .then(|| Judgement::loss(AccessControl, format!("acts with the rights of {whom}: {}", cli.subject(0))))
}

fn place(cli: &Cli<'_>) -> String {
    if cli.has(&["-A", "--all-namespaces"]) {
        return " in every namespace".to_owned();
    }
    cli.value(&["-n", "--namespace"]).map(|name| format!(" in namespace {name}")).unwrap_or_default()
}

fn verb(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let subject = cli.subject(1);
    let all = cli.has(&["--all", "-A", "--all-namespaces"]);
    match cli.word(0) {
        "delete" => delete(cli),
        "scale" | "autoscale" => scale(cli),
        "drain" => lost(format!("evicts every pod from {}", if subject.is_empty() { "every node" } else { &subject })),
        "cordon" if all || cli.value(&["-l", "--selector"]).is_some() || cli.words.len() > 2 => {
            lost(format!("keeps new pods off {}", if all { "every node" } else { &subject }))
        }
        "taint" if call.args.iter().any(|arg| arg.text.ends_with(":NoExecute")) || all => {
            lost(format!("drives pods off {}", if all { "every node" } else { &subject }))
        }
        "taint" if subject.contains(":NoSchedule") => lost(format!("keeps new pods off {subject}")),
        "replace" if cli.has(&["--force"]) => lost(format!("deletes and makes anew what is in {}", file(cli))),
        "apply" | "create" | "replace" => applied(cli, call),
        "patch" => patched(cli),
        "set" => set(cli),
        "label" | "annotate" => marked(cli, call),
        "rollout" if matches!(cli.word(1), "pause" | "undo" | "restart") && all => {
            lost(format!("restarts or stops {}", cli.subject(2)))
        }
        "rollout" if cli.word(1) == "restart" && cli.words.len() == 3 && !cli.word(2).contains('/') => {
            lost(format!("restarts every {}{}", cli.word(2), place(cli)))
        }
        "auth" if cli.word(1) == "reconcile" => {
            other(AccessControl, format!("changes rights in the cluster by {}", file(cli)))
        }
        "certificate" if matches!(cli.word(1), "approve" | "deny") => {
            other(AccessControl, format!("gives or refuses a login certificate: {}", cli.subject(2)))
        }
        "config" => config(cli),
        "get" => secrets(cli, &subject),
        "describe" => None,
        "port-forward" | "proxy" => opened(cli, call),
        "cp" => copied(cli),
        "debug" if cli.word(1).starts_with("node/") || cli.has(&["--profile"]) => {
            other(AccessControl, format!("opens a privileged shell on {}", cli.word(1)))
        }
        "run" | "debug" => privileged(cli, call),
        "adm" | "policy" => administered(cli),
        "exec" | "attach" => None,
        "edit" => None,
        "plugin" | "krew" => None,
        _ => None,
    }
}

fn file(cli: &Cli<'_>) -> String {
    cli.value(&["-f", "--filename", "-k", "--kustomize"]).unwrap_or("its input").to_owned()
}

fn delete(cli: &Cli<'_>) -> Option<Judgement> {
    if let Some(raw) = cli.options.iter().find(|option| option.name == "--raw") {
        return lost(format!("deletes {} by the API", raw.value.unwrap_or_else(|| cli.word(1))));
    }
    if cli.value(&["-f", "--filename", "-k", "--kustomize"]).is_some() {
        return lost(format!("deletes every object in {}{}", file(cli), place(cli)));
    }
    let kinds = cli.word(1).to_ascii_lowercase();
    let names = cli.subject(2);
    let everywhere = cli.has(&["--all", "-A", "--all-namespaces"]) || kinds == "all";
    if everywhere {
        return lost(format!("deletes every one of {kinds}{}", place(cli)));
    }
    let finished = cli.value(&["--field-selector"]).is_some_and(|selector| {
        [
            "status.phase=Failed",
            "status.phase==Failed",
            "status.phase=Succeeded",
            "status.phase==Succeeded",
            "status.successful=1",
        ]
        .contains(&selector)
    });
    if finished && REPLACED.contains(&kinds.as_str()) {
        return None;
    }
    if let Some(selector) = cli.value(&["-l", "--selector", "--field-selector"]) {
        return lost(format!("deletes every one of {kinds} that matches {selector}{}", place(cli)));
    }
    if deletes_only_what_comes_back(cli, &kinds) {
        return None;
    }
    match kinds.split(['.', '/']).next().unwrap_or_default() {
        "ns" | "namespace" | "namespaces" | "project" => {
            lost(format!("deletes the namespace {names} and every object in it"))
        }
        "crd" | "crds" | "customresourcedefinition" | "customresourcedefinitions" => {
            lost(format!("deletes the definition {names} and every object of that kind"))
        }
        "pvc"
        | "pv"
        | "persistentvolume"
        | "persistentvolumes"
        | "persistentvolumeclaim"
        | "persistentvolumeclaims" => lost(format!("deletes the volume {names} and the data on it{}", place(cli))),
        kind => lost(format!("deletes {kind} {names}{}", place(cli))),
    }
}

/// Named pods and finished runs come back, and a namespace made for a branch is made to be deleted.
fn deletes_only_what_comes_back(cli: &Cli<'_>, kinds: &str) -> bool {
    let mut names: Vec<(&str, &str)> = Vec::new();
    if kinds.contains('/') {
        names.extend(cli.words.iter().skip(1).filter_map(|word| word.text.split_once('/')));
    } else {
        names.extend(cli.words.iter().skip(2).map(|word| (kinds, word.text.as_str())));
    }
    // Everybody's traffic passes through these, and every object through those.
    const CARRIERS: &[&str] = &[
        "traefik", "haproxy", "ingress", "envoy", "istio", "coredns", "kube-", "etcd", "metallb", "cilium", "calico",
        "linkerd",
    ];
    if names.iter().any(|(_, name)| CARRIERS.iter().any(|carrier| name.starts_with(carrier))) {
        return false;
    }
    let ephemeral_place = cli.value(&["-n", "--namespace"]).is_some_and(is_ephemeral);
    let forced = cli.has(&["--force", "--now"]) || cli.value(&["--grace-period"]) == Some("0");
    let few = !names.is_empty() && names.len() <= 3 && cli.words.iter().all(|word| word.exact);
    let comes_back = |(kind, name): &(&str, &str)| {
        let namespace = matches!(*kind, "ns" | "namespace" | "namespaces");
        ephemeral_place || REPLACED.contains(&kind.to_ascii_lowercase().as_str()) || (namespace && is_ephemeral(name))
    };
    few && !forced && names.iter().all(comes_back)
}

/// Names by which pipelines make environments for a branch or a run.
pub(super) fn is_ephemeral(name: &str) -> bool {
    const MARKS: &[&str] =
        &["pr", "mr", "preview", "review", "ephemeral", "ci", "tmp", "temp", "test", "e2e", "sandbox", "scratch"];
    let first = name.split(['-', '_', '.']).next().unwrap_or(name);
    name.len() > first.len() && MARKS.contains(&first)
}

fn scale(cli: &Cli<'_>) -> Option<Judgement> {
    const RUNAWAY: u32 = 500;
    let replicas = cli.value(&["--replicas", "--max"])?.parse::<u32>().ok()?;
    match replicas {
        0 => lost(format!("stops every pod of {}{}", cli.subject(1), place(cli))),
        RUNAWAY.. => {
            lost(format!("starts {replicas} pods of {}, and starves everything else{}", cli.subject(1), place(cli)))
        }
        _ => None,
    }
}

fn applied(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let source = file(cli);
    let fetched = match call.stdin.and_then(|stdin| stdin.origin.as_ref()) {
        Some(Origin::Network(from)) if source == "-" => Some(from.clone()),
        _ => is_url(&source).then(|| source.clone()),
    };
    if let Some(from) = fetched {
        return other(CodeExecution, format!("makes the cluster run whatever {from} holds"));
    }
    if cli.has(&["--prune"]) {
        return lost(format!("deletes every object that {source} no longer has{}", place(cli)));
    }
    if cli.has(&["--force"]) && cli.word(0) != "create" {
        return lost(format!("deletes and makes anew what is in {source}"));
    }
    let binds = matches!(cli.word(1), "clusterrolebinding" | "rolebinding" | "clusterrole" | "role" | "token");
    if cli.word(0) == "create" && binds {
        return other(AccessControl, format!("gives rights in the cluster: {}", cli.subject(1)));
    }
    risky_manifest(call.known_input()?)
}

fn risky_manifest(manifest: &str) -> Option<Judgement> {
    let binds = manifest.contains("cluster-admin") || manifest.contains("system:masters");
    let escapes = ["privileged: true", "hostPID: true", "hostNetwork: true", "hostPath:", "\"privileged\":true"]
        .iter()
        .any(|mark| manifest.contains(mark));
    if binds {
        return other(AccessControl, "gives every right in the cluster");
    }
    escapes.then(|| Judgement::loss(AccessControl, "runs a pod that has the rights of its node"))
}

fn patched(cli: &Cli<'_>) -> Option<Judgement> {
    let subject = cli.subject(1);
    let patch: String = cli.value(&["-p", "--patch"])?.chars().filter(|c| !c.is_whitespace()).collect();
    let carries =
        matches!(cli.word(1).split('/').next(), Some("svc" | "service" | "services" | "ingress" | "ing" | "endpoints"));
    if carries
        && (patch.contains("selector")
            || patch.contains("externalName")
            || patch.contains("/rules")
            || patch.contains("\"backend\""))
    {
        return other(Network, format!("takes traffic away from the pods of {subject}"));
    }
    if OPENS.iter().any(|mark| patch.contains(mark)) {
        return other(AccessControl, format!("loosens who may do or reach what, by {subject}"));
    }
    if STOPS.iter().any(|mark| patch.contains(mark)) {
        return lost(format!("stops {subject}{}", place(cli)));
    }
    if FREES.iter().any(|mark| patch.contains(mark)) {
        return lost(format!("removes fields of {subject} that protect or configure it{}", place(cli)));
    }
    let secret = matches!(cli.word(1), "secret" | "secrets");
    if secret {
        return other(Secrets, format!("overwrites the secret {}{}", cli.subject(2), place(cli)));
    }
    if patch.contains("\"image\":")
        && (patch.contains(":latest\"") || cli.word(1).starts_with("ds") || cli.word(1).starts_with("daemonset"))
    {
        return other(CodeExecution, format!("makes {subject} run another image"));
    }
    None
}

fn set(cli: &Cli<'_>) -> Option<Judgement> {
    let all = cli.has(&["--all"]);
    let subject = cli.subject(2);
    match cli.word(1) {
        "image" => {
            let images = cli.words.iter().skip(3).filter_map(|word| word.text.split_once('=')).map(|(_, image)| image);
            let floating = images.into_iter().find(|image| {
                image.ends_with(":latest") || !image.rsplit('/').next().unwrap_or(image).contains([':', '@'])
            });
            if let Some(image) = floating {
                return other(
                    CodeExecution,
                    format!("replaces the program of {} by whatever {image} is now", cli.word(2)),
                );
            }
            all.then(|| Judgement::loss(Cluster, format!("replaces the program of every {}", cli.word(2))))
        }
        "serviceaccount" | "sa" | "subject" => other(AccessControl, format!("changes the rights of {subject}")),
        "selector" => other(Network, format!("takes traffic away from the pods of {subject}")),
        _ if all => lost(format!("changes every {}{}", cli.word(2), place(cli))),
        "resources" => {
            let starves = cli.options.iter().any(|option| {
                option
                    .value
                    .is_some_and(|value| value.contains("cpu=0") || value.contains("memory=0") || value.contains("=1m"))
            });
            starves.then(|| Judgement::loss(Cluster, format!("starves {subject}")))
        }
        _ => None,
    }
}

/// Labels and annotations that controllers and guards obey.
fn marked(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let subject = cli.subject(1);
    if cli.has(&["--all", "-A", "--all-namespaces"]) {
        return lost(format!("changes {} of every {}", cli.word(0), cli.word(1)));
    }
    let guards = [
        "gatekeeper",
        "pod-security",
        "kyverno",
        "policy",
        "admission",
        "istio-injection",
        "scale-down-disabled",
        "safe-to-evict",
        "resource-policy",
        "prevent",
        "protect",
        "ignore",
    ];
    let touched = call
        .args
        .iter()
        .any(|arg| arg.text.contains(['=', '/']) && guards.iter().any(|guard| arg.text.contains(guard)));
    let node = matches!(cli.word(1), "node" | "nodes" | "no")
        && call.args.iter().any(|arg| arg.text.ends_with('-') && arg.text.len() > 1);
    let selects = cli.words.iter().skip(2).any(|word| word.text.starts_with("app=") || word.text == "app-")
        && matches!(cli.word(1), "pod" | "pods" | "po" | "svc" | "service");
    if touched {
        return other(AccessControl, format!("changes what guards {subject}"));
    }
    (node || selects).then(|| Judgement::loss(Cluster, format!("takes {subject} out of what selects it")))
}

fn config(cli: &Cli<'_>) -> Option<Judgement> {
    match cli.word(1) {
        "view" if cli.has(&["--raw", "--flatten"]) => other(Secrets, "shows the credentials of every cluster"),
        "delete-context" | "delete-cluster" | "delete-user" | "unset" => {
            other(AccessControl, format!("removes the credentials {}", cli.subject(2)))
        }
        "set-credentials" => other(AccessControl, format!("replaces the credentials {}", cli.word(2))),
        _ => None,
    }
}

/// The list of names shows nothing; content does.
fn secrets(cli: &Cli<'_>, subject: &str) -> Option<Judgement> {
    if let Some(raw) = cli.options.iter().find(|option| option.name == "--raw") {
        let path = raw.value.unwrap_or_else(|| cli.word(1));
        return path.contains("/secrets").then(|| Judgement::loss(Secrets, format!("shows the secrets below {path}")));
    }
    let kinds = cli.word(1).to_ascii_lowercase();
    let is_secret = |kind: &str| matches!(kind.split('.').next(), Some("secret" | "secrets"));
    let names =
        kinds.split([',', '/']).any(is_secret) || cli.words.iter().skip(2).any(|word| word.text.starts_with("secret/"));
    let shows = cli.value(&["-o", "--output", "--template"]).is_some_and(|format| !matches!(format, "name" | "wide"));
    (names && shows).then(|| Judgement::loss(Secrets, format!("shows the content of {subject}{}", place(cli))))
}

fn opened(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let everywhere =
        cli.value(&["--address"]).is_some_and(|address| address != "localhost" && !address.starts_with("127."));
    let unfiltered =
        call.args.iter().any(|arg| arg.text.starts_with("--accept-hosts") || arg.text.starts_with("--disable-filter"));
    (everywhere || unfiltered).then(|| {
        Judgement::loss(
            Network,
            format!(
                "lets any machine reach {}",
                if cli.word(0) == "proxy" { "the cluster's API with these rights".to_owned() } else { cli.subject(1) }
            ),
        )
    })
}

fn copied(cli: &Cli<'_>) -> Option<Judgement> {
    let target = cli.words.last()?;
    let source = cli.words.get(1).and_then(|source| source.text.split_once(':'));
    if let Some((pod, path)) = source.filter(|(_, path)| super::super::run::paths::is_secret(path)) {
        return other(Secrets, format!("copies the secrets in {path} out of {pod}"));
    }
    let path = target.text.split_once(':')?.1;
    let path = Text::exact(path);
    match super::super::run::paths::written(&path, false) {
        Judgement::Destroys(_) => lost(format!("overwrites {}", target.text)),
        _ => None,
    }
}

fn privileged(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let asks = call.args.iter().any(|arg| {
        arg.text.contains("privileged")
            || arg.text.contains("hostPID")
            || arg.text.contains("hostPath")
            || arg.text.contains("hostNetwork")
    });
    asks.then(|| Judgement::loss(AccessControl, format!("runs {} with the rights of its node", cli.subject(1))))
}

/// OpenShift's `oc adm`.
fn administered(cli: &Cli<'_>) -> Option<Judgement> {
    match cli.word(1) {
        "drain" => lost(format!("evicts every pod from {}", cli.subject(2))),
        "prune" => lost(format!("deletes old {}", cli.subject(2))),
        "policy"
        | "add-cluster-role-to-user"
        | "add-scc-to-user"
        | "add-role-to-user"
        | "add-cluster-role-to-group" => other(AccessControl, format!("gives rights: {}", cli.subject(1))),
        _ => None,
    }
}
