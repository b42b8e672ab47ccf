//! Package managers and build tools: publishing can't be undone, and installing from elsewhere runs foreign code.

use super::super::assessment::DestructionKind::{self, AccessControl, CodeExecution, Publication, Secrets};
use super::super::findings::Judgement;
use super::super::run::{Invocation, is_url};
use super::super::text::Text;
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys, only_shows};

const INSTALLERS: &[&str] = &[
    "pip", "pip3", "npm", "yarn", "pnpm", "gem", "cargo", "go", "uv", "poetry", "pipx", "bun", "apt", "apt-get", "yum",
    "dnf", "dpkg", "rpm", "conda", "brew",
];

/// Installing from an address, and settings that send later installs elsewhere.
pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    if let Some(judgement) = fetched_program(call) {
        return Some(judgement);
    }
    if !INSTALLERS.contains(&call.program) {
        return None;
    }
    let cli = Cli::read(
        call.args,
        &["-i", "--index-url", "--extra-index-url", "--registry", "-r", "-t", "--target", "--git", "--source", "-f"],
    );
    if only_shows(&cli) {
        return None;
    }
    let installs = cli
        .words
        .iter()
        .take(2)
        .any(|word| matches!(word.text.as_str(), "install" | "add" | "i" | "sync" | "get" | "localinstall" | "ci"));
    let code = |what: String| Some(Judgement::loss(CodeExecution, what));
    if installs {
        let elsewhere =
            cli.value(&["-i", "--index-url", "--extra-index-url", "--registry", "--source"]).filter(|url| is_url(url));
        let foreign = elsewhere.or_else(|| cli.value(&["--git"])).or_else(|| {
            cli.words
                .iter()
                .map(|word| word.text.as_str())
                .find(|word| is_url(word) || word.starts_with("git+") || word.contains("git+http"))
        });
        if let Some(foreign) = foreign {
            return code(format!("installs and runs code from {foreign}"));
        }
        if call.args.iter().any(|arg| {
            matches!(arg.text.as_str(), "--allow-unauthenticated" | "--trusted-host" | "--nogpgcheck" | "--force-yes")
        }) {
            return code(format!("installs code that isn't verified: {}", cli.subject(1)));
        }
    }
    settings(&cli)
}

/// A program that is named by its address: `deno run https://…`, `java -jar https://…`.
fn fetched_program(call: &Invocation<'_>) -> Option<Judgement> {
    let runs = matches!(call.program, "deno" | "java" | "jbang" | "go" | "bun" | "node" | "nix" | "javaws");
    let after_jar = call.args.iter().position(|arg| arg.text == "-jar").map(|at| at + 1);
    let first = call.args.iter().position(|arg| !arg.text.starts_with('-') && arg.text != "run");
    let operand = if call.program == "java" { after_jar } else { first };
    let url = operand.and_then(|at| call.args.get(at)).map(Text::as_str).filter(|arg| is_url(arg));
    let url = url.filter(|_| call.program != "go" || call.args.first().is_some_and(|arg| arg.text == "run"))?;
    runs.then(|| Judgement::loss(CodeExecution, format!("runs whatever {url} answers, with every right of this user")))
}

/// `npm config set registry`, `ignore-scripts`, and their like.
fn settings(cli: &Cli<'_>) -> Option<Judgement> {
    let sets = matches!((cli.word(0), cli.word(1)), ("config", "set") | ("c", "set")) || cli.word(0) == "set";
    if !sets {
        return None;
    }
    let rest = cli.subject(usize::from(cli.word(0) != "set") + 1).to_ascii_lowercase();
    let moves = [
        "registry",
        "index-url",
        "extra-index-url",
        "proxy",
        "ignore-scripts",
        "strict-ssl",
        "script-shell",
        "cafile",
        "trusted-host",
        "prefix",
        "_authtoken",
        "globalconfig",
        "npmregistryserver",
        "unsafe-perm",
    ];
    moves
        .iter()
        .any(|key| rest.contains(key))
        .then(|| Judgement::loss(CodeExecution, format!("makes later installs take other code, or run it: {rest}")))
}

/// The kind of a login or an owner change.
const RIGHTS: DestructionKind = AccessControl;

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &[
            "npm",
            "yarn",
            "pnpm",
            "bun",
            "lerna",
            "jsr",
            "vsce",
            "ovsx",
            "np",
            "release-it",
            "semantic-release",
            "changeset",
            "rush",
            "nx",
            "turbo",
        ],
        kind: Publication,
        valued: &["--registry", "--tag", "--access", "-w", "--workspace", "--prefix", "-C", "--otp", "-p"],
        rules: &[
            destroys("npm unpublish", "takes {} away from everybody who installs it"),
            destroys("npm publish", "publishes {}, which can't be taken back"),
            destroys("unpublish", "takes {} away from everybody who installs it"),
            destroys("publish", "publishes {}, which can't be taken back"),
            destroys("deprecate|undeprecate", "tells everybody not to use {}"),
            destroys("dist-tag rm|remove|add|tag", "changes which version everybody installs: {}"),
            destroys(
                "owner|access|team|org|profile|hook add|rm|remove|grant|revoke|set|public|restricted|destroy|edit",
                "changes who may publish {}",
            )
            .kind(RIGHTS),
            destroys("token create|revoke|delete|list", "makes or takes away a login")
                .given(&["create", "revoke", "delete"])
                .kind(RIGHTS),
            destroys("login|adduser|logout", "changes the login for publishing").given(&["logout"]).kind(RIGHTS),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["cargo"],
        kind: Publication,
        valued: &[
            "-p",
            "--package",
            "--manifest-path",
            "--registry",
            "--token",
            "--index",
            "--vers",
            "--version",
            "--target",
            "--features",
        ],
        rules: &[
            destroys("publish|release|workspaces|smart-release", "publishes {}, which can't be taken back"),
            destroys("yank", "takes {} away from everybody who builds with it"),
            destroys("owner", "changes who may publish {}").given(&["--add", "--remove", "-a", "-r"]).kind(RIGHTS),
            destroys("login|logout", "changes the login for publishing").given(&["logout"]).kind(RIGHTS),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "gem", "bundle", "twine", "poetry", "uv", "pdm", "hatch", "flit", "maturin", "setup.py", "rye", "pip",
            "pip3", "pipenv", "pipx", "conda", "mamba", "anaconda", "conan", "vcpkg",
        ],
        kind: Publication,
        valued: &[
            "-k",
            "--key",
            "-r",
            "--repository",
            "--repository-url",
            "-u",
            "-p",
            "-v",
            "--version",
            "-i",
            "-d",
            "-n",
            "--name",
        ],
        rules: &[
            destroys("* upload", "publishes {}, which can't be taken back"),
            destroys("push|publish|upload|release", "publishes {}, which can't be taken back"),
            destroys("yank|unpublish", "takes {} away from everybody who installs it"),
            destroys("owner", "changes who may publish {}").given(&["-a", "-r", "--add", "--remove"]).kind(RIGHTS),
            destroys("signin|signout", "changes the login for publishing").given(&["signout"]).kind(RIGHTS),
            destroys("uninstall", "removes the packages {} that programs of this host use").kind(DestructionKind::Host),
            destroys("env|environment remove|prune", "deletes the environment {}").kind(DestructionKind::Files),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "gradle",
            "gradlew",
            "mvn",
            "mvnw",
            "sbt",
            "ant",
            "lein",
            "bazel",
            "buck2",
            "pants",
            "mill",
            "jbang",
            "dotnet",
            "nuget",
            "msbuild",
            "swift",
            "pod",
            "carthage",
            "rebar3",
            "stack",
            "cabal",
            "composer",
            "dart",
            "flutter",
            "goreleaser",
            "jreleaser",
            "jfrog",
            "jf",
            "cloudsmith",
            "nexus-cli",
            "opam",
            "luarocks",
            "hex",
            "snapcraft",
            "fastlane",
            "eas",
            "expo",
            "apm",
        ],
        kind: Publication,
        valued: &["-P", "-D", "-f", "-p", "-pl", "--file", "-s", "-k", "--api-key", "--source"],
        rules: &[
            changes("publishToMavenLocal"),
            destroys(
                "publish*|uploadArchives|deploy|deploy:*|release|release:perform|release:clean|bintrayUpload|publishToSonatype|closeAndRelease*|artifactoryPublish|push|upload|ship|submit|pilot|deliver|supply",
                "publishes {}, which can't be taken back",
            ),
            destroys("* publish*|deploy|release|upload|push|trunk", "publishes {}, which can't be taken back"),
            destroys("nuget delete|push", "deletes or publishes the package {}"),
            destroys("delete", "takes {} away from everybody who installs it"),
            destroys(
                "delete|rt|trunk|repo|access|cb del|delete|deprecate|unpublish|remove-owner|add-owner|rm|revoke",
                "takes {} away from everybody who installs it",
            )
            .given(&["del", "delete", "deprecate", "unpublish", "remove-owner", "add-owner", "rm"]),
            destroys("nuke|match", "revokes every certificate").given(&["nuke"]).kind(Secrets),
            destroys("clean", "deletes every build output and external dependency")
                .given(&["--expunge", "--expunge_async"])
                .kind(DestructionKind::Files),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
];
