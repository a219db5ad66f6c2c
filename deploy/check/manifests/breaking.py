"""How rendered objects are broken: short ways to what a break changes."""

import copy

from . import world as worlds
from .world import pod

PROD, DEV, BASE = "overlays/prod", "overlays/dev", "base/desk"
ROTATING = PROD + worlds.ROTATING


def container(world, name, kind="Deployment"):
    """The container of a workload."""
    return pod(world.get(kind, name))["containers"][0]


def set_env(world, name, key, value):
    """Sets a variable of a service, or takes it away."""
    env = container(world, name)["env"]
    env[:] = [item for item in env if item["name"] != key] + (
        [{"name": key, "value": value}] if value is not None else []
    )


def policy(world, name):
    """The rules of a network policy."""
    return world.get("NetworkPolicy", name)["spec"]


def drop(world, kind, name):
    """Takes an object away."""
    world.objects.remove(world.get(kind, name))


def config(world, start):
    """The data of the config map whose name starts so."""
    return next(item for item in world.of("ConfigMap") if item["metadata"]["name"].startswith(start))["data"]


def job(world, service):
    """A service's migration job."""
    return next(job for job in world.of("Job") if job["metadata"]["name"].startswith(f"{service}-migrate-"))


def plain_secret(world):
    """Writes a secret among the manifests."""
    world.objects.append(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "crossdesk"}, "type": "Opaque"}
    )


def second_scaler(world):
    """Gives a service a second autoscaler."""
    scaler = copy.deepcopy(world.get("HorizontalPodAutoscaler", "gateway"))
    scaler["metadata"]["name"] = "mas-bridge"
    scaler["spec"]["scaleTargetRef"]["name"] = "mas-bridge"
    world.objects.append(scaler)
