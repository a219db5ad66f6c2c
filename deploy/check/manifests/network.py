"""Network policies, played through: for every pair of pods, and for the neighbours they have, whether a connection would come
about is compared with what the configuration says they need. One edge too many is as wrong as one too few."""

import ipaddress

from .world import COMPONENT, NAME, labels, matches, title

HTTP, ADMIN, POSTGRES, AMQP, HTTPS, OTLP = 8080, 9100, 5432, 5672, 443, 4318
NAMESPACE = "kubernetes.io/metadata.name"
# An address of the internet, one of a private network, and the cloud's metadata service.
PUBLIC, PRIVATE, METADATA = "198.51.100.7", "10.1.2.3", "169.254.169.254"
# Settings that name a system outside, when their value means one, and where it may be: an object store and MAS may well be
# inside our network; providers choose their own address, so theirs must not.
OUTSIDE = [
    ("CROSSDESK__FILES__STORE_URL", "s3://", {PUBLIC, PRIVATE}),
    ("CROSSDESK__MAS__BRIDGE__URL", "https://", {PUBLIC, PRIVATE}),
    ("CROSSDESK__MOBILITY__NOTIFY_FILE", "/", {PUBLIC}),
]
# The operator's commands ask the gateway whether it is ready.
OPERATOR = "operator"


class Peer:
    """One end of a connection: a pod, ours or a neighbour's, or an address."""

    def __init__(self, name, own=False, namespace=None, pod_labels=None, address=None):
        self.name, self.own, self.address = name, own, address
        self.namespace_labels = {NAMESPACE: namespace} if namespace else {}
        self.labels = pod_labels or {}


def edges(world):
    """The policies allow what the configuration needs, and nothing else."""
    policies = world.of("NetworkPolicy")
    if not world.is_overlay:
        return
    ours = _pods(world)
    for pod in ours:
        for direction in ("Ingress", "Egress"):
            if not any(_is_default_deny(policy, direction) for policy in policies if _selects(policy, pod)):
                yield f"{pod.name}: no default deny for {direction}"
    for source, target, port, wanted in _questions(world, ours):
        is_open = _leaves(policies, source, target, port) and _enters(policies, source, target, port)
        if is_open != wanted:
            yield f"{source.name} -> {target.name}:{port} is {'open' if is_open else 'closed'}"


def _questions(world, ours):
    """Who, whom, which port, and whether it must work."""
    servers = {item["metadata"]["name"]: item for item in world.deployments()}
    neighbours = {
        "ingress": Peer("ingress", namespace="gateway-system"),
        "prometheus": Peer("prometheus", namespace="monitoring"),
        "stranger": Peer("stranger", namespace="default"),
    }
    operator = next((pod for pod in ours if pod.name == OPERATOR), None)
    dns = Peer("dns", namespace="kube-system", pod_labels={"k8s-app": "kube-dns"})
    for pod in ours:
        yield pod, dns, ("UDP", 53), True
        yield pod, dns, 53, True
        for port in (HTTP, ADMIN, 22, 80):
            yield neighbours["stranger"], pod, port, False
            yield pod, Peer("metadata", address=METADATA), port, False
        yield pod, Peer("metadata", address=METADATA), HTTPS, False
        yield pod, Peer("internet", address=PUBLIC), 80, False
        item = servers.get(pod.name)
        if item is not None:
            yield neighbours["ingress"], pod, HTTP, pod.name == "gateway"
            yield neighbours["ingress"], pod, ADMIN, False
            if operator:
                yield operator, pod, HTTP, pod.name == "gateway"
                yield operator, pod, ADMIN, False
                yield pod, operator, HTTP, False
            yield neighbours["prometheus"], pod, ADMIN, True
            yield neighbours["prometheus"], pod, HTTP, False
            sends_traces = world.has_env(item, "CROSSDESK__TELEMETRY__OTLP_ENDPOINT")
            yield pod, Peer("collector", namespace="observability"), OTLP, sends_traces
            for other in ours:
                if other.name != pod.name and other.name in servers:
                    yield pod, other, HTTP, other.name in world.calls(item)
                    yield pod, other, ADMIN, False
                elif other.name.endswith(" job"):
                    yield pod, other, HTTP, False
                    yield other, pod, HTTP, False
        if not pod.name.startswith("crossdesk-"):
            yield from _outward(world, pod, item, ours)
    yield from _operators(world, ours)


def _outward(world, pod, item, ours):
    """A service or a job, and what is not ours or runs by an operator."""
    job = next((job for job in world.of("Job", "CronJob") if _name_of_job(job) == pod.name), None)
    has_database = world.has_env(item or job, "CROSSDESK__DATABASE__URL_FILE")
    has_broker = world.has_env(item or job, "CROSSDESK__AMQP__URL_FILE")
    by_name = {peer.name: peer for peer in ours}
    database = by_name.get("crossdesk-postgres") or Peer("database", address=PRIVATE)
    broker = by_name.get("crossdesk-rabbitmq") or Peer("broker", address=PRIVATE)
    yield pod, database, POSTGRES, has_database
    yield pod, broker, AMQP, has_broker
    settings = dict(world.env(item or job))
    places = [where for name, start, where in OUTSIDE if (settings.get(name) or "").startswith(start)]
    keys = world.get("NetworkPolicy", "to-published-keys") is not None and item is not None
    outside = set().union(*places) | ({PUBLIC} if keys else set())
    yield pod, Peer("internet", address=PUBLIC), HTTPS, PUBLIC in outside
    yield pod, Peer("private network", address=PRIVATE), HTTPS, PRIVATE in outside


def _operators(world, ours):
    """What database and broker need to be a cluster."""
    by_name = {peer.name: peer for peer in ours}
    database, broker = by_name.get("crossdesk-postgres"), by_name.get("crossdesk-rabbitmq")
    if database:
        yield database, database, POSTGRES, True
        yield database, database, 8000, True
        yield Peer("operator", namespace="cnpg-system"), database, 8000, True
        yield database, Peer("kubernetes", address=PRIVATE), 6443, True
        yield Peer("prometheus", namespace="monitoring"), database, POSTGRES, False
    if broker:
        for port in (4369, 25672):
            yield broker, broker, port, True
        yield Peer("keda", namespace="keda"), broker, AMQP, True
        yield Peer("operator", namespace="rabbitmq-system"), broker, 15672, True
        yield broker, Peer("kubernetes", address=PRIVATE), 6443, True
        yield Peer("operator", namespace="rabbitmq-system"), broker, 25672, False
    if database and broker:
        yield database, broker, AMQP, False
        yield broker, database, POSTGRES, False


def _pods(world):
    """Our pods: services, jobs, and those that operators make, with the labels these give them."""
    peers = [Peer(item["metadata"]["name"], True, pod_labels=labels(item)) for item in world.deployments()]
    peers += [Peer(_name_of_job(item), True, pod_labels=labels(item)) for item in world.of("Job", "CronJob")]
    for item in world.of("Cluster"):
        name = item["metadata"]["name"]
        peers.append(Peer(name, True, pod_labels={"cnpg.io/cluster": name, "cnpg.io/podRole": "instance"}))
    for item in world.of("RabbitmqCluster"):
        name = item["metadata"]["name"]
        peers.append(
            Peer(name, True, pod_labels={NAME: name, COMPONENT: "rabbitmq", "app.kubernetes.io/part-of": "rabbitmq"})
        )
    return peers


def _name_of_job(item):
    return item["metadata"]["name"] if item["kind"] == "CronJob" else title(item) + " job"


def _selects(policy, peer):
    return peer.own and matches(policy["spec"].get("podSelector") or {}, peer.labels)


def _is_default_deny(policy, direction):
    spec = policy["spec"]
    return not spec.get("podSelector") and direction in spec["policyTypes"] and not spec.get(direction.lower())


def _leaves(policies, source, target, port):
    return _allowed(policies, source, target, port, "Egress", "to")


def _enters(policies, source, target, port):
    return _allowed(policies, target, source, port, "Ingress", "from")


def _allowed(policies, self, other, port, direction, side):
    """Kubernetes' rule: a pod that no policy selects is open; one that is selected is open to what any of them allows."""
    if not self.own:
        return True
    selecting = [policy for policy in policies if direction in policy["spec"]["policyTypes"] and _selects(policy, self)]
    rules = [rule for policy in selecting for rule in policy["spec"].get(direction.lower()) or []]
    return not selecting or any(_rule_allows(rule, other, port, side) for rule in rules)


def _rule_allows(rule, other, port, side):
    protocol, number = port if isinstance(port, tuple) else ("TCP", port)
    ports = rule.get("ports")
    if ports and not any(each.get("protocol", "TCP") == protocol and each["port"] == number for each in ports):
        return False
    return not rule.get(side) or any(_is_peer(peer, other) for peer in rule[side])


def _is_peer(peer, other):
    if "ipBlock" in peer:
        if other.address is None:
            return False
        address = ipaddress.ip_address(other.address)
        block = peer["ipBlock"]
        inside = address in ipaddress.ip_network(block["cidr"])
        return inside and not any(address in ipaddress.ip_network(each) for each in block.get("except") or [])
    if other.address is not None:
        return False
    if "namespaceSelector" in peer:
        if other.own or not matches(peer["namespaceSelector"], other.namespace_labels):
            return False
    elif not other.own:
        return False
    return "podSelector" not in peer or matches(peer["podSelector"], other.labels)
