//! Servers and services that run pipelines.

use super::super::assessment::DestructionKind::{AccessControl, Pipeline, Secrets};
use super::table::{Otherwise, Tool, changes, destroys};

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["jenkins-cli", "jenkins", "java", "jcli", "jenkins-cli.jar"],
        kind: Pipeline,
        valued: &["-s", "-jar", "-auth", "-cp", "-classpath", "-i", "-user", "-ssh", "-http"],
        rules: &[
            destroys("delete-job|delete-builds|delete-node|delete-view|delete-credentials|delete-credentials-domain|remove-job-from-view|disable-job|disable-plugin|clear-queue|disconnect-node|offline-node|quiet-down|restart|safe-restart|safe-shutdown|shutdown|set-build-result|stop-builds|uninstall-plugin|delete-credentials-batch|reload-configuration", "deletes or stops {} on the Jenkins server"),
            destroys("groovy|groovysh", "runs any code on the Jenkins server").kind(super::super::assessment::DestructionKind::CodeExecution),
            destroys("install-plugin|import-credentials-as-xml|update-credentials-by-xml|create-credentials-by-xml|session-id|reload-job", "changes what the Jenkins server runs, or as whom: {}").kind(AccessControl),
            destroys("update-job|update-node|update-view", "replaces {} on the Jenkins server"),
            destroys("list-credentials-as-xml", "shows credentials of the Jenkins server").kind(Secrets),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["circleci"],
        kind: Pipeline,
        valued: &["--token", "--host", "--org-id"],
        rules: &[
            destroys("context delete|remove-secret|delete-secret", "deletes the secrets {} that pipelines use").kind(Secrets),
            destroys("context store-secret", "overwrites a secret that pipelines use: {}").kind(Secrets),
            destroys("namespace|orb|runner|policy|project|admin|follow|pipeline delete|unpublish|remove|rename|delete-alias|unlist|delete-namespace-alias|import-orb|delete-namespace", "deletes {}"),
            destroys("runner token|resource-class|instance delete|create|remove", "changes the runners: {}").given(&["delete", "remove"]),
            destroys("namespace rename|alias", "renames {}").given(&["rename", "delete"]),
            destroys("admin", "changes the service under everybody: {}"),
            destroys("orb unlist|publish", "changes what others' pipelines run: {}").given(&["unlist", "promote"]),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["gitlab-runner", "gitlab-ctl", "gitlab-rake", "gitlab-rails", "gitlab-backup"],
        kind: Pipeline,
        valued: &["--url", "--token", "-u", "-t", "-n", "--name", "-c", "--config"],
        rules: &[
            destroys("unregister", "removes runners, which then run no jobs"),
            destroys("stop|uninstall|restart|kill|term|int|hup|once", "stops the runners or the forge"),
            destroys("verify", "removes runners that don't answer").given(&["--delete"]),
            destroys("reset-token", "replaces the token of the runner").kind(AccessControl),
            destroys("cleanse|remove-accounts|graceful-kill|reconfigure|upgrade|pg-upgrade|promote-to-primary-node|deploy-page|geo-replication-pause|restore|set-geo-primary-node|registry-garbage-collect", "stops or empties the forge: {}"),
            destroys("gitlab:setup|gitlab:backup:restore|db:drop|gitlab:cleanup:*|cache:clear|gitlab:two_factor:disable_for_all_users", "deletes data of the forge: {}"),
            destroys("runner|console", "runs any code in the forge: {}").kind(super::super::assessment::DestructionKind::CodeExecution),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["buildkite-agent", "bk", "drone", "woodpecker-cli", "travis", "teamcity", "concourse", "act_runner", "act", "semaphore", "sem", "codefresh", "harness", "appveyor", "gocd", "dagger", "earthly", "tekton", "screwdriver", "zuul", "cirrus", "bamboo", "buildbot"],
        kind: Pipeline,
        valued: &["--token", "--org", "-t", "--config", "--job", "-r", "--repo"],
        rules: &[
            destroys("secret get|export|list", "shows a secret of the pipeline").given(&["get"]).kind(Secrets),
            destroys("agent stop|pause|kill", "stops agents: {}"),
            destroys("destroy-pipeline|dp|destroy-team|prune-worker|land-worker|clear-task-cache|clear-resource-cache|clear-versions|archive-pipeline|pause-pipeline|expose-pipeline|abort-build|retire-worker", "destroys or stops {}"),
            destroys("repo disable|rm|chown|repair", "stops the pipelines of {}"),
            destroys("env clear|unset|remove", "deletes variables that pipelines use"),
            destroys("prune", "deletes caches").given(&["--all", "-a"]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
