"""Rules about configuration: settings exist in the program, secrets are mounted and documented, releases are one."""

import re

from .world import CLUSTER_WIDE, NAME, labels, pod, title

PREFIX = "CROSSDESK__"
FILE = "_FILE"
HASHED = re.compile(r"-[a-z0-9]{10}$")


def keys(world):
    """Every setting exists in the program, and is read by the service that is given it."""
    for item in world.workloads():
        service = _service(item)
        seen = set()
        for name, value in world.env(item):
            if name in seen:
                yield f"{title(item)}: {name} is given twice"
            seen.add(name)
            # What is for all services is read by some of them.
            readers = world.program.services if _is_for_all(world, name) else [service]
            path = name.removeprefix(PREFIX).removesuffix(FILE).lower().split("__")
            kind = next((kind for reader in readers if (kind := world.program.setting(reader, path))), None)
            if not name.startswith(PREFIX) or kind is None:
                yield f"{title(item)}: {service} has no setting {name}"
            elif value is None:
                yield f"{title(item)}: {name} has no plain value"
            elif world.program.is_secret(service, kind) and not name.endswith(FILE):
                yield f"{title(item)}: {name} is a secret and not in a file"
            if path[:1] == ["profile"] and value != "production":
                yield f"{title(item)}: the profile is {value}"


def config_maps(world):
    """Configuration has its hash in its name, so that a change of it is a rollout; whatever is named exists."""
    for item in world.workloads():
        for source in pod(item)["containers"][0].get("envFrom") or []:
            reference = source["configMapRef"]
            if world.get("ConfigMap", reference["name"]):
                if not HASHED.search(reference["name"]):
                    yield f"{title(item)}: {reference['name']} has no hash in its name"
            elif world.is_overlay or not reference.get("optional"):
                yield f"{title(item)}: no config map {reference['name']}"


def secrets(world):
    """Secrets are named, never written here; each one and its keys stand in k8s/README.md, and only files name them."""
    for item in world.of("Secret"):
        yield f"{title(item)}: a secret among the manifests"
    readme = (world.program.root / "k8s/README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if line.startswith("|")]
    for item in world.workloads():
        spec = pod(item)
        mounts = {mount["mountPath"]: mount for mount in spec["containers"][0].get("volumeMounts") or []}
        volumes = {volume["name"]: volume for volume in spec.get("volumes") or []}
        for name, path in world.env(item):
            if not name.endswith(FILE):
                continue
            folder, _, key = (path or "").rpartition("/")
            secret = volumes.get(mounts.get(folder, {}).get("name"), {}).get("secret") or {}
            if not mounts.get(folder, {}).get("readOnly") or secret.get("secretName") != _service(item):
                yield f"{title(item)}: {name} is not in the service's secret: {path}"
            elif not any(
                f"`{key}`" in row and (f"`{_service(item)}`" in row or "every service" in row) for row in rows
            ):
                yield f"{title(item)}: k8s/README.md has no row with the key `{key}`"
    for name in _other_secrets(world):
        pattern = re.sub(r"^[a-z-]+-database$", "<service>-database", name)
        if not any(f"`{pattern}`" in row for row in rows):
            yield f"k8s/README.md has no row for the secret `{pattern}`"


def calls(world):
    """Each service has the addresses of those that it calls by docs/CONFIGURATION.md and by its source, and no others."""
    table = world.program.calls()
    for name in sorted(set(table) - set(world.program.services)):
        yield f"docs/CONFIGURATION.md: there is no service {name} that calls others"
    for item in world.deployments():
        name = item["metadata"]["name"]
        wanted, given = table.get(name, set()), set(world.calls(item))
        for other in sorted(wanted - given):
            yield f"{title(item)}: no address of {other}, which it calls by docs/CONFIGURATION.md"
        for other in sorted(given - wanted):
            yield f"{title(item)}: the address of {other}, which it does not call by docs/CONFIGURATION.md"
        for other in sorted(world.program.asked(name) - wanted):
            yield f"docs/CONFIGURATION.md: {name} calls {other}, by its source"


def rotation(world):
    """While the services' secret changes, every service takes both; who took one alone would refuse half of the calls."""
    secret, also = "CROSSDESK__AUTH__SERVICE_SECRET_FILE", "CROSSDESK__AUTH__SERVICE_SECRET_ALSO_FILE"
    taking = [item for item in world.deployments() if world.has_env(item, also)]
    if not taking and not world.is_rotating:
        return
    for item in world.deployments():
        settings = dict(world.env(item))
        if None in (settings.get(secret), settings.get(also)) or settings[secret] == settings[also]:
            yield f"{title(item)}: takes {settings.get(secret)} and {settings.get(also)}"


def operator(world):
    """The audit log is verified daily, by a job of which commands can be made, and not by two at once."""
    if not world.is_production:
        return
    jobs = world.of("CronJob")
    if [job["metadata"]["name"] for job in jobs] != ["operator"]:
        yield f"jobs by the clock: {[title(job) for job in jobs]}"
        return
    if "--from=cronjob/operator " not in (world.program.root / "k8s/operate").read_text(encoding="utf-8"):
        yield "k8s/operate makes its jobs from another one"
    spec, container = jobs[0]["spec"], pod(jobs[0])["containers"][0]
    if container.get("args") != ["audit", "verify"] or spec.get("suspend"):
        yield f"{title(jobs[0])}: {container.get('args')} at {spec['schedule']}"
    if not re.fullmatch(r"\d+ \d+ \* \* \*", spec["schedule"]) or spec.get("concurrencyPolicy") != "Forbid":
        yield f"{title(jobs[0])}: not once a day"
    if pod(jobs[0]).get("restartPolicy") != "Never" or spec["jobTemplate"]["spec"].get("backoffLimit") != 0:
        yield f"{title(jobs[0])}: a finding would be found again and again"


def images(world):
    """All images are of one release, which is also in the names of the jobs."""
    tags = set()
    for item in world.workloads():
        image = pod(item)["containers"][0]["image"]
        name, _, tag = image.rpartition(":")
        tags.add(tag)
        # The operator's program is named after the whole.
        if name.rpartition("/")[2] != ("crossdesk" if item["kind"] == "CronJob" else _service(item)):
            yield f"{title(item)}: the image is {image}"
        if tag in ("", "latest") or "/" in tag or (world.is_overlay and tag == "release"):
            yield f"{title(item)}: the image {image} has no version"
        if item["kind"] == "Job" and not item["metadata"]["name"].endswith("-migrate-" + tag.replace(".", "-")):
            yield f"{title(item)}: its name does not end in the release {tag}"
    if len(tags) > 1:
        yield f"more than one release: {sorted(tags)}"


def migrations(world):
    """Each service with a database has a job that brings it up to the release, and no init container that races for it."""
    for item in world.deployments():
        name = item["metadata"]["name"]
        if pod(item).get("initContainers"):
            yield f"{title(item)}: init containers"
        jobs = [job for job in world.of("Job") if _service(job) == name]
        wanted = 1 if world.has_env(item, "CROSSDESK__DATABASE__URL_FILE") else 0
        if len(jobs) != wanted:
            yield f"{title(item)}: {len(jobs)} migration jobs"
        for job in jobs:
            container, spec = pod(job)["containers"][0], pod(job)
            if container.get("args") != ["migrate"] or spec.get("restartPolicy") not in ("Never", "OnFailure"):
                yield f"{title(job)}: does not migrate once"
            if container["image"] != pod(item)["containers"][0]["image"]:
                yield f"{title(job)}: another image than the service's"
            if len(job["metadata"]["name"]) > 63 or "." in job["metadata"]["name"]:
                yield f"{title(job)}: its name is no DNS label"


def completeness(world):
    """Every service of the workspace is there, and nothing that is only for a developer's machine."""
    names = {item["metadata"]["name"] for item in world.deployments()}
    wanted = set(world.program.services) if world.is_overlay else {world.name.rpartition("/")[2]}
    for name in sorted(wanted - names):
        yield f"{name} is missing"
    for name in sorted(names - wanted):
        yield f"{name} is no service to deploy"


def identities(world):
    """No two objects have the same name, and all are in the overlay's namespace."""
    seen = set()
    spaces = {item["metadata"]["name"] for item in world.of("Namespace")}
    if world.is_overlay and len(spaces) != 1:
        yield f"namespaces: {sorted(spaces)}"
    for item in world.objects:
        group = item["apiVersion"].rpartition("/")[0]
        identity = (group, item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"])
        if identity in seen:
            yield f"{title(item)} is there twice"
        seen.add(identity)
        if world.is_overlay and item["kind"] not in CLUSTER_WIDE and item["metadata"].get("namespace") not in spaces:
            yield f"{title(item)}: namespace {item['metadata'].get('namespace')}"
    for item in world.of("Namespace"):
        if item["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{title(item)}: does not enforce the restricted standard"


def _service(item):
    return labels(item).get(NAME)


def _is_for_all(world, name):
    return any(name in (item.get("data") or {}) for item in world.of("ConfigMap") if _is_shared(item))


def _is_shared(item):
    return HASHED.sub("", item["metadata"]["name"]) == "crossdesk"


def _other_secrets(world):
    """Secrets that are named elsewhere than in pods."""
    names = set()
    for cluster in world.of("Cluster"):
        names |= {role["passwordSecret"]["name"] for role in cluster["spec"]["managed"]["roles"]}
    for store in world.of("ObjectStore"):
        names |= {key["name"] for key in store["spec"]["configuration"]["s3Credentials"].values()}
    names |= {user["spec"]["importCredentialsSecret"]["name"] for user in world.of("User")}
    names |= {item["spec"]["secretName"] for item in world.of("Certificate")}
    return sorted(names)
