"""Ways to break the rendered objects: what is broken, where, how, and the rule that must see it."""

from . import pods, scaling, schemas, settings
from .breaking import BASE, DEV, PROD, config, container, drop, job, plain_secret, second_scaler, set_env
from .breaks_of_edges import BREAKS as BREAKS_OF_EDGES
from .world import pod

BREAKS = [
    (
        "a field that does not exist",
        PROD,
        lambda w: w.get("Deployment", "desk")["spec"].update(replica=2),
        schemas.builtin,
    ),
    (
        "a port that is a text",
        PROD,
        lambda w: w.get("Service", "desk")["spec"]["ports"][0].update(port="8080"),
        schemas.builtin,
    ),
    (
        "a field unknown to an operator",
        PROD,
        lambda w: w.get("ScaledObject", "mas-bridge")["spec"].update(minReplica=1),
        schemas.custom,
    ),
    (
        "a required field of an operator",
        PROD,
        lambda w: w.get("Cluster", "crossdesk-postgres")["spec"].pop("instances"),
        schemas.custom,
    ),
    ("the same object twice", PROD, lambda w: w.objects.append(w.get("Service", "desk")), settings.identities),
    (
        "an object elsewhere",
        PROD,
        lambda w: w.get("Service", "desk")["metadata"].update(namespace="default"),
        settings.identities,
    ),
    ("a service left out", PROD, lambda w: drop(w, "Deployment", "attachments"), settings.completeness),
    ("no readiness probe", PROD, lambda w: container(w, "desk").pop("readinessProbe"), pods.probes),
    (
        "a liveness probe on readiness",
        BASE,
        lambda w: container(w, "desk")["livenessProbe"]["httpGet"].update(path="/readyz"),
        pods.probes,
    ),
    (
        "a slow readiness probe",
        PROD,
        lambda w: container(w, "desk")["readinessProbe"].update(periodSeconds=10),
        pods.probes,
    ),
    ("no memory limit", PROD, lambda w: container(w, "gateway")["resources"]["limits"].pop("memory"), pods.resources),
    ("root", PROD, lambda w: pod(w.get("Deployment", "desk"))["securityContext"].update(runAsUser=0), pods.security),
    (
        "a writable file system",
        PROD,
        lambda w: container(w, "desk")["securityContext"].update(readOnlyRootFilesystem=False),
        pods.security,
    ),
    (
        "a capability kept, in a job",
        PROD,
        lambda w: pod(job(w, "desk"))["containers"][0]["securityContext"].update(capabilities={}),
        pods.security,
    ),
    (
        "a service account token",
        PROD,
        lambda w: pod(w.get("Deployment", "desk")).pop("automountServiceAccountToken"),
        pods.accounts,
    ),
    (
        "too little time to stop",
        PROD,
        lambda w: pod(w.get("Deployment", "desk")).update(terminationGracePeriodSeconds=20),
        pods.stopping,
    ),
    ("a longer drain", PROD, lambda w: set_env(w, "desk", "CROSSDESK__HTTP__DRAIN_MS", "15000"), pods.stopping),
    (
        "a service that selects jobs, too",
        PROD,
        lambda w: w.get("Service", "desk")["spec"]["selector"].pop("app.kubernetes.io/component"),
        pods.selectors,
    ),
    (
        "a selector of another",
        BASE,
        lambda w: w.get("Deployment", "desk")["spec"]["selector"]["matchLabels"].update(
            {"app.kubernetes.io/name": "x"}
        ),
        pods.selectors,
    ),
    ("no disruption budget", PROD, lambda w: drop(w, "PodDisruptionBudget", "desk"), pods.selectors),
    ("another port", PROD, lambda w: container(w, "desk")["ports"][0].update(containerPort=8081), pods.ports),
    (
        "an address of nobody",
        PROD,
        lambda w: config(w, "desk-").update(CROSSDESK__SERVICES__LOAN_SUPPORT="http://loan:8080"),
        pods.ports,
    ),
    (
        "a service open to the world",
        PROD,
        lambda w: w.get("Service", "desk")["spec"].update(type="LoadBalancer"),
        pods.ports,
    ),
    ("a setting misspelt", PROD, lambda w: set_env(w, "desk", "CROSSDESK__HTTP__DRAIN_SECONDS", "5"), settings.keys),
    (
        "a setting of another service",
        PROD,
        lambda w: set_env(w, "desk", "CROSSDESK__MAS__CLIENTS_FILE", "/secrets/mas-clients"),
        settings.keys,
    ),
    (
        "a secret in the open",
        PROD,
        lambda w: set_env(w, "desk", "CROSSDESK__AUTH__SERVICE_SECRET", "x" * 32),
        settings.keys,
    ),
    ("the local profile", PROD, lambda w: set_env(w, "desk", "CROSSDESK__PROFILE", "local"), settings.keys),
    (
        "a config map that is not there",
        PROD,
        lambda w: container(w, "desk")["envFrom"][1]["configMapRef"].update(name="desk"),
        settings.config_maps,
    ),
    ("a secret among the manifests", PROD, plain_secret, settings.secrets),
    (
        "a secret of another service",
        PROD,
        lambda w: pod(w.get("Deployment", "desk"))["volumes"][0]["secret"].update(secretName="gateway"),
        settings.secrets,
    ),
    (
        "a key nobody documented",
        PROD,
        lambda w: set_env(w, "desk", "CROSSDESK__DATABASE__URL_FILE", "/secrets/url"),
        settings.secrets,
    ),
    ("the tag latest", PROD, lambda w: container(w, "desk").update(image="crossdesk/desk:latest"), settings.images),
    ("two releases", PROD, lambda w: container(w, "desk").update(image="crossdesk/desk:0.2.0"), settings.images),
    ("no migration job", PROD, lambda w: w.objects.remove(job(w, "desk")), settings.migrations),
    (
        "a migration as an init container",
        PROD,
        lambda w: pod(w.get("Deployment", "desk")).update(initContainers=[container(w, "desk")]),
        settings.migrations,
    ),
    (
        "pods that go before others come",
        PROD,
        lambda w: w.get("Deployment", "desk")["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable=1),
        scaling.rollouts,
    ),
    (
        "one replica in production",
        PROD,
        lambda w: w.get("HorizontalPodAutoscaler", "desk")["spec"].update(minReplicas=1),
        scaling.rollouts,
    ),
    (
        "two pods on one volume",
        DEV,
        lambda w: w.get("Deployment", "attachments")["spec"].update(replicas=2),
        scaling.rollouts,
    ),
    (
        "replicas beside an autoscaler",
        PROD,
        lambda w: w.get("Deployment", "desk")["spec"].update(replicas=2),
        scaling.autoscalers,
    ),
    (
        "another installation's backlog",
        PROD,
        lambda w: w.get("ScaledObject", "mas-bridge")["metadata"].update(namespace="other"),
        scaling.autoscalers,
    ),
    ("two autoscalers", PROD, second_scaler, scaling.autoscalers),
    (
        "readers scaled that keep an order",
        PROD,
        lambda w: w.get("ScaledObject", "mas-bridge")["spec"]["triggers"][0]["metadata"].update(
            queueName="desk.ticket-events"
        ),
        scaling.autoscalers,
    ),
    (
        "more connections than there are",
        PROD,
        lambda w: w.get("HorizontalPodAutoscaler", "desk")["spec"].update(maxReplicas=6),
        scaling.connections,
    ),
    (
        "a commit on one machine",
        PROD,
        lambda w: w.get("Cluster", "crossdesk-postgres")["spec"]["postgresql"].pop("synchronous"),
        scaling.copies,
    ),
    (
        "two brokers",
        PROD,
        lambda w: w.get("RabbitmqCluster", "crossdesk-rabbitmq")["spec"].update(replicas=2),
        scaling.copies,
    ),
    (
        "a broker that the namespace refuses",
        PROD,
        lambda w: w.get("RabbitmqCluster", "crossdesk-rabbitmq")["spec"].pop("override"),
        scaling.copies,
    ),
    (
        "a database that goes with its object",
        PROD,
        lambda w: w.get("Database", "desk")["spec"].update(databaseReclaimPolicy="delete"),
        scaling.copies,
    ),
    (
        "a route of another host",
        PROD,
        lambda w: w.get("HTTPRoute", "crossdesk")["spec"].update(hostnames=["x.example.org"]),
        scaling.hosts,
    ),
    (
        "links without encryption",
        PROD,
        lambda w: config(w, "crossdesk-").update(CROSSDESK__HTTP__PUBLIC_URL="http://support.example.org"),
        scaling.hosts,
    ),
    *BREAKS_OF_EDGES,
]
