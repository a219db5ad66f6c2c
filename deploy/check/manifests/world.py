"""A rendered set of objects, and short ways to what the rules ask for: workloads, their pods, their environment."""

import copy
import pathlib
import subprocess
import sys

import yaml

# What is behind the name of an overlay to which components/key-rotation was added.
ROTATING = ", the services' secret changing"
KUBECTL = pathlib.Path(sys.executable).parent / "kubectl"
CLUSTER_WIDE = {"Namespace"}
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"
NAME = "app.kubernetes.io/name"


def render(folder):
    """What `kubectl kustomize` makes of a folder."""
    command = [KUBECTL, "kustomize", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"kubectl kustomize {folder}: {done.stderr.strip()}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def matches(selector, labels):
    """Whether a label selector selects these labels."""
    if selector is None:
        return False
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for wish in selector.get("matchExpressions") or []:
        key, values = wish["key"], wish.get("values") or []
        held = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }[wish["operator"]]
        if not held:
            return False
    return True


class World:
    """The objects of one overlay or of one base."""

    def __init__(self, name, objects, program):
        self.name = name
        self.objects = objects
        self.program = program

    def copy(self):
        """One that may be broken without harm to this one."""
        return World(self.name, copy.deepcopy(self.objects), self.program)

    def of(self, *kinds):
        """Objects of these kinds."""
        return [item for item in self.objects if item["kind"] in kinds]

    def get(self, kind, name):
        """The object of this kind and name, or None."""
        return next((item for item in self.of(kind) if item["metadata"]["name"] == name), None)

    @property
    def is_overlay(self):
        """Whether this is a whole installation."""
        return self.name.startswith("overlays/")

    @property
    def is_production(self):
        """Whether the databases are part of it."""
        return self.get("Cluster", "crossdesk-postgres") is not None

    @property
    def is_rotating(self):
        """Whether the services' secret is being changed in it."""
        return self.name.endswith(ROTATING)

    def deployments(self):
        """The services."""
        return self.of("Deployment")

    def workloads(self):
        """All that runs: services, the jobs that make schema changes, the operator's."""
        return self.of("Deployment", "Job", "CronJob")

    def env(self, workload):
        """The environment of a workload's container, config maps included; names that are given twice come twice."""
        container = pod(workload)["containers"][0]
        pairs = []
        for source in container.get("envFrom") or []:
            config = self.get("ConfigMap", source["configMapRef"]["name"])
            pairs += list((config or {}).get("data", {}).items())
        return pairs + [(item["name"], item.get("value")) for item in container.get("env") or []]

    def calls(self, deployment):
        """The services a service has an address of."""
        prefix = "CROSSDESK__SERVICES__"
        return {
            name.removeprefix(prefix).lower().replace("_", "-"): value
            for name, value in self.env(deployment)
            if name.startswith(prefix)
        }

    def has_env(self, workload, name):
        """Whether a setting is given."""
        return any(key == name for key, _ in self.env(workload))


def pod(workload):
    """The spec of a workload's pods."""
    return _template(workload)["spec"]


def labels(workload):
    """The labels of a workload's pods."""
    return _template(workload)["metadata"].get("labels") or {}


def _template(workload):
    spec = workload["spec"]
    return (spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"]


def title(item):
    """What to call an object in a message."""
    return f"{item['kind']}/{item['metadata']['name']}"
