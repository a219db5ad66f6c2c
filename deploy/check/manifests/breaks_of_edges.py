"""Ways to break who talks to whom, the operator's job, and releases that wait: the same kind of table as breaks.py."""

from . import network, pods, scaling, settings
from .breaking import BASE, DEV, PROD, ROTATING, config, drop, job, policy, set_env
from .world import pod

BREAKS = [
    ("no default deny", DEV, lambda w: drop(w, "NetworkPolicy", "default-deny"), network.edges),
    ("an edge too few", PROD, lambda w: policy(w, "desk")["egress"][0]["to"].pop(), network.edges),
    (
        "an edge too few, at its end",
        DEV,
        lambda w: policy(w, "loan-support")["ingress"][0]["from"].pop(),
        network.edges,
    ),
    (
        "an edge too many",
        PROD,
        lambda w: policy(w, "mas-bridge").update(policyTypes=["Ingress", "Egress"], ingress=[{}]),
        network.edges,
    ),
    (
        "admin ports for everybody",
        PROD,
        lambda w: policy(w, "from-prometheus")["ingress"][0].pop("from"),
        network.edges,
    ),
    (
        "a way to the cloud's metadata",
        PROD,
        lambda w: policy(w, "mas-bridge")["egress"][0]["to"][0]["ipBlock"].pop("except"),
        network.edges,
    ),
    ("traces that do not arrive", PROD, lambda w: drop(w, "NetworkPolicy", "to-traces"), network.edges),
    ("no DNS", DEV, lambda w: drop(w, "NetworkPolicy", "to-dns"), network.edges),
    (
        "no database for jobs",
        PROD,
        lambda w: policy(w, "to-database")["podSelector"]["matchLabels"].update(
            {"app.kubernetes.io/component": "server"}
        ),
        network.edges,
    ),
    (
        "a gateway with a database",
        DEV,
        lambda w: policy(w, "to-database")["podSelector"].pop("matchExpressions"),
        network.edges,
    ),
    (
        "a call nobody may make",
        PROD,
        lambda w: config(w, "attachments-").update(CROSSDESK__SERVICES__DESK="http://desk:8080"),
        network.edges,
    ),
    (
        "an address that a reader of events lacks",
        PROD,
        lambda w: config(w, "desk-").pop("CROSSDESK__SERVICES__ATTACHMENTS"),
        settings.calls,
    ),
    (
        "an address that no table names",
        BASE,
        lambda w: config(w, "desk-").update(CROSSDESK__SERVICES__DESK="http://desk:8080"),
        settings.calls,
    ),
    (
        "published keys in private networks",
        PROD,
        lambda w: policy(w, "to-published-keys")["egress"][0]["to"][0]["ipBlock"].update(
            {"except": ["169.254.0.0/16"]}
        ),
        network.edges,
    ),
    (
        "files on a volume, and a way to a store",
        DEV,
        lambda w: policy(w, "attachments")["egress"].append(
            {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]}
        ),
        network.edges,
    ),
    (
        "an operator's job with the labels of a server",
        PROD,
        lambda w: w.get("CronJob", "operator")["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"].update(
            {"app.kubernetes.io/component": "server"}
        ),
        network.edges,
    ),
    (
        "an operator who does not reach the broker",
        PROD,
        lambda w: policy(w, "to-broker")["podSelector"]["matchExpressions"][1].update(values=["server"]),
        network.edges,
    ),
    (
        "an operator's job as root",
        PROD,
        lambda w: pod(w.get("CronJob", "operator"))["securityContext"].update(runAsNonRoot=False),
        pods.security,
    ),
    ("no daily look at the audit log", PROD, lambda w: drop(w, "CronJob", "operator"), settings.operator),
    (
        "a daily look that is suspended",
        PROD,
        lambda w: w.get("CronJob", "operator")["spec"].update(suspend=True),
        settings.operator,
    ),
    (
        "a database that the operator cannot read",
        PROD,
        lambda w: w.get("Cluster", "crossdesk-postgres")["spec"]["managed"]["roles"][-1]["inRoles"].pop(),
        scaling.copies,
    ),
    (
        "a service that takes one of two secrets",
        ROTATING,
        lambda w: set_env(w, "desk", "CROSSDESK__AUTH__SERVICE_SECRET_ALSO_FILE", None),
        settings.rotation,
    ),
    (
        "the same secret twice",
        ROTATING,
        lambda w: set_env(w, "desk", "CROSSDESK__AUTH__SERVICE_SECRET_ALSO_FILE", "/secrets/service-secret"),
        settings.rotation,
    ),
    (
        "a rollout that fails before its migration ends",
        PROD,
        lambda w: w.get("Deployment", "desk")["spec"].update(progressDeadlineSeconds=1800),
        scaling.patience,
    ),
]
