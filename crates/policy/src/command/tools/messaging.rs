//! Brokers, queues and streams.

use super::super::assessment::DestructionKind::{AccessControl, Messaging};
use super::table::{Otherwise, Tool, changes, destroys};

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["kafka-topics"],
        kind: Messaging,
        valued: &["--bootstrap-server", "--zookeeper", "--command-config", "--topic", "--partitions", "--config"],
        rules: &[
            destroys("", "deletes topics and every message in them").given(&["--delete"]),
            destroys("", "changes topics' partitions or settings").given(&["--delete-config"]),
            changes(""),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["kafka-consumer-groups", "kafka-streams-application-reset", "kafka-delete-records", "kafka-acls", "kafka-configs", "kafka-leader-election", "kafka-reassign-partitions", "kafka-storage", "kafka-cluster", "kafka-server-stop", "zookeeper-server-stop", "kafka-share-groups", "kafka-features", "kafka-metadata-quorum", "kafka-preferred-replica-election", "kafka-transactions"],
        kind: Messaging,
        valued: &["--bootstrap-server", "--group", "--topic", "--command-config", "--to-offset", "--shift-by", "--entity-type", "--entity-name", "--offset-json-file", "--application-id"],
        rules: &[
            changes("").given(&["--list", "--describe", "--verify"]),
            destroys("", "loses where consumers stand, settings or rights of the brokers").given(&["--delete", "--delete-offsets", "--remove", "--delete-config", "--add-config"]),
            destroys("", "moves where consumers stand, so that messages are lost or handled twice").given(&["--reset-offsets", "--application-id"]),
            destroys("", "deletes messages up to the offsets of a file").given(&["--offset-json-file"]),
            destroys("", "moves partitions or leaders between brokers").given(&["--execute", "--election-type", "--cancel"]),
            destroys("format|unregister", "erases the storage of a broker"),
            destroys("", "gives rights over topics").given(&["--add"]).kind(AccessControl),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["rabbitmqctl", "rabbitmqadmin", "rabbitmq-plugins", "rabbitmq-queues", "rabbitmq-streams", "rabbitmq-upgrade"],
        kind: Messaging,
        valued: &["-n", "-p", "--node", "--vhost", "-u", "-H", "-P", "--username", "--password", "--host", "--port", "-V", "-t", "--timeout"],
        rules: &[
            destroys("reset|force_reset", "deletes every queue, message, user and setting of the node"),
            destroys("stop_app|stop|shutdown|stop_node|rotate_logs|force_boot|close_connection|close_all_connections|suspend_listeners|suspend_all_listeners|hard_kill|force_standalone_khepri_boot", "stops the broker or cuts its clients off: {}"),
            destroys("forget_cluster_node", "removes the node {} and what only it holds"),
            destroys("change_cluster_node_type|join_cluster|rename_cluster_node|update_cluster_nodes|force_gc|drain|evict*|decommission*", "changes which nodes hold the messages: {}"),
            destroys("purge queue|*", "deletes every message of {}").given(&["queue"]),
            destroys("purge_queue", "deletes every message of the queue {}"),
            destroys("set_permissions|set_topic_permissions|set_user_tags|change_password|clear_password", "changes who may use the broker: {}").kind(AccessControl),
            destroys("clear_permissions|clear_topic_permissions|delete_user", "takes rights away: {}").kind(AccessControl),
            destroys("disable", "disables plugins {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["nats"],
        kind: Messaging,
        valued: &["-s", "--server", "--context", "--user", "--password", "--creds", "--nkey"],
        rules: &[
            changes("pub|publish|sub|subscribe|request|req|reply|rtt|latency|bench|events|top|context"),
            destroys("stream|str|s rm|delete|del", "deletes the stream {} and every message in it"),
            destroys("stream|str|s purge", "deletes every message of the stream {}"),
            destroys("stream|str|s rmm|seal|edit", "deletes or locks messages of the stream {}"),
            destroys("consumer|con|c rm|delete|del", "deletes the consumer {}, and where it stands"),
            destroys("kv rm|del|delete|purge|rmi|compact", "deletes keys of the bucket {}"),
            destroys("object|obj rm|del|delete|seal", "deletes objects of the bucket {}"),
            destroys("server|srv raft|config|cluster|account|request", "changes the servers: {}").given(&["step-down", "peer-remove", "purge", "rm", "delete", "reload", "kick"]),
            destroys("account|auth purge|delete|rm|remove|restore", "deletes streams or accounts: {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["pulsar-admin", "pulsarctl", "rpk", "kcat", "kafkactl", "kaf", "zoe", "mosquitto_ctrl", "activemq", "artemis", "stanctl", "nsq_to_nsq", "beanstool", "celery", "rq", "sidekiqctl", "redpanda", "confluent", "gcloud-pubsub", "emqx", "emqx_ctl", "temporal", "tctl", "zbctl", "hazelcast", "rocketmq", "mqadmin", "qpid-config", "strimzi", "debezium"],
        kind: Messaging,
        valued: &["--admin-url", "-X", "--brokers", "-b", "-A", "-p", "--environment", "--cluster", "--namespace", "-n", "--address"],
        rules: &[
            destroys("* purge|control|-A purge", "deletes every waiting task").given(&["purge"]),
            destroys("purge|flushall|deleteTopic|deleteSubGroup|resetOffsetByTime|cleanExpiredCQ|wipeWritePerm", "deletes every waiting message: {}"),
            destroys("control shutdown|pool_shrink|cancel_consumer|revoke", "stops workers"),
            destroys("* skip|skip-all|clear-backlog|unload|reset-cursor|expire-messages|expire-messages-all-subscriptions|terminate|trim-prefix|trim", "loses messages of {}"),
            destroys("cluster|redpanda maintenance|partitions|brokers", "moves or removes a broker: {}").given(&["decommission", "move", "enable", "transfer-leadership", "unsafe-recover"]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
