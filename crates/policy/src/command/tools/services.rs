//! Services that a platform depends on: gateways, load balancers, monitoring, feature flags, search, mail, payments.

use super::super::assessment::DestructionKind::{
    self, AccessControl, Configuration, Mail, Monitoring, Network, Payments, Search,
};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::super::text::Text;
use super::table::{Otherwise, Tool, changes, destroys};

/// Servers that are told by a signal or a socket.
pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    let given = |names: &[&str]| call.args.iter().any(|arg| names.contains(&arg.text.as_str()));
    match call.program {
        "haproxy" if given(&["-st", "-sf"]) => {
            Some(Judgement::loss(Network, "ends the running load balancer, and the connections that pass through it"))
        }
        "nginx" | "apachectl" | "apache2ctl" | "httpd" | "openresty" | "angie" | "caddy" | "envoy" | "lighttpd" => {
            let words: Vec<&str> = call.args.iter().map(Text::as_str).collect();
            let stops = words.windows(2).any(|pair| matches!(pair, ["-s" | "-k", "stop" | "quit" | "graceful-stop"]))
                || matches!(words.first(), Some(&"stop" | &"graceful-stop"));
            stops.then(|| {
                Judgement::loss(Network, format!("stops {}, and the traffic that passes through it", call.program))
            })
        }
        "ipvsadm" | "keepalived" if given(&["-C", "--clear", "-D", "-d", "--stop-daemon"]) => {
            Some(Judgement::loss(Network, "removes servers from the load balancer"))
        }
        _ => None,
    }
}

/// The rows of a family of tools with one kind and no more rules than their verbs.
const fn verbs(names: &'static [&'static str], kind: DestructionKind, valued: &'static [&'static str]) -> Tool {
    Tool { names, kind, valued, rules: &[], otherwise: Otherwise::Verbs }
}

pub(super) const TOOLS: &[Tool] = &[
    verbs(
        &[
            "apigeecli",
            "traefik",
            "krakend",
            "tyk",
            "gravitee",
            "gloo",
            "glooctl",
            "ambassador",
            "edgectl",
            "egctl",
            "ngrok",
            "akamai",
            "bunny",
            "keycdn",
            "imperva",
            "f5",
            "tmsh",
            "gcore",
            "nghttpx",
            "aviatrix",
            "tailscale",
            "wg",
            "zerotier-cli",
            "netbird",
            "headscale",
        ],
        Network,
        &["--org", "-o", "--env", "-e", "--token", "-t", "-c", "--config"],
    ),
    Tool {
        names: &["kong"],
        kind: Network,
        valued: &["-c", "--conf", "-p", "--prefix"],
        rules: &[
            destroys("stop|quit|restart", "stops the gateway, and the traffic that passes through it"),
            destroys("migrations reset", "deletes every route, service and consumer of the gateway"),
            destroys("migrations down|finish", "changes the gateway's database with no way back"),
            destroys("config db_import", "replaces the gateway's whole configuration by {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["deck"],
        kind: Network,
        valued: &[
            "--kong-addr",
            "-s",
            "--state",
            "-w",
            "--workspace",
            "--select-tag",
            "--output-file",
            "-o",
            "--headers",
        ],
        rules: &[
            changes("dump|diff|ping|validate|version|convert|help|completion|file|render"),
            changes("gateway dump|diff|ping|validate"),
            destroys("reset", "deletes every route, service and consumer of the gateway"),
            destroys("sync", "replaces the gateway's whole configuration, and deletes what the file doesn't have"),
            destroys("gateway reset|sync|apply", "replaces or deletes the gateway's whole configuration"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &[
            "datadog-ci",
            "dog",
            "dogshell",
            "newrelic",
            "splunk",
            "grafana-cli",
            "grafana",
            "grafanactl",
            "amtool",
            "promtool",
            "sentry-cli",
            "honeycomb",
            "logcli",
            "mimirtool",
            "cortextool",
            "thanos",
            "victoriametrics",
            "vmctl",
            "pd",
            "pagerduty",
            "opsgenie",
            "statuspage",
            "nagios",
            "zabbix_sender",
            "icinga2",
            "sensuctl",
            "checkly",
            "telegraf",
            "fluent-bit",
            "chronograf",
            "elastalert",
            "kibana",
            "beats",
            "filebeat",
            "auditbeat",
            "osqueryi",
            "wazuh-control",
            "falcoctl",
            "instana",
            "dynatrace",
            "dtctl",
            "appd",
            "site24x7",
            "uptimerobot",
            "betteruptime",
            "healthchecks",
            "rollbar",
            "bugsnag-cli",
        ],
        kind: Monitoring,
        valued: &[
            "--api-key",
            "--site",
            "-a",
            "--accountId",
            "--url",
            "--alertmanager.url",
            "-auth",
            "-index",
            "--name",
            "-n",
            "--org",
            "-o",
            "--project",
            "-p",
            "--rule-group",
        ],
        rules: &[
            destroys("silence add|import|update", "silences the alerts {}"),
            destroys("silence expire", "ends the silences {}"),
            destroys("clean", "deletes the events of the index {}"),
            destroys("stop|restart|offline|rolling-restart|disable|resync|fsck", "stops the monitoring: {}")
                .given(&["stop", "offline", "disable"]),
            destroys("remove|delete", "deletes {}"),
            destroys("incident resolve|ack|snooze|reassign|merge", "takes an incident away from those on call: {}")
                .given(&["resolve", "snooze", "merge"]),
            destroys("service disable|delete|remove", "stops the alerts of {}"),
            destroys("maintenance|downtime|downtimes|mute create|add|post|schedule", "silences alerts: {}"),
            destroys("monitor|host|monitors|hosts mute|mute_all|delete|mute-all", "silences the monitors {}"),
            destroys("admin reset-admin-password|data-migration", "changes the login of the administrator")
                .kind(AccessControl),
            destroys("rules delete|sync|load", "deletes or replaces the alert rules {}").given(&["delete", "sync"]),
            destroys("alertmanager delete", "deletes the alert routes"),
            destroys("tsdb|tools create-blocks-from|bucket", "changes stored metrics")
                .given(&["cleanup", "rewrite", "mark"]),
        ],
        otherwise: Otherwise::Verbs,
    },
    verbs(
        &[
            "ldcli",
            "split",
            "unleash",
            "flipt",
            "flagsmith",
            "configcat",
            "growthbook",
            "statsig",
            "optimizely",
            "eppo",
            "devcycle",
            "flagd",
            "confd",
            "apollo",
            "nacos",
        ],
        Configuration,
        &["--workspace", "--project", "--environment", "-e", "--access-token", "--name", "-n", "--namespace"],
    ),
    verbs(
        &[
            "algolia",
            "meilisearch",
            "meilitool",
            "elasticdump",
            "opensearch-cli",
            "typesense",
            "solr",
            "esctl",
            "vulcanizer",
            "curator",
            "curator_cli",
            "elasticsearch",
            "elasticsearch-users",
            "elasticsearch-keystore",
            "elasticsearch-node",
            "sonic",
            "vespa",
            "qdrant",
            "weaviate",
            "pinecone",
            "zinc",
        ],
        Search,
        &["--index", "-c", "-p", "--config", "--host", "--profile"],
    ),
    verbs(
        &[
            "mailgun",
            "postmark",
            "sendgrid",
            "mailchimp",
            "resend",
            "mailjet",
            "sparkpost",
            "mailq",
            "doveadm",
            "exim",
            "postmulti",
        ],
        Mail,
        &["--domain", "-d"],
    ),
    Tool {
        names: &["postsuper", "postqueue"],
        kind: Mail,
        valued: &[],
        rules: &[destroys("", "deletes or holds queued mail").given(&["-d", "-h", "-r"])],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "stripe",
            "braintree",
            "square",
            "paypal",
            "adyen",
            "paddle",
            "chargebee",
            "recurly",
            "razorpay",
            "mollie",
            "plaid",
            "gocardless",
        ],
        kind: Payments,
        valued: &["--api-key", "-p", "--project-name", "-d", "--data", "-s", "--stripe-account"],
        rules: &[
            destroys("delete", "deletes {}"),
            destroys(
                "refunds|payouts|transfers|charges|payment_intents create|cancel|capture|reverse",
                "moves money: {}",
            )
            .given(&["create", "cancel", "reverse"]),
            destroys("* cancel|void|void_invoice|mark_uncollectible|finalize_invoice|reject|detach", "ends {}"),
            destroys("api_keys|keys roll|create|rotate|expire", "replaces the keys that payments are made with: {}"),
            destroys("post", "changes payments by the API: {}").given(&["--live"]),
            destroys("* update", "changes {}").given(&["--live"]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
