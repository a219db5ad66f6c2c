"""Rules about numbers: replicas, autoscalers, rollouts, connections of the database, copies of what must not be lost."""

import re

from .world import NAME, labels, pod, title

LEAST_REPLICAS = 2
# The longest that Kubernetes waits before it starts a container again that ended.
LONGEST_BACK_OFF_SECONDS = 300
# For operators, the migration jobs and the exporter.
SPARE_CONNECTIONS = 50


def rollouts(world):
    """A new pod serves before an old one goes; in staging and production one pod less is not an outage."""
    for item in world.deployments():
        strategy = item["spec"].get("strategy") or {}
        writes = [volume["name"] for volume in pod(item)["volumes"] if "persistentVolumeClaim" in volume]
        if writes:
            # A volume for one pod: there can be no second one beside it.
            if strategy.get("type") != "Recreate" or item["spec"].get("replicas") != 1:
                yield f"{title(item)}: more than one pod may have {writes}"
        elif strategy.get("rollingUpdate", {}).get("maxUnavailable") != 0 or item["spec"].get("minReadySeconds", 0) < 1:
            yield f"{title(item)}: a rollout takes pods away before others serve"
        if not world.name.endswith("/dev") and _replicas(world, item)[0] < LEAST_REPLICAS:
            yield f"{title(item)}: fewer than {LEAST_REPLICAS} replicas"
        budget = world.get("PodDisruptionBudget", item["metadata"]["name"])
        if budget is None or budget["spec"].get("maxUnavailable") != 1:
            yield f"{title(item)}: no disruption budget of one pod"


def patience(world):
    """A rollout counts as failed only when pods would have started even after the longest migration."""
    for item in world.deployments():
        own = labels(item).get(NAME)
        jobs = [job for job in world.of("Job") if labels(job).get(NAME) == own]
        probe = pod(item)["containers"][0].get("startupProbe") or {}
        starts = probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
        for job in jobs:
            needed = job["spec"].get("activeDeadlineSeconds", float("inf")) + LONGEST_BACK_OFF_SECONDS + starts
            given = item["spec"].get("progressDeadlineSeconds", 600)
            if given < needed:
                yield f"{title(item)}: the rollout fails after {given} s, {title(job)} may take until {needed:g} s"


def autoscalers(world):
    """At most one autoscaler has a service, it can measure it, and nobody else says how many replicas there are."""
    targets = []
    for scaler in world.of("HorizontalPodAutoscaler", "ScaledObject"):
        target = scaler["spec"]["scaleTargetRef"]
        item = world.get(target.get("kind", "Deployment"), target["name"])
        if item is None:
            yield f"{title(scaler)}: there is no {target['name']}"
            continue
        if target["name"] in targets:
            yield f"{target['name']} has two autoscalers"
        targets.append(target["name"])
        if "replicas" in item["spec"]:
            yield f"{title(item)}: each apply would undo what {title(scaler)} did"
        least, most = _bounds(scaler)
        if not least or not most or least >= most:
            yield f"{title(scaler)}: from {least} to {most} replicas"
        for trigger in scaler["spec"].get("triggers") or []:
            queue = trigger["metadata"].get("queueName")
            if queue and queue in _ordered_queues(world.program):
                yield f"{title(scaler)}: {queue} has a single active consumer; more readers do not help"
            for namespace in re.findall(r"namespace=\"([^\"]*)\"", trigger["metadata"].get("query", "")) or [None]:
                if "query" in trigger["metadata"] and namespace != scaler["metadata"].get("namespace"):
                    yield f"{title(scaler)}: looks at the namespace {namespace}"
            reference = trigger.get("authenticationRef")
            if reference and world.get("TriggerAuthentication", reference["name"]) is None:
                yield f"{title(scaler)}: no {reference['name']}"
        for metric in scaler["spec"].get("metrics") or []:
            if metric.get("containerResource", {}).get("container") != pod(item)["containers"][0]["name"]:
                yield f"{title(scaler)}: measures another container"
    if targets:
        for item in world.deployments():
            if item["metadata"]["name"] not in targets:
                yield f"{title(item)}: no autoscaler"


def connections(world):
    """All pods together, at their most and in a rollout, stay below what the database server takes."""
    for cluster in world.of("Cluster"):
        limit = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
        most = sum(_connections(world, item) * (_replicas(world, item)[1] + 1) for item in world.deployments())
        if most + SPARE_CONNECTIONS > limit:
            yield f"{title(cluster)}: {most} connections and {SPARE_CONNECTIONS} to spare, but the limit is {limit}"


def copies(world):
    """In production, a commit and an event are on more than one machine, and each service has its database and its role."""
    if not world.is_production:
        return
    for cluster in world.of("Cluster"):
        spec = cluster["spec"]
        synchronous = spec["postgresql"].get("synchronous") or {}
        if spec["instances"] < 3 or synchronous.get("number", 0) < 1 or synchronous.get("dataDurability") != "required":
            yield f"{title(cluster)}: {spec['instances']} instances, synchronous {synchronous}"
        if not any(plugin.get("isWALArchiver") for plugin in spec.get("plugins") or []) or not world.of(
            "ScheduledBackup"
        ):
            yield f"{title(cluster)}: no backup"
        roles = {role["name"]: role["passwordSecret"]["name"] for role in spec["managed"]["roles"]}
        for item in world.deployments():
            if not world.has_env(item, "CROSSDESK__DATABASE__URL_FILE"):
                continue
            name = item["metadata"]["name"]
            role = name.replace("-", "_")
            database = world.get("Database", name)
            if roles.get(role) != f"{name}-database":
                yield f"{title(cluster)}: no role {role}"
            wanted = {"name": f"crossdesk_{role}", "owner": role, "databaseReclaimPolicy": "retain"}
            if database is None or not wanted.items() <= database["spec"].items():
                yield f"no database {wanted}"
        # The operator's commands look at all of them with one role, which is a member of every other.
        members = {role["name"]: sorted(role.get("inRoles") or []) for role in spec["managed"]["roles"]}
        others = sorted(set(members) - {"operator"})
        if members.get("operator") != (others if world.of("CronJob") else None):
            yield f"{title(cluster)}: the role operator is a member of {members.get('operator')}, not of {others}"
        if any(members[other] for other in others):
            yield f"{title(cluster)}: a service has the rights of another: {members}"
    brokers = world.of("RabbitmqCluster")
    if not brokers:
        yield "no RabbitMQ"
    for broker in brokers:
        if broker["spec"]["replicas"] < 3 or broker["spec"]["replicas"] % 2 == 0:
            yield f"{title(broker)}: {broker['spec']['replicas']} nodes are no quorum"
        spec = (
            broker["spec"]
            .get("override", {})
            .get("statefulSet", {})
            .get("spec", {})
            .get("template", {})
            .get("spec", {})
        )
        parts = (spec.get("containers") or []) + (spec.get("initContainers") or [])
        rights = [part["securityContext"].get("capabilities") for part in parts]
        if rights != [{"drop": ["ALL"]}] * 2 or not spec["securityContext"].get("seccompProfile"):
            yield f"{title(broker)}: its pods would be refused by the namespace"
        if "pause_minority" not in broker["spec"]["rabbitmq"]["additionalConfig"]:
            yield f"{title(broker)}: a part that is cut off goes on"


def hosts(world):
    """Routes, certificate and the links in answers name the same host."""
    for config in world.of("ConfigMap"):
        public = (config.get("data") or {}).get("CROSSDESK__HTTP__PUBLIC_URL")
        if public is None or not world.of("Gateway"):
            continue
        host = public.split("/")[2]
        if not public.startswith("https://"):
            yield f"{title(config)}: {public} is not encrypted"
        for gateway in world.of("Gateway"):
            for listener in gateway["spec"]["listeners"]:
                if listener.get("hostname") != host:
                    yield f"{title(gateway)}: {listener['name']} is {listener.get('hostname')}, not {host}"
        for route in world.of("HTTPRoute"):
            if route["spec"]["hostnames"] != [host]:
                yield f"{title(route)}: {route['spec']['hostnames']}"
        mounted = {
            reference["name"]
            for gateway in world.of("Gateway")
            for listener in gateway["spec"]["listeners"]
            for reference in listener.get("tls", {}).get("certificateRefs") or []
        }
        for certificate in world.of("Certificate"):
            if certificate["spec"]["dnsNames"] != [host] or certificate["spec"]["secretName"] not in mounted:
                yield f"{title(certificate)}: for {certificate['spec']['dnsNames']}"
        plain = [listener["name"] for gateway in world.of("Gateway") for listener in gateway["spec"]["listeners"]]
        for route in world.of("HTTPRoute"):
            for parent in route["spec"]["parentRefs"]:
                if parent.get("sectionName") not in plain:
                    yield f"{title(route)}: no listener {parent.get('sectionName')}"
                redirects = any(rule.get("filters") for rule in route["spec"]["rules"])
                if parent.get("sectionName") == "http" and not redirects:
                    yield f"{title(route)}: serves without encryption"


def _bounds(scaler):
    spec = scaler["spec"]
    return (
        spec.get("minReplicas") or spec.get("minReplicaCount"),
        spec.get("maxReplicas") or spec.get("maxReplicaCount"),
    )


def _replicas(world, item):
    """Fewest and most."""
    for scaler in world.of("HorizontalPodAutoscaler", "ScaledObject"):
        if scaler["spec"]["scaleTargetRef"]["name"] == item["metadata"]["name"]:
            least, most = _bounds(scaler)
            return least or 0, most or 0
    count = item["spec"].get("replicas", 1)
    return count, count


def _connections(world, item):
    env = dict(world.env(item))
    if "CROSSDESK__DATABASE__URL_FILE" not in env:
        return 0
    pool = int(env.get("CROSSDESK__DATABASE__POOL_SIZE") or 16)
    return int(env["CROSSDESK__HTTP__WORKERS"]) * pool + world.program.background_pool()


def _ordered_queues(program):
    """Names of the queues that one reader has for itself, from the table of the topology."""
    text = (program.root / "crates/messaging/src/topology.rs").read_text(encoding="utf-8")
    part = text.split("fn is_single_active_consumer")[1].split("=> true")[0]
    names = text.split("pub const fn name(self)")[2]
    found = []
    for line in names.splitlines():
        variant, arrow, name = line.strip().partition(" => ")
        if arrow and variant in part and variant.startswith("Self::"):
            found.append(name.strip('",'))
        if "source(self)" in line:
            break
    return found
