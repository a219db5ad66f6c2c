"""Whether objects are what Kubernetes takes: its own kinds by kubernetes-validate, the others by crds.yaml."""

import pathlib

import kubernetes_validate
import yaml

from .world import title

# The oldest release that is still looked after, and the newest that the schemas know.
VERSIONS = ("1.34", "1.37")
TYPES = {"str": str, "int": int, "bool": bool}


def builtin(world):
    """Kubernetes' own kinds pass kubernetes-validate, strictly: no unknown field, no wrong type."""
    for item in world.objects:
        if not _is_custom(item):
            for version in VERSIONS:
                try:
                    kubernetes_validate.validate(item, version, strict=True)
                except kubernetes_validate.ValidationError as error:
                    where = ".".join(str(part) for part in error.path)
                    yield f"{title(item)} ({version}): {where}: {error.message[:200]}"
                    break
                except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.InvalidSchemaError) as error:
                    yield f"{title(item)} ({version}): {error}"


def custom(world):
    """Kinds of operators have only the fields that their definitions have."""
    known = yaml.safe_load((pathlib.Path(__file__).parent / "crds.yaml").read_text(encoding="utf-8"))
    for item in world.objects:
        if not _is_custom(item):
            continue
        kind = f"{item['apiVersion']}/{item['kind']}"
        if kind not in known:
            yield f"{title(item)}: the kind {kind} is not known"
            continue
        extra = set(item) - {"apiVersion", "kind", "metadata", "spec"}
        if extra:
            yield f"{title(item)}: {sorted(extra)}"
        for problem in _compare(known[kind], item.get("spec"), "spec"):
            yield f"{title(item)}: {problem}"


def _is_custom(item):
    group = item["apiVersion"].rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io") or group.startswith("gateway.")


def _compare(shape, value, path):
    if isinstance(shape, str):
        if not isinstance(value, TYPES[shape]) or (shape == "int" and isinstance(value, bool)):
            yield f"{path} is no {shape}: {value!r}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for index, each in enumerate(value):
            yield from _compare(shape[0], each, f"{path}[{index}]")
    elif not isinstance(value, dict):
        yield f"{path} is no object"
    elif "*" in shape:
        for key, each in value.items():
            yield from _compare(shape["*"], each, f"{path}.{key}")
    else:
        fields = {key.rstrip("!"): part for key, part in shape.items()}
        for key in shape:
            if key.endswith("!") and key.rstrip("!") not in value:
                yield f"{path}.{key.rstrip('!')} is missing"
        for key, each in value.items():
            if key in fields:
                yield from _compare(fields[key], each, f"{path}.{key}")
            else:
                yield f"{path}.{key} is unknown"
