//! Tools around a Kubernetes cluster.

use super::super::assessment::DestructionKind::{AccessControl, Cluster, CodeExecution, Database, Network, Secrets, Storage};
use super::table::{Otherwise, Tool, changes, destroys};

const VALUED: &[&str] = &[
    "-n", "--namespace", "--kube-context", "--kubeconfig", "--context", "-f", "--values", "--set", "--version", "--timeout", "--history-max", "-o", "--output",
    "--server", "--name", "-p", "--profile", "--endpoints", "--cacert", "--cert", "--key", "--user", "--grpc-web-root-path", "--auth-token",
];

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["helm", "helm3", "helmfile", "werf-helm"],
        kind: Cluster,
        valued: VALUED,
        rules: &[
            changes("template|lint|diff|list|ls|status|history|get|show|search|version|env|dependency|dep|package|verify|test|pull|fetch"),
            destroys("uninstall|delete|del|un|destroy", "uninstalls the release {} and every object in it"),
            destroys("rollback", "puts an older revision of {} in place"),
            destroys("upgrade|install", "replaces every object of {}, the data of its jobs and hooks included").given(&["--force", "--reset-values", "--cleanup-on-fail", "--force-replace"]),
            destroys("upgrade|install * http*|oci*", "makes the cluster run whatever that chart holds: {}").kind(CodeExecution),
            destroys("upgrade|install http*", "makes the cluster run whatever that chart holds: {}").kind(CodeExecution),
            destroys("plugin install|update", "runs code of the plugin {} on this host").kind(CodeExecution),
            destroys("plugin|repo uninstall|remove|rm", "removes {}"),
            destroys("registry logout", "removes credentials"),
            destroys("sync|apply", "replaces every release that the file names").given(&["--skip-diff-on-install", "--include-needs"]),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["flux", "argocd", "argo", "kargo", "werf-cd", "fleet", "tanka", "tk", "kapp", "skaffold", "tilt", "garden", "devspace", "okteto", "kustomize", "kluctl", "carvel", "ytt", "keptn", "spinnaker", "spin"],
        kind: Cluster,
        valued: VALUED,
        rules: &[
            destroys("uninstall", "uninstalls the controllers, and leaves or deletes what they manage"),
            destroys("delete|destroy|purge|prune", "deletes {} and every object it manages"),
            destroys("suspend", "stops the delivery of {}"),
            destroys("app|application|appset|repo|cluster|proj|project|account|repocreds|cert|gpg delete|rm|remove|terminate-op|delete-token|delete-resource", "deletes {} and every object it manages"),
            destroys("app|application sync|rollback|set|actions|patch|patch-resource", "replaces or deletes objects of {}").given(&["--prune", "--force", "--replace", "rollback", "--sync-policy=none", "--self-heal=false", "--auto-prune"]),
            destroys("app|application rollback|terminate-op|unset", "puts an older revision of {} in place"),
            destroys("account update-password|generate-token|bcrypt", "changes or shows a login").kind(AccessControl),
            destroys("cluster add", "lets the tool rule the cluster {}").kind(AccessControl),
            destroys("admin initial-password|export|import|settings", "shows or replaces the tool's own data").kind(Secrets),
            destroys("terminate|stop|retry", "stops the workflow {}").given(&["terminate"]),
            destroys("down", "deletes every object it made"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["istioctl", "linkerd", "cilium", "calicoctl", "hubble", "consul-k8s", "kuma", "kumactl", "osm", "traefik-mesh", "meshctl", "antctl", "weave", "kubefwd", "subctl", "tkn", "knative", "kn", "cmctl", "kubectx", "kubens", "kubeseal", "kubescape", "kyverno", "conftest", "opa", "kube-linter", "polaris", "popeye", "crossplane", "clusterctl", "kops", "kubespray", "rke", "talosctl", "k3d", "kind", "minikube", "microk8s", "k0s", "k0sctl", "k3s", "k3sup", "k3s-uninstall", "k3s-killall", "rancher", "tanzu", "eksctl", "rosa", "ocm", "kubeadm", "vcluster", "capsule", "loft", "kubermatic", "gardenctl", "kurtosis", "microshift", "crc", "openshift-install", "rke2", "rke2-uninstall", "rke2-killall", "longhornctl", "ceph", "rook", "rbd", "rados", "cephadm", "gluster", "linstor", "drbdadm", "portworx", "pxctl", "mayactl", "kubevirt", "virtctl"],
        kind: Cluster,
        valued: VALUED,
        rules: &[
            destroys("x|uninstall|purge|reset|destroy|nuke|teardown", "takes {} down, with what depends on it"),
            destroys("reset|wipe|shutdown|reboot|rollback|leave|stop|delete", "takes the cluster or its node down: {}"),
            destroys("delete|del|rm|remove|uninstall|stop-all|terminate", "deletes the cluster or its part {}"),
            destroys("osd|pool|mon|fs|mds|auth|rbd|volume|snap|orch|pg|crush rm|remove|delete|purge|out|down|destroy|zap|fail|reset|lost|force-create-pg|rmfailed", "destroys {} of the storage cluster, with its data").kind(Storage),
            destroys("* set", "stops the storage cluster from healing").given(&["noout", "pause", "norecover"]),
            destroys("token|certs|kubeconfig|init create|phase|generate-csr|renew|user|upload-certs", "makes new logins of the cluster").given(&["create", "user", "renew", "--upload-certs"]).kind(AccessControl),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["etcdctl", "etcd"],
        kind: Database,
        valued: VALUED,
        rules: &[
            destroys("del|rm|rmdir|compact|compaction|defrag|move-leader", "deletes the keys {} of the cluster's own database"),
            destroys("member remove", "removes the member {} from the cluster's own database"),
            destroys("snapshot restore", "replaces the cluster's own database"),
            destroys("user|role|auth delete|grant-role|revoke-role|disable|passwd|grant-permission|revoke-permission|remove", "changes who may use the cluster's own database").kind(AccessControl),
            destroys("get", "shows every secret of the cluster").given(&["/registry/secrets"]).kind(Secrets),
            destroys("lease revoke", "deletes the keys of the lease {}"),
            destroys("put", "overwrites keys {} of the cluster's own database"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["nomad"],
        kind: Cluster,
        valued: &["-namespace", "-address", "-region", "-token"],
        rules: &[
            destroys("stop|job stop|alloc", "stops the job {}").given(&["-purge", "--purge", "stop"]),
            destroys("stop", "stops the job {}"),
            destroys("job stop|revert|dispatch|periodic|deployment", "stops the job {}").given(&["stop", "revert"]),
            destroys("node drain|purge|eligibility", "drains the node {}"),
            destroys("namespace|volume|quota|acl|var|operator|system|server|sentinel|deployment delete|deregister|purge|gc|force-leave|remove-peer|bootstrap|fail|detach", "deletes {}"),
            destroys("system gc", "deletes finished jobs"),
            destroys("operator raft|autopilot|snapshot remove-peer|restore|transfer-leadership", "changes the servers {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["consul"],
        kind: Network,
        valued: &["-http-addr", "-token", "-datacenter", "-namespace"],
        rules: &[
            destroys("kv delete", "deletes the keys {} that services read"),
            destroys("leave|force-leave|maint|reload", "takes a server or a service out: {}"),
            destroys("services|intention|acl|config|operator|peering|partition|snapshot|login|connect deregister|delete|remove-peer|restore|raft|bootstrap", "deletes or replaces {}").given(&["deregister", "delete", "remove-peer", "restore", "bootstrap"]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
