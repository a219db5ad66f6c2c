"""Checks what is deployed on Kubernetes, the images, the alerts and the dashboard. The table of contents: every check, in the
order in which it is worth reading. One line each; the exit code says whether all hold."""

import argparse
import json
import os
import pathlib
import sys
import tempfile

from . import breaking, images, network, pods, prove, scaling, schemas, settings, watching
from .program import Program
from .world import World, render

ROOT = pathlib.Path(__file__).resolve().parents[3]

RULES = [
    schemas.builtin,
    schemas.custom,
    settings.identities,
    settings.completeness,
    pods.probes,
    pods.resources,
    pods.security,
    pods.accounts,
    pods.stopping,
    pods.selectors,
    pods.ports,
    settings.keys,
    settings.config_maps,
    settings.secrets,
    settings.images,
    settings.migrations,
    settings.calls,
    settings.rotation,
    settings.operator,
    scaling.rollouts,
    scaling.patience,
    scaling.autoscalers,
    scaling.connections,
    scaling.copies,
    scaling.hosts,
    network.edges,
]
PROGRAM_RULES = [watching.metrics, watching.deployed, watching.tested, watching.dashboard, watching.queries]


def main():
    """Runs all checks."""
    arguments = argparse.ArgumentParser(prog="deploy/check/k8s", description=__doc__)
    arguments.add_argument("--prove", action="store_true", help="also break things and want each caught")
    arguments.add_argument("--write", action="store_true", help="write the alerts as Kubernetes takes them, and stop")
    chosen = arguments.parse_args()
    program = Program(ROOT)
    if chosen.write:
        watching.write(program)
        return 0
    folders = sorted(path.parent for path in ROOT.glob("k8s/*/*/kustomization.yaml") if "components" not in path.parts)
    worlds = [World(str(path.relative_to(ROOT / "k8s")), render(path), program) for path in folders]
    worlds.append(rotating(program))
    failed = 0
    for rule in RULES:
        problems = [f"{world.name}: {problem}" for world in worlds for problem in rule(world)]
        failed += report(rule, problems, f"{len(worlds)} renderings")
    for rule in PROGRAM_RULES:
        failed += report(rule, list(rule(program)), "alerts and dashboard")
    composed = images.Composed(program)
    for rule in images.RULES:
        failed += report(rule, list(rule(composed)), "Dockerfile and compose file")
    production = next(world for world in worlds if world.name == breaking.PROD)
    failed += report(images.calls, list(images.calls(composed, production)), "compose file")
    if chosen.prove:
        failed += prove.run(worlds, RULES)
        failed += prove.run_composed(composed)
    count = len(RULES) + len(PROGRAM_RULES) + len(images.RULES) + 1
    print(f"{'all hold' if not failed else f'{failed} do not hold'}: {count} checks")
    return 1 if failed else 0


def rotating(program):
    """Production while the services' secret changes: nobody's overlay has that component for good."""
    parts = {"resources": [ROOT / "k8s" / breaking.PROD], "components": [ROOT / "k8s/components/key-rotation"]}
    with tempfile.TemporaryDirectory(prefix="rotating.", dir=ROOT / ".crossdesk/tools") as folder:
        # kubectl takes no absolute paths.
        lines = {kind: [os.path.relpath(path, folder) for path in paths] for kind, paths in parts.items()}
        (pathlib.Path(folder) / "kustomization.yaml").write_text(json.dumps(lines), encoding="utf-8")
        return World(breaking.ROTATING, render(folder), program)


def report(rule, problems, extent):
    """Prints the outcome of a check. Returns 1 if it does not hold."""
    name = f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"
    meaning = rule.__doc__.split("\n")[0].rstrip(".")
    print(f"{'ok  ' if not problems else 'FAIL'} {name}: {meaning} ({extent})")
    for problem in problems:
        print(f"       {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
