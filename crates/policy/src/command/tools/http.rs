//! HTTP clients: the method, the address and what is sent.

use super::super::assessment::DestructionKind::{
    self, CodeExecution, Configuration, Database, Forge, Mail, Messaging, Monitoring, Network, Payments, Pipeline,
    Search, Secrets, Service,
};
use super::super::findings::Judgement;
use super::super::run::{Invocation, is_url, paths};
use super::super::text::Text;
use super::Cli;

const CURL_VALUED: &[&str] = &[
    "-X",
    "--request",
    "-H",
    "--header",
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--json",
    "-F",
    "--form",
    "-o",
    "--output",
    "-u",
    "--user",
    "-T",
    "--upload-file",
    "-A",
    "--user-agent",
    "-e",
    "--referer",
    "-b",
    "--cookie",
    "-c",
    "--cookie-jar",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-x",
    "--proxy",
    "--cacert",
    "--cert",
    "-E",
    "--key",
    "-K",
    "--config",
    "-w",
    "--write-out",
    "--retry",
    "--resolve",
    "--url",
    "--unix-socket",
    "-D",
    "-r",
    "--retry-delay",
    "--form-string",
    "--url-query",
    "-z",
    "-C",
    "--limit-rate",
    "--interface",
    "-t",
    "-Q",
    "--quote",
    "--oauth2-bearer",
    "--aws-sigv4",
];
const WGET_VALUED: &[&str] = &[
    "-O",
    "--output-document",
    "-P",
    "--header",
    "--post-data",
    "--post-file",
    "--body-data",
    "--body-file",
    "--method",
    "-o",
    "-U",
    "-t",
    "-T",
    "--user",
    "--password",
];

/// A request as far as its command line tells.
struct Request<'a> {
    method: String,
    url: &'a str,
    data: Vec<&'a str>,
    /// Files whose content is sent.
    sent: Vec<&'a str>,
    /// A file that the answer goes to.
    output: Option<&'a str>,
}

/// Parts of a path by which a POST or a PUT ends, empties or stops something.
const ENDS_SOMETHING: &[&str] = &[
    "_delete_by_query",
    "/delete",
    "delete-batch",
    "delete_series",
    "dodelete",
    "deleteby",
    "/purge",
    "_purge",
    "/clear",
    "/destroy",
    "/remove",
    "/truncate",
    "/drop",
    "/flush",
    "/revoke",
    "/cancel",
    "/terminate",
    "/suspend",
    "/archive",
    "clean_tombstones",
    "/-/quit",
    "/quit",
    "/shutdown",
    "/safeexit",
    "/saferestart",
    "/safe-exit",
    "/exit",
    "/safe_exit",
    "/kill",
    "/wipe",
    "/reset",
    "/_close",
    "/_shrink",
    "_rollover",
    "_cluster/reroute",
    "/deactivate",
    "/disable",
    "bulk_delete",
    "bulk-delete",
    "/void",
    "/refunds",
    "/refund",
    "/silences",
    "/mute",
    "/scripttext",
    "/script",
    "/restart",
    "/quietdown",
    "/stop",
    "/unsubscribe",
    "/erase",
    "/_forcemerge",
    "delete-by",
    "deletebyquery",
    "/deletions",
    "/api_keys/roll",
    "delete_documents",
    "/rollback",
    "/_freeze",
    "_ilm/stop",
    "_slm/stop",
    "/seal",
    "providers/rest",
    "/step-down",
    "/rekey",
];

/// The same in a body, without its white space and in small letters.
const ENDS_IN_BODY: &[&str] = &[
    "\"delete\"",
    "\"remove\"",
    "\"op\":\"remove\"",
    "\"action\":\"delete\"",
    "mutation{delete",
    "delete_topic",
    "\"enabled\":false",
    "\"status\":\"disabled\"",
    "\"archived\":true",
    "\"active\":false",
    "\"replicas\":0",
    "\"desired_count\":0",
    "\"instances\":0",
    "\"deletebyquery\"",
    "<delete>",
    "\"purge_everything\":true",
    "mutation{remove",
    "deleteindex",
];

/// What is kept at an address, by parts of it.
const KINDS: &[(&[&str], DestructionKind)] = &[
    (
        &["stripe", "braintree", "squareup", "paypal", "adyen", "paddle", "chargebee", "recurly", "razorpay", "mollie"],
        Payments,
    ),
    (
        &[":9200", "opensearch", "elastic", "algolia", ":7700", "meilisearch", "typesense", "solr", ":8983", ":8108"],
        Search,
    ),
    (&["mailgun", "postmark", "sendgrid", "mailchimp", "sparkpost", "mandrill", "resend.com", "brevo"], Mail),
    (
        &[
            "launchdarkly",
            "split.io",
            "unleash",
            "flipt",
            "flagsmith",
            "configcat",
            "optimizely",
            "statsig",
            "growthbook",
        ],
        Configuration,
    ),
    (
        &[
            "datadog",
            "grafana",
            "prometheus",
            ":9090",
            "newrelic",
            "pagerduty",
            "splunk",
            "sentry",
            "alertmanager",
            ":9093",
            "opsgenie",
            "honeycomb",
            "logz",
            "kibana",
            "loki",
            "statuspage",
            "betteruptime",
            "pingdom",
        ],
        Monitoring,
    ),
    (
        &[
            "jenkins",
            "circleci",
            "buildkite",
            "travis",
            "drone",
            "teamcity",
            "argo",
            "/pipelines",
            "/runners",
            "appveyor",
        ],
        Pipeline,
    ),
    (&["api.github.com", "gitlab", "bitbucket", "gitea", "dev.azure.com", "forgejo"], Forge),
    (&[":15672", "rabbitmq", "kafka", "/topics", "/queues", "confluent", "pulsar", "nats"], Messaging),
    (
        &[
            ":8001",
            "kong",
            "apigee",
            "cloudflare",
            "fastly",
            "/zones/",
            "/dns",
            "haproxy",
            "traefik",
            "caddy",
            ":2019",
            "nginx",
            "consul",
            "linkerd",
            "envoy",
            "godaddy",
            "dnsimple",
            "digitalocean",
            "akamai",
        ],
        Network,
    ),
    (&["vault", ":8200", "doppler", "1password", "infisical"], Secrets),
    (
        &[
            "couchdb",
            ":5984",
            "influx",
            ":8086",
            "clickhouse",
            ":8123",
            "supabase",
            "firebase",
            "mongodb",
            "qdrant",
            "weaviate",
            "pinecone",
            "neon.tech",
            "planetscale",
        ],
        Database,
    ),
    (&["docker.sock", ":2375"], CodeExecution),
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    let cli = match call.program {
        "curl" | "curlie" => Cli::read(call.args, CURL_VALUED),
        "wget" | "wget2" => Cli::read(call.args, WGET_VALUED),
        "grpcurl" | "grpc_cli" | "evans" | "buf" => return called(call),
        "http" | "https" | "xh" | "xhs" => {
            Cli::read(call.args, &["-a", "--auth", "-o", "--output", "--session", "--proxy", "--timeout", "--raw"])
        }
        _ => return None,
    };
    if cli.has(&["--help", "--version", "-V"]) {
        return Some(Judgement::unknown("it shows its help"));
    }
    let request = match call.program {
        "curlie" if is_method(cli.word(0)) => httpie(&cli),
        "curl" | "curlie" => curl(&cli),
        "wget" | "wget2" => wget(&cli),
        _ => httpie(&cli),
    };
    Some(requested(&request, call))
}

/// A header or a field by which a server is told another method than the request has.
fn overridden(request: &Request<'_>, call: &Invocation<'_>) -> bool {
    let asks = |text: &str| {
        let text: String = text.to_ascii_lowercase().split_whitespace().collect();
        ["method-override:delete", "http-method:delete", "_method=delete", "_method\":\"delete\""]
            .iter()
            .any(|mark| text.contains(mark))
    };
    let get = matches!(request.method.as_str(), "GET" | "HEAD");
    call.args.iter().any(|arg| asks(&arg.text)) && (!get || request.url.to_ascii_lowercase().contains("_method=delete"))
}

fn curl<'a>(cli: &Cli<'a>) -> Request<'a> {
    const DATA: &[&str] =
        &["-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json", "-F", "--form", "--form-string"];
    let data: Vec<&str> = cli.values(DATA).collect();
    let upload = cli.value(&["-T", "--upload-file"]);
    let implied = match (upload, data.is_empty() || cli.has(&["-G", "--get"])) {
        (Some(_), _) => "PUT",
        (None, false) => "POST",
        (None, true) => "GET",
    };
    let url = cli.value(&["--url"]).or_else(|| cli.words.last().map(|word| word.text.as_str())).unwrap_or_default();
    let sent = data.iter().filter_map(|data| super::network::uploads_secret(data)).chain(upload).collect();
    let method = cli.value(&["-X", "--request"]).unwrap_or(implied).to_ascii_uppercase();
    Request { method, url, data, sent, output: cli.value(&["-o", "--output"]) }
}

fn wget<'a>(cli: &Cli<'a>) -> Request<'a> {
    let data: Vec<&str> = cli.values(&["--post-data", "--body-data"]).collect();
    let sent: Vec<&str> = cli.values(&["--post-file", "--body-file"]).collect();
    let implied = if data.is_empty() && sent.is_empty() { "GET" } else { "POST" };
    let method = cli.value(&["--method"]).unwrap_or(implied).to_ascii_uppercase();
    let url = cli.words.last().map_or("", |word| word.text.as_str());
    Request { method, url, data, sent, output: cli.value(&["-O", "--output-document"]) }
}

fn is_method(word: &str) -> bool {
    ["get", "head", "post", "put", "patch", "delete", "options", "purge"]
        .iter()
        .any(|method| word.eq_ignore_ascii_case(method))
}

/// `grpcurl … HOST package.Service/Method`: the method's name says what it does.
fn called(call: &Invocation<'_>) -> Option<Judgement> {
    let method = call.args.last()?.text.rsplit(['/', '.']).next()?;
    super::verbs::loss(method)?;
    Some(Judgement::loss(Service, format!("calls {}", call.args.last()?.text)))
}

fn httpie<'a>(cli: &Cli<'a>) -> Request<'a> {
    let first = cli.word(0);
    let names_method = is_method(first) || (!first.is_empty() && first.bytes().all(|byte| byte.is_ascii_uppercase()));
    let (method, skip) = if names_method { (first.to_ascii_uppercase(), 1) } else { (String::new(), 0) };
    let data: Vec<&str> = cli.words.iter().skip(skip + 1).map(|word| word.text.as_str()).collect();
    let method = match method.as_str() {
        "" if data.iter().any(|item| item.contains('=')) => "POST".to_owned(),
        "" => "GET".to_owned(),
        _ => method,
    };
    Request { method, url: cli.word(skip), data, sent: Vec::new(), output: cli.value(&["-o", "--output"]) }
}

fn requested(request: &Request<'_>, call: &Invocation<'_>) -> Judgement {
    let url = request.url;
    let of_the_system =
        |path: &str| ["/etc/", "/root/", "/var/lib/", "/proc/"].iter().any(|place| path.starts_with(place));
    if let Some(secret) = request.sent.iter().find(|path| of_the_system(path) || paths::is_secret(path)) {
        return Judgement::loss(Secrets, format!("sends the secrets in {secret} to {url}"));
    }
    if let Some(judgement) = carried_away(request, call) {
        return judgement;
    }
    if is_metadata_service(url) {
        return Judgement::loss(Secrets, format!("reads this machine's cloud credentials from {url}"));
    }
    if url.starts_with("file://") && paths::is_secret(url.trim_start_matches("file://")) {
        return Judgement::loss(Secrets, format!("shows the secrets in {url}"));
    }
    if let Some(judgement) = request
        .output
        .map(|path| paths::written(&Text::exact(path), false))
        .filter(|judgement| matches!(judgement, Judgement::Destroys(_)))
    {
        return judgement;
    }
    if overridden(request, call) {
        return Judgement::loss(kind(url), format!("deletes {url} by its API"));
    }
    match request.method.as_str() {
        "DELETE" | "PURGE" | "UNLINK" => Judgement::loss(kind(url), format!("deletes {url} by its API")),
        "GET" | "HEAD" | "OPTIONS" if !is_effectful_get(url) => Judgement::unknown("it talks to another machine"),
        _ => written(request),
    }
}

/// A substitution inside the address or the data takes its output along.
fn carried_away(request: &Request<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    use super::super::text::Origin;
    let carried = call.args.iter().chain(call.stdin).find_map(|text| match &text.origin {
        Some(Origin::Secret(what)) => Some(what),
        _ => None,
    })?;
    Some(Judgement::loss(Secrets, format!("sends {carried} to {}", request.url)))
}

/// The addresses at which clouds hand out a machine's credentials.
fn is_metadata_service(url: &str) -> bool {
    [
        "169.254.169.254",
        "metadata.google.internal",
        "169.254.170.2",
        "100.100.100.200",
        "fd00:ec2::254",
        "169.254.170.23",
    ]
    .iter()
    .any(|host| url.contains(host))
}

fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/').map_or_else(String::new, |(_, path)| format!("/{}", path.to_ascii_lowercase()))
}

/// Some APIs act on a GET.
fn is_effectful_get(url: &str) -> bool {
    let path = path_of(url);
    ["dodelete", "/quit", "/shutdown", "/safeexit", "action=delete", "method=delete", "_method=delete"]
        .iter()
        .any(|mark| path.contains(mark))
}

/// Requests that change something, by what their address and body say.
fn written(request: &Request<'_>) -> Judgement {
    let path = path_of(request.url);
    let body: String = request.data.join(" ").chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(mark) = ENDS_SOMETHING.iter().find(|mark| path.contains(*mark)) {
        let what = mark.trim_matches(['/', '_', '-']).replace(['_', '-'], " ");
        return Judgement::loss(kind(request.url), format!("asks {} to {what} by its API", request.url));
    }
    if ENDS_IN_BODY.iter().any(|mark| body.to_ascii_lowercase().contains(mark))
        || (body.contains("mutation") && body.to_ascii_lowercase().contains("delete"))
    {
        return Judgement::loss(
            kind(request.url),
            format!("asks {} to delete or switch off what its body names", request.url),
        );
    }
    let settings = request.method == "PUT"
        && path.contains("_cluster/settings")
        && (body.contains("allocation") || body.contains("destructive"));
    if settings {
        return Judgement::loss(Search, format!("changes how {} keeps its data", request.url));
    }
    if path.contains("_bulk") && body.contains("delete") {
        return Judgement::loss(Search, format!("deletes documents of {}", request.url));
    }
    if !is_url(request.url) && request.url.is_empty() {
        return Judgement::unknown("where it connects isn't known");
    }
    Judgement::unknown("it changes something by an API")
}

/// What sort of thing an API keeps, by its address.
fn kind(url: &str) -> DestructionKind {
    let url = url.to_ascii_lowercase();
    KINDS.iter().find(|(marks, _)| marks.iter().any(|mark| url.contains(mark))).map_or(Service, |(_, kind)| *kind)
}
