"""Rules about pods: that they are watched, limited, locked up, and find each other."""

from .world import COMPONENT, NAME, labels, matches, pod, title

PROBES = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
USER = 65532
# A node that is busy needs some time to deliver a signal.
STOP_MARGIN_SECONDS = 5
SHORTEST_START_SECONDS = 30


def probes(world):
    """Each service has the three probes, on the port that answers them, and stops getting requests while it drains."""
    for item in world.deployments():
        container = pod(item)["containers"][0]
        ports = {port.get("name") for port in container.get("ports") or []}
        for kind, path in PROBES.items():
            get = (container.get(kind) or {}).get("httpGet") or {}
            if get.get("path") != path:
                yield f"{title(item)}: {kind} does not ask {path}"
            elif get.get("port") != "http" or "http" not in ports:
                yield f"{title(item)}: {kind} asks the port {get.get('port')}"
        ready = container.get("readinessProbe") or {}
        notices_s = ready.get("periodSeconds", 10) * ready.get("failureThreshold", 3)
        drain_s = int(dict(world.env(item)).get("CROSSDESK__HTTP__DRAIN_MS") or 5000) / 1000
        if notices_s > drain_s:
            yield f"{title(item)}: readiness is noticed after {notices_s} s, but the program drains for {drain_s:g} s"
        start = container.get("startupProbe") or {}
        if start.get("periodSeconds", 10) * start.get("failureThreshold", 3) < SHORTEST_START_SECONDS:
            yield f"{title(item)}: less than {SHORTEST_START_SECONDS} s to start"


def resources(world):
    """Each container says what it needs and what it may take."""
    for item in world.workloads():
        for container in _containers(item):
            given = container.get("resources") or {}
            for part in ("requests", "limits"):
                for name in ("cpu", "memory"):
                    if name not in (given.get(part) or {}):
                        yield f"{title(item)}: no {part}.{name}"


def security(world):
    """Pods keep to the restricted standard, as uid 65532 with a file system they cannot write."""
    for item in world.workloads():
        spec = pod(item)
        context = spec.get("securityContext") or {}
        wanted = {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        for key, value in wanted.items():
            if context.get(key) != value:
                yield f"{title(item)}: securityContext.{key} is {context.get(key)}"
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(key):
                yield f"{title(item)}: {key}"
        for volume in spec.get("volumes") or []:
            if "hostPath" in volume:
                yield f"{title(item)}: the volume {volume['name']} is a folder of the node"
        for container in _containers(item):
            own = container.get("securityContext") or {}
            wanted = {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            for key, value in wanted.items():
                if own.get(key) != value:
                    yield f"{title(item)}: container {container['name']}: {key} is {own.get(key)}"
            if own.get("privileged") or own.get("runAsUser") not in (None, USER):
                yield f"{title(item)}: container {container['name']} has more rights"


def accounts(world):
    """Each service has an account of its own, and no token of it in any pod."""
    for item in world.workloads():
        spec = pod(item)
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{title(item)}: a service account token is mounted"
        account = world.get("ServiceAccount", spec.get("serviceAccountName"))
        if account is None or spec["serviceAccountName"] != labels(item).get(NAME):
            yield f"{title(item)}: not the account of its own: {spec.get('serviceAccountName')}"
        elif account.get("automountServiceAccountToken") is not False:
            yield f"{title(account)}: its token is mounted by default"
    for item in world.of("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        yield f"{title(item)}: no service needs rights in the cluster"


def stopping(world):
    """The time to stop is longer than the program's promise."""
    for item in world.deployments():
        drain_ms = int(dict(world.env(item)).get("CROSSDESK__HTTP__DRAIN_MS") or 5000)
        needed = world.program.stop_seconds(drain_ms) + STOP_MARGIN_SECONDS
        given = pod(item).get("terminationGracePeriodSeconds", 30)
        if given < needed:
            yield f"{title(item)}: {given} s to stop, but the program may need {needed:g} s"


def selectors(world):
    """What selects pods selects those that it should: services, budgets, spreading, monitoring."""
    for item in world.deployments():
        name, own = item["metadata"]["name"], labels(item)
        if not matches(item["spec"]["selector"], own):
            yield f"{title(item)}: its selector does not select its own pods"
        for kind in ("Service", "PodDisruptionBudget"):
            other = world.get(kind, name)
            chosen = _chosen(world, other) if other else None
            if chosen != [title(item)]:
                yield f"{kind}/{name} selects {chosen}"
        for spread in pod(item).get("topologySpreadConstraints") or []:
            if _of(world, spread.get("labelSelector")) != [title(item)]:
                yield f"{title(item)}: {spread['topologyKey']} is spread over other pods"
        keys = {spread["topologyKey"] for spread in pod(item).get("topologySpreadConstraints") or []}
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{title(item)}: not spread over zones and nodes"
        if own.get(NAME) != name or own.get(COMPONENT) != "server":
            yield f"{title(item)}: labels {own}"
    for item in [item for item in world.of("PodMonitor") if item["metadata"]["name"] == "crossdesk"]:
        servers = sorted(title(each) for each in world.deployments())
        if sorted(_of(world, item["spec"]["selector"])) != servers:
            yield f"{title(item)}: does not read all services and nothing else"
        for end in item["spec"]["podMetricsEndpoints"]:
            if end.get("port") != "admin" or not end.get("honorLabels"):
                yield f"{title(item)}: {end}"


def ports(world):
    """Ports are those of the configuration, from the container to the address book."""
    for item in world.deployments():
        env = dict(world.env(item))
        found = {port.get("name"): port["containerPort"] for port in pod(item)["containers"][0].get("ports") or []}
        for name, setting in (("http", "CROSSDESK__HTTP__PORT"), ("admin", "CROSSDESK__HTTP__ADMIN_PORT")):
            if str(found.get(name)) != env.get(setting):
                yield f"{title(item)}: port {name} is {found.get(name)}, but {setting} is {env.get(setting)}"
        if env.get("CROSSDESK__HTTP__HOST") not in ("0.0.0.0", "::"):
            yield f"{title(item)}: listens on {env.get('CROSSDESK__HTTP__HOST')}"
    for service in world.of("Service"):
        if service["spec"].get("type", "ClusterIP") != "ClusterIP":
            yield f"{title(service)}: reachable from outside"
        for port in service["spec"]["ports"]:
            if port.get("targetPort") != "http":
                yield f"{title(service)}: targets {port.get('targetPort')}"
    if not world.is_overlay:
        return
    open_ports = {
        (service["metadata"]["name"], port["port"])
        for service in world.of("Service")
        for port in service["spec"]["ports"]
    }
    for item in world.deployments():
        for name, url in world.calls(item).items():
            if not any(url == f"http://{service}:{port}" and service == name for service, port in open_ports):
                yield f"{title(item)}: no service {name} at {url}"
    for route in world.of("HTTPRoute"):
        for rule in route["spec"]["rules"]:
            for target in rule.get("backendRefs") or []:
                if (target["name"], target["port"]) not in open_ports:
                    yield f"{title(route)}: nothing at {target}"


def _containers(item):
    return (pod(item).get("initContainers") or []) + pod(item)["containers"]


def _of(world, selector):
    return [title(item) for item in world.workloads() if selector and matches(selector, labels(item))]


def _chosen(world, item):
    selector = item["spec"].get("selector")
    if item["kind"] == "Service":
        selector = {"matchLabels": selector}
    return _of(world, selector)
