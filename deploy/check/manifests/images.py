"""Rules about the Dockerfile and the compose file: the composed form is the one on Kubernetes, in one place."""

import json
import pathlib
import re
import subprocess
import sys

import compose_spec
import yaml

FILE = "deploy/compose.yaml"
DOCKERFILE = "deploy/Dockerfile"
FOLDER = "deploy/config/compose"
MIGRATE = "-migrate"
LOCKED_UP = {
    "read_only": True,
    "user": "65532:65532",
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}


class Composed:
    """The compose file, read."""

    def __init__(self, program, whole=None):
        self.program = program
        self.whole = whole or yaml.safe_load((program.root / FILE).read_text(encoding="utf-8"))
        self.services = self.whole["services"]
        # MAS is played here, so its stand-in is a service like the others.
        self.ours = sorted([*program.services, "mas-simulator"])


def dockerfile(composed):
    """hadolint has nothing to say against the Dockerfile, which ends as a user with no name on a base without a shell."""
    root = composed.program.root
    linter = pathlib.Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, DOCKERFILE], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        yield (done.stdout + done.stderr).strip()
    final = (root / DOCKERFILE).read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    for wanted in ("distroless", "USER 65532:65532", 'ENTRYPOINT ["/service"]'):
        if wanted not in final:
            yield f"{DOCKERFILE}: the last stage lacks {wanted}"


def parses(composed):
    """The compose file is one: every field is known, every volume and every service that is named exists."""
    plain = {key: part for key, part in composed.whole.items() if not key.startswith("x-")}
    try:
        compose_spec.PyCompose.from_json(json.dumps(plain)).validate()
    except ValueError as error:
        yield str(error)
    built = {service["image"] for service in composed.services.values() if "build" in service}
    for name, service in composed.services.items():
        for other, condition in (service.get("depends_on") or {}).items():
            target = composed.services.get(other)
            if target is None:
                yield f"{name} depends on {other}, which is not there"
            elif condition["condition"] == "service_healthy" and "healthcheck" not in target:
                yield f"{name} waits until {other} is healthy, which nobody asks it"
        for mount in service.get("volumes") or []:
            path = mount.split(":")[0] if isinstance(mount, str) else ""
            if path.startswith(".") and not (composed.program.root / "deploy" / path).exists():
                yield f"{name}: {path} is not there"
        tag = service["image"].partition(":")[2]
        if service["image"] not in built and (not tag or tag == "latest"):
            yield f"{name}: the image {service['image']} has no version"


def services(composed):
    """Every service is there, locked up as on Kubernetes, after its schema changes, and asked whether it is ready."""
    for name in composed.ours:
        service = composed.services.get(name)
        if service is None:
            yield f"{name} is missing"
            continue
        if service.get("build", {}).get("args") != {"SERVICE": name} or service["image"] != f"crossdesk/{name}":
            yield f"{name}: another image: {service['image']}"
        for key, value in LOCKED_UP.items():
            if service.get(key) != value:
                yield f"{name}: {key} is {service.get(key)}"
        for key in ("restart", "mem_limit", "stop_grace_period"):
            if key not in service:
                yield f"{name}: no {key}"
        migration = composed.services.get(name + MIGRATE)
        wanted = "CROSSDESK__DATABASE__URL_FILE" in service["environment"]
        after = (service["depends_on"].get(name + MIGRATE) or {}).get("condition")
        if wanted != (migration is not None) or (wanted and after != "service_completed_successfully"):
            yield f"{name}: does not start after its schema changes"
        if migration and (migration.get("command") != ["migrate"] or migration["image"] != service["image"]):
            yield f"{name}: its schema changes are made by {migration['image']} {migration.get('command')}"
        if f" {name} " not in " ".join(composed.services["ready"]["command"]):
            yield f"{name}: nobody asks whether it is ready"
        if name != "gateway" and service.get("ports"):
            yield f"{name}: reachable from outside"


def settings(composed):
    """Settings exist in the program, secrets are in files that are made, addresses are those that Kubernetes has."""
    made = (composed.program.root / FOLDER / "make-secrets").read_text(encoding="utf-8")
    for name in composed.ours:
        service = composed.services.get(name) or {"environment": {}}
        reader = name if name in composed.program.services else "mas-bridge"
        for key, value in service["environment"].items():
            path = key.removeprefix("CROSSDESK__").removesuffix("_FILE").lower().split("__")
            kind = composed.program.setting(reader, path)
            if not key.startswith("CROSSDESK__") or kind is None:
                yield f"{name}: no setting {key}"
            elif composed.program.is_secret(reader, kind) and not key.endswith("_FILE"):
                yield f"{name}: {key} is a secret and not in a file"
            if key.endswith("_FILE"):
                file = str(value).removeprefix("/secrets/")
                if not re.search(rf'put "?(\$service|{name})/{file}"? ', made):
                    yield f"{name}: nobody makes {value}"
        mounts = [mount for mount in service.get("volumes") or [] if isinstance(mount, dict)]
        if [mount["volume"]["subpath"] for mount in mounts] != [name] or not all(
            mount["read_only"] for mount in mounts
        ):
            yield f"{name}: the secrets of another service, or not read-only"


def addresses(composed):
    """Each service has the addresses of those that it calls by docs/CONFIGURATION.md, and no others."""
    table, prefix = composed.program.calls(), "CROSSDESK__SERVICES__"
    for name in composed.program.services:
        environment = (composed.services.get(name) or {}).get("environment") or {}
        here = {key.removeprefix(prefix).lower().replace("_", "-") for key in environment if key.startswith(prefix)}
        for other in sorted(here ^ table.get(name, set())):
            yield f"{name}: {'an' if other in here else 'no'} address of {other}"


def operators(composed):
    """The operator's command line has the whole server and the broker by files that are made, and nothing to write to."""
    service = composed.services.get("operator") or {}
    made = (composed.program.root / FOLDER / "make-secrets").read_text(encoding="utf-8")
    for key, value in (LOCKED_UP | {"image": "crossdesk/crossdesk", "profiles": ["tools"]}).items():
        if service.get(key) != value:
            yield f"operator: {key} is {service.get(key)}"
    if not service.get("build"):
        yield "operator: its image is there only if somebody built it"
    for key, file in {"DATABASE": "database-url", "AMQP": "amqp-url"}.items():
        if (service.get("environment") or {}).get(f"CROSSDESK__{key}__URL_FILE") != f"/secrets/{file}":
            yield f"operator: does not know the {key} of the services"
        if f"put operator/{file} " not in made:
            yield f"operator: nobody makes {file}"


def calls(composed, world):
    """Every service has the addresses it has on Kubernetes."""
    for item in world.deployments():
        name = item["metadata"]["name"]
        environment = (composed.services.get(name) or {}).get("environment") or {}
        prefix = "CROSSDESK__SERVICES__"
        here = {key: value for key, value in environment.items() if key.startswith(prefix)}
        there = {key: value for key, value in world.env(item) if key.startswith(prefix)}
        if here != there:
            yield f"{name}: {sorted(here.items() ^ there.items())}"


RULES = [dockerfile, parses, services, settings, addresses, operators]

# What is broken, how, and the rule that must see it.
BREAKS = [
    ("a field that compose does not know", lambda s: s["gateway"].update(bild={}), parses),
    (
        "a service that waits for nobody",
        lambda s: s["desk"]["depends_on"].update(nobody={"condition": "service_started"}),
        parses,
    ),
    ("an image without a version", lambda s: s["postgres"].update(image="postgres"), parses),
    ("a service left out", lambda s: s.pop("loan-support"), services),
    ("a writable file system", lambda s: s["desk"].update(read_only=False), services),
    ("no schema changes", lambda s: s["desk"]["depends_on"].pop("desk-migrate"), services),
    ("a setting misspelt", lambda s: s["desk"].update(environment={"CROSSDESK__HTTP__PROT": "1"}), settings),
    ("the secrets of another", lambda s: s["desk"].update(volumes=s["gateway"]["volumes"]), settings),
    (
        "a secret that nobody makes",
        lambda s: s["desk"]["environment"].update(CROSSDESK__AUTH__ISSUERS_FILE="/secrets/keys"),
        settings,
    ),
    (
        "an address that a reader of events lacks",
        lambda s: s["desk"]["environment"].pop("CROSSDESK__SERVICES__ATTACHMENTS"),
        addresses,
    ),
    (
        "an operator without the broker",
        lambda s: s["operator"]["environment"].pop("CROSSDESK__AMQP__URL_FILE"),
        operators,
    ),
]
