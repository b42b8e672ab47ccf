//! Tools that make, change and destroy infrastructure from code.

use super::super::assessment::DestructionKind::{Infrastructure, Secrets};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys, only_shows};

const VALUED: &[&str] = &[
    "-chdir",
    "--terragrunt-working-dir",
    "-var",
    "-var-file",
    "-target",
    "-replace",
    "-state",
    "-backend-config",
    "-lock-timeout",
    "-parallelism",
    "--working-dir",
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    if call.program == "ansible-playbook" {
        return playbook(call);
    }
    if call.program == "ansible" {
        return ad_hoc(call);
    }
    if !matches!(call.program, "terraform" | "tofu" | "terragrunt" | "tf" | "opentofu" | "terramate" | "cdktf") {
        return None;
    }
    let cli = Cli::read(call.args, VALUED);
    if only_shows(&cli) {
        return Some(Judgement::unknown("it shows what it would do, or its help"));
    }
    Some(terraform(&cli, call).unwrap_or_else(|| Judgement::unknown("it may run providers and read the state")))
}

fn has(cli: &Cli<'_>, name: &str) -> bool {
    cli.options.iter().any(|option| option.name.trim_start_matches('-') == name && option.value != Some("false"))
}

fn terraform(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let directory = cli
        .value(&["-chdir", "--terragrunt-working-dir", "--working-dir"])
        .map_or_else(|| "this directory".to_owned(), ToOwned::to_owned);
    let lost = |what: String| Some(Judgement::loss(Infrastructure, what));
    let verb = match cli.word(0) {
        "run-all" | "run" | "stack" => cli
            .words
            .iter()
            .skip(1)
            .map(|word| word.text.as_str())
            .find(|word| matches!(*word, "destroy" | "apply" | "plan" | "output" | "init"))
            .unwrap_or_else(|| cli.word(1)),
        verb => verb,
    };
    let verb = verb.strip_suffix("-all").unwrap_or(verb);
    let targets: Vec<&str> = cli.values(&["-target"]).collect();
    let all = if targets.is_empty() { "every resource".to_owned() } else { targets.join(" ") };
    match verb {
        "destroy" => lost(format!("destroys {all} that {directory} manages")),
        "apply" | "deploy" if has(cli, "destroy") => lost(format!("destroys {all} that {directory} manages")),
        "apply" | "deploy"
            if has(cli, "auto-approve")
                || has(cli, "terragrunt-non-interactive")
                || has(cli, "non-interactive")
                || has(cli, "replace")
                || call.stdin.is_some()
                || cli.word(0) == "run-all"
                || cli.word(0).ends_with("-all") =>
        {
            lost(format!("changes or destroys {all} that {directory} manages, with nobody asked"))
        }
        "apply" if cli.words.len() > 1 => lost(format!("carries out the plan {}, with nobody asked", cli.word(1))),
        "state" => state(cli),
        "taint" | "untaint" => lost(format!("makes the next apply destroy {} and make it anew", cli.subject(1))),
        "force-unlock" => lost("takes the lock away from another run".to_owned()),
        "import" => None,
        "workspace" if cli.word(1) == "delete" => {
            lost(format!("deletes the workspace {} and its state", cli.subject(2)))
        }
        "init" if has(cli, "force-copy") || (has(cli, "migrate-state") && has(cli, "reconfigure")) => {
            lost("replaces the state in its backend".to_owned())
        }
        "output" if has(cli, "raw") || has(cli, "json") => Some(Judgement::unknown("it may show secrets of the state")),
        "console" if call.stdin.is_some() => None,
        "refresh" => None,
        _ => None,
    }
}

fn state(cli: &Cli<'_>) -> Option<Judgement> {
    let subject = cli.subject(2);
    match cli.word(1) {
        "rm" => Some(Judgement::loss(Infrastructure, format!("forgets {subject}, which then nobody manages"))),
        "push" => Some(Judgement::loss(Infrastructure, format!("replaces the state by {subject}"))),
        "mv" | "replace-provider" => Some(Judgement::loss(
            Infrastructure,
            format!("moves {subject} in the state, so that the next apply may destroy it"),
        )),
        "pull" => Some(Judgement::loss(Secrets, "shows the state, with the secrets in it")),
        _ => None,
    }
}

/// What a playbook does isn't known; one that is called after a loss, or narrowed to one, says it.
fn playbook(call: &Invocation<'_>) -> Option<Judgement> {
    let cli = Cli::read(
        call.args,
        &["-i", "--inventory", "-e", "--extra-vars", "-l", "--limit", "-u", "-t", "--tags", "--skip-tags", "-f"],
    );
    if cli.has(&["--check", "-C", "--syntax-check", "--list-hosts", "--list-tasks", "--list-tags"]) {
        return None;
    }
    let stem =
        |path: &str| super::super::run::base_name(path).trim_end_matches(".yml").trim_end_matches(".yaml").to_owned();
    let names =
        cli.words.iter().map(|word| stem(&word.text)).chain(cli.values(&["-t", "--tags"]).map(ToOwned::to_owned));
    let absent = cli.values(&["-e", "--extra-vars"]).find(|vars| vars.contains("=absent")).map(ToOwned::to_owned);
    let named = names.into_iter().find(|name| super::verbs::loss(name).is_some()).or(absent)?;
    Some(Judgement::loss(
        Infrastructure,
        format!(
            "does {named} on every host of {}",
            cli.value(&["-i", "--inventory", "-l", "--limit"]).unwrap_or("the inventory")
        ),
    ))
}

/// `ansible HOSTS -m MODULE -a ARGUMENTS`: modules that remove or stop, whatever the hosts.
fn ad_hoc(call: &Invocation<'_>) -> Option<Judgement> {
    let cli = Cli::read(
        call.args,
        &["-m", "-a", "-i", "-u", "-l", "-e", "-f", "--module-name", "--args", "--inventory", "--become-user"],
    );
    if cli.has(&["--check", "-C", "--list-hosts"]) {
        return None;
    }
    let module = cli.value(&["-m", "--module-name"]).unwrap_or("command").rsplit('.').next().unwrap_or_default();
    let args = cli.value(&["-a", "--args"]).unwrap_or_default();
    let removes = ["state=absent", "state=stopped", "state=removed", "state=latest force", "enabled=no", "purge=yes"]
        .iter()
        .any(|mark| args.contains(mark));
    let stops = matches!(
        module,
        "reboot" | "shutdown" | "win_reboot" | "filesystem" | "parted" | "lvol" | "mysql_db" | "postgresql_db"
    );
    (removes || stops).then(|| {
        Judgement::loss(Infrastructure, format!("removes or stops on every host of {}: {module} {args}", cli.word(0)))
    })
}

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["pulumi"],
        kind: Infrastructure,
        valued: &["-s", "--stack", "-C", "--cwd", "--config", "-c", "-t", "--target", "-m", "--message"],
        rules: &[
            destroys("destroy|dn|down", "destroys every resource of the stack"),
            destroys("up|update", "changes or destroys resources of the stack, with nobody asked").given(&[
                "--yes",
                "-y",
                "--skip-preview",
                "-f",
                "--replace",
                "--target-replace",
            ]),
            destroys(
                "stack|state rm|delete|import|unprotect|rename|repair|protect|move|change-secrets-provider",
                "deletes or replaces the state of {}",
            ),
            destroys("cancel", "stops another update half-way"),
            destroys("refresh|import|watch", "changes the state, with nobody asked").given(&[
                "--yes",
                "-y",
                "--skip-preview",
            ]),
            destroys("config rm|rm-all|refresh", "deletes settings {}"),
            destroys("config|stack|env get|output|export|open", "shows secrets of the stack")
                .given(&["--show-secrets"])
                .kind(Secrets),
            destroys("stack export", "shows the state").given(&["--show-secrets"]).kind(Secrets),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "cdk",
            "sam",
            "sls",
            "serverless",
            "cdk8s",
            "copilot",
            "stacker",
            "cfn",
            "rain",
            "sceptre",
            "troposphere",
            "bicep",
            "azd",
            "arm",
            "formica",
        ],
        kind: Infrastructure,
        valued: &["--stack-name", "--region", "--profile", "-c", "--context", "-a", "--app", "-s", "--stage"],
        rules: &[
            destroys("destroy|delete|remove|rm|down", "destroys the stacks {} and every resource in them"),
            destroys("deploy", "changes or destroys resources of the stacks {}, with nobody asked").given(&[
                "--require-approval=never",
                "never",
                "--force",
                "--hotswap",
                "--no-confirm-changeset",
            ]),
            destroys("app|svc|env|job|pipeline|task|storage delete", "deletes {} and every resource in it"),
            destroys("rollback|gc", "puts an older version of {} in place"),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "ansible",
            "ansible-playbook",
            "ansible-pull",
            "ansible-runner",
            "salt",
            "salt-call",
            "salt-ssh",
            "puppet",
            "chef-client",
            "knife",
            "chef",
            "bolt",
            "fab",
            "cap",
            "pyinfra",
            "mina",
        ],
        kind: Infrastructure,
        valued: &[
            "-i",
            "--inventory",
            "-m",
            "-a",
            "-e",
            "--extra-vars",
            "-l",
            "--limit",
            "-u",
            "-t",
            "--tags",
            "--skip-tags",
            "-f",
            "--become-user",
            "--private-key",
            "-G",
            "-L",
            "-E",
        ],
        rules: &[
            changes("").given(&[
                "--check",
                "-C",
                "--syntax-check",
                "--list-hosts",
                "--list-tasks",
                "--list-tags",
                "--noop",
            ]),
            destroys("", "changes every host of the inventory, by what another machine holds").given(&["-U", "--url"]),
            destroys("all|*", "removes things from every host that it names: {}").given(&[
                "state=absent",
                "absent",
                "ensure=absent",
                "ensure=purged",
                "ensure=stopped",
            ]),
            destroys("*", "removes things from every host that it names: {}").given(&[
                "file.remove",
                "pkg.remove",
                "pkg.purge",
                "service.stop",
                "system.reboot",
                "system.shutdown",
                "system.halt",
                "cmd.run",
                "user.delete",
                "state.highstate",
                "service.dead",
                "system.poweroff",
            ]),
            destroys(
                "node|client|user|cookbook|data|environment|role|ec2|bootstrap|ssh|vault|tag|cert|ca|resource delete|purge|bulk|destroy|clean|revoke",
                "deletes {}",
            ),
            destroys("all", "does as an administrator, on every host that it names: {}").given(&["-b", "--become"]),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "vagrant",
            "packer",
            "docker-machine",
            "kitchen",
            "nixops",
            "nix-collect-garbage",
            "juju",
            "maas",
            "waypoint",
            "nixos-rebuild",
            "terraformer",
            "cloud-nuke",
            "aws-nuke",
            "gcp-nuke",
            "awsweeper",
            "azure-nuke",
        ],
        kind: Infrastructure,
        valued: &["-m", "--model", "-c", "--config"],
        rules: &[
            destroys("switch|boot|test", "puts an older state of the system in place").given(&["--rollback"]),
            destroys(
                "destroy|rm|halt|suspend|remove-application|remove-unit|destroy-model|destroy-controller|kill-controller|remove-machine|teardown",
                "destroys the machines {}",
            ),
            destroys("build", "replaces images that exist: {}").given(&["-force", "--force"]),
            destroys("box|snapshot|plugin|app remove|delete|uninstall|prune|restore", "deletes {}"),
            destroys("", "deletes every resource of the account").given(&[
                "--no-dry-run",
                "--force",
                "--region",
                "--older-than",
                "--config",
                "-d",
                "--delete-old",
            ]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
