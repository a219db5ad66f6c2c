"""Ways to break the rendered objects: what is broken, where, how, and the rule that must see it."""

import copy

from . import network, pods, scaling, schemas, settings
from .world import pod

PROD, DEV, BASE = "overlays/prod", "overlays/dev", "base/desk"


def _container(world, name, kind="Deployment"):
    return pod(world.get(kind, name))["containers"][0]


def _set_env(world, name, key, value):
    env = _container(world, name)["env"]
    env[:] = [item for item in env if item["name"] != key] + (
        [{"name": key, "value": value}] if value is not None else []
    )


def _policy(world, name):
    return world.get("NetworkPolicy", name)["spec"]


def _drop(world, kind, name):
    world.objects.remove(world.get(kind, name))


def _config(world, start):
    return next(item for item in world.of("ConfigMap") if item["metadata"]["name"].startswith(start))["data"]


def _job(world, service):
    return next(job for job in world.of("Job") if job["metadata"]["name"].startswith(f"{service}-migrate-"))


def _plain_secret(world):
    world.objects.append(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "crossdesk"}, "type": "Opaque"}
    )


def _second_scaler(world):
    scaler = copy.deepcopy(world.get("HorizontalPodAutoscaler", "gateway"))
    scaler["metadata"]["name"] = "mas-bridge"
    scaler["spec"]["scaleTargetRef"]["name"] = "mas-bridge"
    world.objects.append(scaler)


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
    ("a service left out", PROD, lambda w: _drop(w, "Deployment", "attachments"), settings.completeness),
    ("no readiness probe", PROD, lambda w: _container(w, "desk").pop("readinessProbe"), pods.probes),
    (
        "a liveness probe on readiness",
        BASE,
        lambda w: _container(w, "desk")["livenessProbe"]["httpGet"].update(path="/readyz"),
        pods.probes,
    ),
    (
        "a slow readiness probe",
        PROD,
        lambda w: _container(w, "desk")["readinessProbe"].update(periodSeconds=10),
        pods.probes,
    ),
    ("no memory limit", PROD, lambda w: _container(w, "gateway")["resources"]["limits"].pop("memory"), pods.resources),
    ("root", PROD, lambda w: pod(w.get("Deployment", "desk"))["securityContext"].update(runAsUser=0), pods.security),
    (
        "a writable file system",
        PROD,
        lambda w: _container(w, "desk")["securityContext"].update(readOnlyRootFilesystem=False),
        pods.security,
    ),
    (
        "a capability kept, in a job",
        PROD,
        lambda w: pod(_job(w, "desk"))["containers"][0]["securityContext"].update(capabilities={}),
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
    ("a longer drain", PROD, lambda w: _set_env(w, "desk", "CROSSDESK__HTTP__DRAIN_MS", "15000"), pods.stopping),
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
    ("no disruption budget", PROD, lambda w: _drop(w, "PodDisruptionBudget", "desk"), pods.selectors),
    ("another port", PROD, lambda w: _container(w, "desk")["ports"][0].update(containerPort=8081), pods.ports),
    (
        "an address of nobody",
        PROD,
        lambda w: _config(w, "desk-").update(CROSSDESK__SERVICES__LOAN_SUPPORT="http://loan:8080"),
        pods.ports,
    ),
    (
        "a service open to the world",
        PROD,
        lambda w: w.get("Service", "desk")["spec"].update(type="LoadBalancer"),
        pods.ports,
    ),
    ("a setting misspelt", PROD, lambda w: _set_env(w, "desk", "CROSSDESK__HTTP__DRAIN_SECONDS", "5"), settings.keys),
    (
        "a setting of another service",
        PROD,
        lambda w: _set_env(w, "desk", "CROSSDESK__MAS__CLIENTS_FILE", "/secrets/mas-clients"),
        settings.keys,
    ),
    (
        "a secret in the open",
        PROD,
        lambda w: _set_env(w, "desk", "CROSSDESK__AUTH__SERVICE_SECRET", "x" * 32),
        settings.keys,
    ),
    ("the local profile", PROD, lambda w: _set_env(w, "desk", "CROSSDESK__PROFILE", "local"), settings.keys),
    (
        "a config map that is not there",
        PROD,
        lambda w: _container(w, "desk")["envFrom"][1]["configMapRef"].update(name="desk"),
        settings.config_maps,
    ),
    ("a secret among the manifests", PROD, _plain_secret, settings.secrets),
    (
        "a secret of another service",
        PROD,
        lambda w: pod(w.get("Deployment", "desk"))["volumes"][0]["secret"].update(secretName="gateway"),
        settings.secrets,
    ),
    (
        "a key nobody documented",
        PROD,
        lambda w: _set_env(w, "desk", "CROSSDESK__DATABASE__URL_FILE", "/secrets/url"),
        settings.secrets,
    ),
    ("the tag latest", PROD, lambda w: _container(w, "desk").update(image="crossdesk/desk:latest"), settings.images),
    ("two releases", PROD, lambda w: _container(w, "desk").update(image="crossdesk/desk:0.2.0"), settings.images),
    ("no migration job", PROD, lambda w: w.objects.remove(_job(w, "desk")), settings.migrations),
    (
        "a migration as an init container",
        PROD,
        lambda w: pod(w.get("Deployment", "desk")).update(initContainers=[_container(w, "desk")]),
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
    ("two autoscalers", PROD, _second_scaler, scaling.autoscalers),
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
        lambda w: _config(w, "crossdesk-").update(CROSSDESK__HTTP__PUBLIC_URL="http://support.example.org"),
        scaling.hosts,
    ),
    ("no default deny", DEV, lambda w: _drop(w, "NetworkPolicy", "default-deny"), network.edges),
    ("an edge too few", PROD, lambda w: _policy(w, "desk")["egress"][0]["to"].pop(), network.edges),
    (
        "an edge too few, at its end",
        DEV,
        lambda w: _policy(w, "loan-support")["ingress"][0]["from"].pop(),
        network.edges,
    ),
    (
        "an edge too many",
        PROD,
        lambda w: _policy(w, "mas-bridge").update(policyTypes=["Ingress", "Egress"], ingress=[{}]),
        network.edges,
    ),
    (
        "admin ports for everybody",
        PROD,
        lambda w: _policy(w, "from-prometheus")["ingress"][0].pop("from"),
        network.edges,
    ),
    (
        "a way to the cloud's metadata",
        PROD,
        lambda w: _policy(w, "desk")["egress"][1]["to"][0]["ipBlock"].pop("except"),
        network.edges,
    ),
    ("traces that do not arrive", PROD, lambda w: _drop(w, "NetworkPolicy", "to-traces"), network.edges),
    ("no DNS", DEV, lambda w: _drop(w, "NetworkPolicy", "to-dns"), network.edges),
    (
        "no database for jobs",
        PROD,
        lambda w: _policy(w, "to-database")["podSelector"]["matchLabels"].update(
            {"app.kubernetes.io/component": "server"}
        ),
        network.edges,
    ),
    (
        "a gateway with a database",
        DEV,
        lambda w: _policy(w, "to-database")["podSelector"].pop("matchExpressions"),
        network.edges,
    ),
    (
        "a call nobody may make",
        PROD,
        lambda w: _config(w, "desk-").update(CROSSDESK__SERVICES__ATTACHMENTS="http://attachments:8080"),
        network.edges,
    ),
]
